/** Small state files of the agent. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { replaceFile } from '@demarc/platform/files';

/** The old one or the new one, never half of either; with `durable`, on disk when this returns. */
export function writeState(file: string, value: unknown, durable = true): void {
  const text = JSON.stringify(value);
  if (durable) return replaceFile(file, text);
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

export function readState<T>(file: string): T | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T;
  } catch {
    return undefined;
  }
}
