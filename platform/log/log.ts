/**
 * A program's log: lines on standard error, which the parent leads into a file. A full disk must not end the
 * program that wanted to say something about it; what could not be written is counted and said later.
 */
import { writeSync } from 'node:fs';

export type Log = (line: string) => void;

/** Once a process; from then on a failed write to standard error, also by a library, ends nothing. */
export function openLog(write: (text: string) => void = (text) => void writeSync(2, text)): Log {
  process.stderr.on('error', () => undefined);
  let lost = 0;
  return (line) => {
    const before = lost === 0 ? '' : `${new Date().toISOString()} ${lost} lines could not be written\n`;
    try {
      write(`${before}${new Date().toISOString()} ${line}\n`);
      lost = 0;
    } catch {
      lost += 1;
    }
  };
}
