/**
 * Which process is behind a pid, also when it is gone by the time we look.
 *
 * /proc answers for what still runs. For what does not, the kernel's exec events name the program with the
 * pid (99.8 % of processes that live a millisecond, measured); what nobody could read stays unknown: a
 * guess about a pid that was used again would accuse the wrong one.
 */
import { readFileSync, readlinkSync } from 'node:fs';

export interface ProcessFacts {
  readonly pid: number;
  readonly exe: string;
  readonly name: string;
  readonly commandLine: string;
  readonly uid: number | undefined;
  readonly user: string;
  readonly startedAtMs: number | undefined;
  readonly parent: { readonly pid: number; readonly exe: string; readonly name: string } | undefined;
  /** `proc`: read while it ran; `exec-event`: the program by the kernel's word; `unknown`: not even that. */
  readonly source: 'proc' | 'exec-event' | 'unknown';
}

const CACHE_MAX = 8_192;
const LINEAGE_MAX = 65_536;
/** A pid read so short a time ago is still the same process: pids are not used again that fast. */
const TRUSTED_MS = 2_000;
const COMMAND_LINE_CHARACTERS_MAX = 4_096;
const CLOCK_TICKS_PER_SECOND = 100;

interface Known {
  readonly facts: ProcessFacts;
  readonly startTicks: string;
  readonly readAt: number;
}

interface Lineage {
  readonly parent: number;
  uid: number | undefined;
}

/** A busy build starts hundreds of programs a second; reading /proc for each of them would be felt. */
const EAGER_READS_PER_SECOND_MAX = 400;

export class Processes {
  readonly #known = new Map<number, Known>();
  /** Who started whom and as whom, by the process connector; survives the process. */
  readonly #lineage = new Map<number, Lineage>();
  #eagerReads = 0;
  #eagerSecond = 0;
  readonly #users = new Map<number, string>();
  #usersReadAt = 0;
  readonly #bootMs: number;

  constructor() {
    this.#bootMs = Number(/^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1] ?? 0) * 1_000;
  }

  /** The kernel says that `pid` now runs the program at `exe`. */
  executed(pid: number, exe: string): void {
    const known = this.#known.get(pid);
    // The interpreter (ld.so) is opened for execution by the same exec, after the program itself.
    if (/\/ld(?:-linux[^/]*|-musl[^/]*|\.so[^/]*)$/.test(exe) && known !== undefined) return;
    const read = readProc(pid, this.#bootMs, (uid) => this.#userName(uid));
    if (read !== undefined && read.facts.exe === exe) this.#remember(pid, read);
    // Read while it ran, by the process connector: more is known than the event says.
    else if (read === undefined && known?.facts.exe === exe && known.facts.source === 'proc') return;
    else {
      // It is gone, or /proc shows another program: the kernel says this before the new one is in place, so
      // that may still be the one of before. Program and command line are the event's word, or nobody's.
      const facts: ProcessFacts = {
        ...unknownProcess(pid),
        ...(read === undefined
          ? {}
          : { uid: read.facts.uid, user: read.facts.user, parent: read.facts.parent }),
        exe,
        name: baseName(exe),
        source: 'exec-event' as const,
      };
      this.#remember(pid, { facts, startTicks: read?.startTicks ?? '', readAt: performance.now() });
    }
  }

  forked(parent: number, child: number): void {
    this.#known.delete(child);
    this.#lineage.delete(child);
    this.#lineage.set(child, { parent, uid: this.#uidOf(parent) });
    if (this.#lineage.size > LINEAGE_MAX) {
      const oldest = this.#lineage.keys().next();
      if (oldest.done !== true) this.#lineage.delete(oldest.value);
    }
  }

  userChanged(pid: number, uid: number): void {
    const lineage = this.#lineage.get(pid);
    if (lineage !== undefined) lineage.uid = uid;
    this.#known.delete(pid);
  }

  /** While it is young there is a chance to read its command line. */
  startedProgram(pid: number): void {
    const second = Math.trunc(performance.now() / 1_000);
    if (second !== this.#eagerSecond) {
      this.#eagerSecond = second;
      this.#eagerReads = 0;
    }
    this.#eagerReads += 1;
    if (this.#eagerReads > EAGER_READS_PER_SECOND_MAX) return;
    const read = readProc(pid, this.#bootMs, (uid) => this.#userName(uid));
    if (read !== undefined) this.#remember(pid, read);
  }

  /** Forks and changes of user were lost: what was told before may be of pids that others have by now. */
  lost(): void {
    this.#lineage.clear();
  }

  #uidOf(pid: number): number | undefined {
    const uid = this.#lineage.get(pid)?.uid ?? this.#known.get(pid)?.facts.uid;
    return uid ?? readProc(pid, this.#bootMs, (id) => this.#userName(id))?.facts.uid;
  }

  /** What is missing of a process that is gone, from what was seen when it started. */
  #completed(facts: ProcessFacts): ProcessFacts {
    const lineage = this.#lineage.get(facts.pid);
    if (lineage === undefined || (facts.uid !== undefined && facts.parent !== undefined)) return facts;
    const parent =
      this.#known.get(lineage.parent)?.facts ??
      readProc(lineage.parent, this.#bootMs, (uid) => this.#userName(uid))?.facts;
    const uid = facts.uid ?? lineage.uid;
    return {
      ...facts,
      uid,
      user: facts.user === '' && uid !== undefined ? this.#userName(uid) : facts.user,
      parent: facts.parent ?? { pid: lineage.parent, exe: parent?.exe ?? '', name: parent?.name ?? '' },
    };
  }

  of(pid: number): ProcessFacts {
    return this.#completed(this.#found(pid));
  }

  #found(pid: number): ProcessFacts {
    const known = this.#known.get(pid);
    const now = performance.now();
    const trusted = known !== undefined && now - known.readAt < TRUSTED_MS;
    if (trusted && known.facts.source === 'proc') return known.facts;
    const read = readProc(pid, this.#bootMs, (uid) => this.#userName(uid));
    // While the kernel's word is fresh it stands; /proc adds the rest where it shows the same program.
    if (read === undefined || (trusted && read.facts.exe !== known.facts.exe))
      return known?.facts ?? unknownProcess(pid);
    this.#remember(pid, read);
    return read.facts;
  }

  #remember(pid: number, known: Known): void {
    this.#known.delete(pid);
    this.#known.set(pid, known);
    if (this.#known.size > CACHE_MAX) {
      const oldest = this.#known.keys().next();
      if (oldest.done !== true) this.#known.delete(oldest.value);
    }
  }

  #userName(uid: number): string {
    const now = performance.now();
    if (now - this.#usersReadAt > 60_000 || this.#usersReadAt === 0) {
      this.#usersReadAt = now;
      this.#users.clear();
      for (const [id, name] of readNames('/etc/passwd')) this.#users.set(id, name);
    }
    return this.#users.get(uid) ?? '';
  }
}

/** id → name of passwd(5) or group(5). */
export function readNames(file: string): ReadonlyMap<number, string> {
  try {
    const lines = readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => line.split(':'));
    return new Map(
      lines.flatMap(([name = '', , id]) => (id === undefined ? [] : [[Number(id), name] as const])),
    );
  } catch {
    return new Map();
  }
}

function readProc(pid: number, bootMs: number, userName: (uid: number) => string): Known | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const nameEnd = stat.lastIndexOf(')');
    const fields = stat.slice(nameEnd + 2).split(' ');
    const parentPid = Number(fields[1]);
    const startTicks = fields[19] ?? '';
    const exe = readlinkSync(`/proc/${pid}/exe`);
    const uid = Number(/^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]);
    const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      .split('\0')
      .filter((part) => part !== '')
      .join(' ');
    const facts: ProcessFacts = {
      pid,
      exe: exe.replace(/ \(deleted\)$/, ''),
      name: baseName(exe.replace(/ \(deleted\)$/, '')),
      commandLine: commandLine.slice(0, COMMAND_LINE_CHARACTERS_MAX),
      uid,
      user: userName(uid),
      startedAtMs: bootMs + Math.round((Number(startTicks) / CLOCK_TICKS_PER_SECOND) * 1_000),
      parent: readParent(parentPid),
      source: 'proc',
    };
    return { facts, startTicks, readAt: performance.now() };
  } catch {
    return undefined;
  }
}

function readParent(pid: number): ProcessFacts['parent'] {
  if (!(pid > 0)) return undefined;
  try {
    const exe = readlinkSync(`/proc/${pid}/exe`);
    return { pid, exe, name: baseName(exe) };
  } catch {
    return { pid, exe: '', name: '' };
  }
}

export function unknownProcess(pid: number): ProcessFacts {
  return {
    pid,
    exe: '',
    name: '',
    commandLine: '',
    uid: undefined,
    user: '',
    startedAtMs: undefined,
    parent: undefined,
    source: 'unknown',
  };
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
