/** /proc, as far as the process sensor and orders look at it. @see proc(5) */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { redactCommandLine } from '@demarc/platform/processes';
import type { ProcessFacts } from './suspicion.ts';

const CLOCK_TICKS_PER_SECOND = 100;
const COMMAND_LINE_CHARACTERS_MAX = 2_048;
/** Who started it, who started that, and so on. */
const ANCESTORS_MAX = 6;

export interface ProcessState extends ProcessFacts {
  readonly parentPid: number;
  readonly isZombie: boolean;
}

let bootMs: number | undefined;

/** @returns undefined when it is gone */
export function readProcess(pid: number): ProcessState | undefined {
  try {
    const stat = statOf(pid);
    const exe = linkOf(pid, 'exe');
    const raw = readFileSync(`/proc/${pid}/cmdline`, 'utf8').slice(0, COMMAND_LINE_CHARACTERS_MAX);
    const words = raw.split('\0').filter((word) => word !== '');
    return {
      ...stat,
      pid,
      exe,
      name: nameOf(exe, stat.command),
      commandLine: redactCommandLine(words.join(' ')),
      uid: Number(/^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]),
    };
  } catch {
    return undefined;
  }
}

/** Since the epoch; undefined when it is gone. */
export function startedAtMs(pid: number): number | undefined {
  try {
    return statOf(pid).startedAtMs;
  } catch {
    return undefined;
  }
}

/** Ended, and its parent has not asked how. */
export function isZombie(pid: number): boolean {
  try {
    return statOf(pid).isZombie;
  } catch {
    return true;
  }
}

export function ancestryOf({ parentPid }: ProcessState): readonly ProcessState[] {
  const found: ProcessState[] = [];
  for (let pid = parentPid; pid > 0 && found.length < ANCESTORS_MAX; ) {
    const ancestor = readProcess(pid);
    if (ancestor === undefined) break;
    found.push(ancestor);
    pid = ancestor.parentPid;
  }
  return found;
}

export function listProcesses(): readonly number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger);
}

/** Child → parent, of all that are there. */
export function parents(): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  for (const pid of listProcesses())
    try {
      found.set(pid, statOf(pid).parentPid);
    } catch {
      // It has just ended.
    }
  return found;
}

/** Whether standard input is a connection of TCP: of all ways to get a shell from afar the plainest. */
export function isOnConnection(pid: number): boolean {
  const inode = /^socket:\[(\d+)\]$/.exec(linkOf(pid, 'fd/0'))?.[1];
  if (inode === undefined) return false;
  return ['tcp', 'tcp6'].some((file) => {
    try {
      return readFileSync(`/proc/${pid}/net/${file}`, 'latin1')
        .split('\n')
        .some((line) => line.trim().split(/\s+/)[9] === inode);
    } catch {
      return false;
    }
  });
}

function statOf(
  pid: number,
): Pick<ProcessState, 'parentPid' | 'isZombie' | 'startedAtMs'> & { readonly command: string } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The name stands in brackets and may hold some itself.
  const end = stat.lastIndexOf(')');
  const fields = stat.slice(end + 2).split(' ');
  bootMs ??= Number(/^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1] ?? 0) * 1_000;
  return {
    command: stat.slice(stat.indexOf('(') + 1, end),
    isZombie: fields[0] === 'Z',
    parentPid: Number(fields[1]),
    startedAtMs: bootMs + Math.round((Number(fields[19]) * 1_000) / CLOCK_TICKS_PER_SECOND),
  };
}

function linkOf(pid: number, name: string): string {
  try {
    return readlinkSync(`/proc/${pid}/${name}`);
  } catch {
    // Threads of the kernel have no program.
    return '';
  }
}

/** Of the program, not what it calls itself: that is for it to choose. */
function nameOf(exe: string, command: string): string {
  const path = exe.replace(/ \(deleted\)$/, '');
  return path === '' ? command : path.slice(path.lastIndexOf('/') + 1);
}
