/** Where file systems are mounted on this machine. */
import { readFileSync } from 'node:fs';

/** Mount points as room paths (one character, one byte). Empty where there is no /proc. */
export function mountPoints(): readonly string[] {
  let text: string;
  try {
    text = readFileSync('/proc/self/mountinfo', 'latin1');
  } catch {
    return [];
  }
  // proc(5): the fifth field; space, tab, newline and backslash are written as octal.
  return text
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((path) => path !== '')
    .map((path) =>
      path.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))),
    );
}
