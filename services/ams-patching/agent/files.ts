/** One errand on disk: what was asked, what its process says, and what of that was told. Survives both. */
import { mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Order } from '@demarc/platform/contract/orders';
import { replaceFile } from '@demarc/platform/files';
import * as z from 'zod';
import { Outcome, Progress, Running, Task } from './task.ts';

/** A result with a thousand kept files is far below it. */
const FILE_BYTES_MAX = 16_777_216;

export const Noted = z.strictObject({
  order: Order,
  /** `waiting`: not begun. `begun`: a process was given it. `over`: its outcome is on the way. `refused`: it never begins. */
  phase: z.enum(['waiting', 'begun', 'over', 'refused']),
  because: z.string(),
  atMs: z.int(),
  /** Processes that were given it. */
  attempts: z.int(),
  toldBegun: z.boolean(),
  /** Instant of the progress that was told last. */
  toldProgressAtMs: z.int(),
});
export type Noted = z.infer<typeof Noted>;

const FILES = {
  noted: { name: 'noted.json', schema: Noted },
  task: { name: 'task.json', schema: Task },
  running: { name: 'running.json', schema: Running },
  progress: { name: 'progress.json', schema: Progress },
  outcome: { name: 'outcome.json', schema: Outcome },
} as const;
type FileName = keyof typeof FILES;
type Content<Name extends FileName> = z.infer<(typeof FILES)[Name]['schema']>;

export class ErrandFiles {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  /** Undefined where it is not there, or not understood. */
  read<Name extends FileName>(which: Name): Content<Name> | undefined {
    const { name, schema } = FILES[which];
    try {
      const file = join(this.directory, name);
      if (statSync(file).size > FILE_BYTES_MAX) return undefined;
      return schema.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data as Content<Name> | undefined;
    } catch {
      return undefined;
    }
  }

  /** On disk when it returns. @throws what the system says */
  keep<Name extends FileName>(which: Name, content: Content<Name>): void {
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
    replaceFile(join(this.directory, FILES[which].name), JSON.stringify(content));
  }

  drop(which: FileName): void {
    rmSync(join(this.directory, FILES[which].name), { force: true });
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** Whether its process is alive. */
  isAtWork(): boolean {
    const running = this.read('running');
    if (running === undefined || running.bootId !== bootId()) return false;
    return startTicksOf(running.pid) === running.startTicks;
  }
}

/** Another one after every start of the kernel. @see proc_sys_kernel(5) */
export const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

/**
 * When it was started, in ticks since the kernel was; undefined where it has ended, be it that nobody collected it.
 *
 * @see proc_pid_stat(5)
 */
export function startTicksOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // Its second field is a name in parentheses that may have anything in it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
