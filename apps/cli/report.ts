/** A failure, said on the right stream, and the exit status for it. */
import { DemarcError } from '@demarc/platform/errors';
import { CommanderError } from 'commander';
import { EXIT } from './exit-codes.ts';
import type { Output } from './output.ts';

export function report(error: unknown, output: Output): number {
  if (error instanceof CommanderError) {
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
  if (error instanceof DemarcError) {
    const { code, message, fix, status, retryable } = error;
    if (output.json)
      process.stdout.write(`${JSON.stringify({ error: { code, message, fix, retryable } })}\n`);
    else process.stderr.write(`${code}: ${message}\nNext step: ${fix}\n`);
    return exitCodeOf(code, status);
  }
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return EXIT.failed;
}

function exitCodeOf(code: string, status: number): number {
  if (code === 'CLI_NOT_RUNNING' || code === 'CLI_API_UNREACHABLE') return EXIT.notRunning;
  if (status === 401 || status === 403) return EXIT.forbidden;
  if (status === 404) return EXIT.notFound;
  return status === 400 ? EXIT.usage : EXIT.failed;
}
