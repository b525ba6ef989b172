/**
 * Processes that were left behind by a parent that was killed, found again without ever hitting a stranger:
 * a process file names the pid and the kernel's start time of it, which a reused pid cannot share.
 */
import { readFileSync } from 'node:fs';
import { readNote, writeNote } from '../notes/notes.ts';

const NOTE_BYTES = 256;

export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since boot at which it started: field 22 of /proc/PID/stat (proc(5)). */
  readonly startTicks: string;
}

export function identityOf(pid: number): ProcessIdentity | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold spaces and parentheses; fields are counted from the last one.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z') return undefined;
    return { pid, startTicks: fields[19] ?? '' };
  } catch {
    return undefined;
  }
}

export function writeProcessFile(file: string, pid: number): void {
  writeNote(file, identityOf(pid) ?? { pid, startTicks: '' }, NOTE_BYTES, 0o600);
}

/** The process the file names, if it still runs. */
export function readProcessFile(file: string): ProcessIdentity | undefined {
  const named = readNote(file) as ProcessIdentity | undefined;
  if (named === undefined) return undefined;
  const found = identityOf(named.pid);
  return found !== undefined && found.startTicks === named.startTicks ? found : undefined;
}

/** Ends the process the file names: asks first, then kills. Returns whether there was one. */
export async function endLeftover(file: string, signal: NodeJS.Signals, timeoutMs: number): Promise<boolean> {
  const found = readProcessFile(file);
  if (found === undefined) return false;
  send(found.pid, signal);
  const deadline = Date.now() + timeoutMs;
  while (readProcessFile(file) !== undefined) {
    if (Date.now() > deadline) send(found.pid, 'SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return true;
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself in between.
  }
}
