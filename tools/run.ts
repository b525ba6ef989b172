/** Runs a program to its end, with what it prints shown or kept together. */
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';

/** As `./demarc` sets it: hundreds of processes read the same modules. */
const COMPILED = {
  NODE_COMPILE_CACHE: resolve('node_modules/.demarc-compiled'),
  NODE_COMPILE_CACHE_PORTABLE: '1',
};

const LEFT_BEHIND_MS = 5_000;

export function run(command: string, args: readonly string[], env = process.env): Promise<number> {
  return new Promise((done, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', env: { ...COMPILED, ...env } });
    child.once('error', reject);
    child.once('exit', (code, signal) => done(code ?? (signal === null ? 1 : 128)));
  });
}

/** The same, with what it prints kept together: for several at a time. */
export function runApart(
  command: string,
  args: readonly string[],
): Promise<{ readonly code: number; readonly output: string }> {
  return new Promise((done, reject) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...COMPILED, ...process.env },
    });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.once('error', reject);
    const end = (code: number | null): void =>
      done({ code: code ?? 1, output: Buffer.concat(chunks).toString('utf8') });
    child.once('close', end);
    // Whoever it left behind may hold its output open: nobody waits for those.
    child.once('exit', (code) => setTimeout(end, LEFT_BEHIND_MS, code).unref());
  });
}
