/** A small JSON file of the room, replaced as a whole: after a crash there is the old one or the new one. */
import { readFileSync } from 'node:fs';
import { replaceFile } from '@demarc/platform/files';

/** @returns undefined when there is none, or it is damaged: then the room begins anew */
export function readState(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as unknown;
  } catch {
    return undefined;
  }
}

export function writeState(file: string, state: unknown): void {
  replaceFile(file, JSON.stringify(state));
}
