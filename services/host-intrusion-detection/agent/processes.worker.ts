/**
 * The process sensor: programs as they start, modules of the kernel as they appear, and processes that hide.
 *
 * The kernel tells of every start (platform/processes); where it does not, /proc is looked at twice a second, and
 * programs that live for less may go unseen: that is said.
 */
import { readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import type { HostIdentity } from '@demarc/platform/contract/agent';
import { ProcConnector, type ProcessEvents } from '@demarc/platform/processes';
import type { HostIntrusionDetectionPolicy } from '../policy.ts';
import { CONTROL, type CommonMessage, WAITING_MAX } from './control.ts';
import { HiddenProcesses, LOOKS_PER_INSPECTION } from './hidden.ts';
import {
  ancestryOf,
  isOnConnection,
  listProcesses,
  type ProcessState,
  readProcess,
  startedAtMs,
} from './proc.ts';
import { isShell, SUSPICIONS, type Suspicion, suspicionOf } from './suspicion.ts';
import { suspicionToOcsf } from './to-ocsf.ts';

export interface ProcessTask {
  readonly policy: HostIntrusionDetectionPolicy['processes'];
  /** Programs of the agent below it are canaries: they come back by the number of the canary in their path. */
  readonly canaryMark: string;
  readonly host: HostIdentity;
  readonly control: SharedArrayBuffer;
}

export type ProcessMessage =
  | CommonMessage
  | { readonly kind: 'suspicions'; readonly suspicions: readonly Suspicion[] };

const WAIT_MS = 200;
const POLL_MS = 500;
/** A build starts hundreds of programs a second; beyond, they are counted as not looked at. 50 µs each. */
const LOOKS_PER_SECOND_MAX = 1_000;
const FIGURES_EVERY_MS = 2_000;
/** Modules of the kernel that are remembered. */
const MODULES_MAX = 4_096;

const { data: task } = workerData as { readonly data: ProcessTask };
const control = new Int32Array(task.control);
const hidden = new HiddenProcesses();
const counts = { started: 0, looked: 0, suspicions: 0, tooMany: 0, lost: 0, gone: 0, dropped: 0 };
let second = 0;
let looksInSecond = 0;
let found: Suspicion[] = [];

main();

function main(): void {
  try {
    const opened = ProcConnector.open();
    if (typeof opened === 'string') watchByLooking(opened);
    else watchByEvents(opened);
  } catch (error) {
    send({ kind: 'failed', because: error instanceof Error ? error.message : String(error) });
  }
}

function watchByEvents(connector: ProcConnector): void {
  send({ kind: 'ready', because: 'the kernel tells of every program that starts', isWhole: true });
  const events: ProcessEvents = {
    forked: () => undefined,
    executed: started,
    userChanged: () => undefined,
    lost: () => {
      counts.lost += 1;
    },
  };
  try {
    loop(() => {
      if (connector.wait(WAIT_MS)) connector.drain(events);
    });
  } finally {
    connector.close();
  }
}

function watchByLooking(because: string): void {
  send({
    kind: 'ready',
    because: `programs that run for less than half a second may go unseen: ${because}`,
    isWhole: false,
  });
  // What ran before is known by its number and its start: a number that is used again is another process.
  let known = new Map(listProcesses().map((pid) => [pid, startedAtMs(pid)]));
  loop(() => {
    Atomics.wait(control, CONTROL.stop, 0, POLL_MS);
    const now = new Map(listProcesses().map((pid) => [pid, startedAtMs(pid)]));
    for (const [pid, startMs] of now) if (known.get(pid) !== startMs) started(pid);
    known = now;
  });
}

function loop(wait: () => void): void {
  let modules: ReadonlySet<string> | undefined;
  let inspectedAtMs = -Infinity;
  let lookedAtMs = -Infinity;
  let toldAtMs = -Infinity;
  while (Atomics.load(control, CONTROL.stop) === 0) {
    wait();
    const nowMs = performance.now();
    if (nowMs - inspectedAtMs > task.policy.inspectSeconds * 1_000) {
      inspectedAtMs = nowMs;
      modules = newModules(modules);
    }
    if (nowMs - lookedAtMs > (task.policy.inspectSeconds * 1_000) / LOOKS_PER_INSPECTION) {
      lookedAtMs = nowMs;
      for (const pid of hidden.look()) found.push(hiddenProcess(pid));
    }
    report();
    if (nowMs - toldAtMs > FIGURES_EVERY_MS) {
      toldAtMs = nowMs;
      tellFigures();
    }
  }
}

function started(pid: number): void {
  counts.started += 1;
  const now = Math.trunc(performance.now() / 1_000);
  if (now !== second) {
    second = now;
    looksInSecond = 0;
  }
  looksInSecond += 1;
  if (looksInSecond > LOOKS_PER_SECOND_MAX) {
    counts.tooMany += 1;
    return;
  }
  const program = readProcess(pid);
  if (program === undefined) {
    counts.gone += 1;
    return;
  }
  counts.looked += 1;
  const facts = isShell(program.name) && isOnConnection(pid) ? { ...program, isOnConnection: true } : program;
  const suspicion = suspicionOf(facts, ancestryOf(program), isTemporary, Date.now());
  if (suspicion !== undefined && !isCanary(program, suspicion)) found.push(suspicion);
}

function isTemporary(path: string): boolean {
  const isBelow = (directory: string): boolean => path.startsWith(`${directory}/`);
  return task.policy.temporaryDirectories.some(isBelow) && !task.policy.exclude.some(isBelow);
}

/**
 * `/tmp/demarc-canary-<random>-12-<random>/sleep` is the canary with number 12, when the agent itself started it: the
 * name stands in a directory that everybody can list, and must hide no program of anybody else.
 */
function isCanary({ exe, parentPid }: ProcessState, suspicion: Suspicion): boolean {
  const at = exe.indexOf(task.canaryMark);
  if (at === -1 || parentPid !== process.pid) return false;
  const id = Number.parseInt(exe.slice(at + task.canaryMark.length), 10);
  send({ kind: 'canary', id, atMs: Date.now(), event: suspicionToOcsf(suspicion, task.host) });
  return true;
}

function newModules(before: ReadonlySet<string> | undefined): ReadonlySet<string> {
  const now = new Set<string>();
  try {
    for (const line of readFileSync('/proc/modules', 'utf8').split('\n').slice(0, MODULES_MAX)) {
      const [name = ''] = line.split(' ');
      if (name !== '') now.add(name);
    }
  } catch {
    // A kernel that takes no modules has no list of them.
    return now;
  }
  if (before !== undefined)
    for (const name of now)
      if (!before.has(name))
        found.push({
          kind: 'module-loaded',
          technique: SUSPICIONS['module-loaded'],
          because: `The kernel has a module that it had not before: ${name}`,
          atMs: Date.now(),
          process: NOBODY,
          ancestry: [],
          module: name,
        });
  return now;
}

function hiddenProcess(pid: number): Suspicion {
  return {
    kind: 'process-hidden',
    technique: SUSPICIONS['process-hidden'],
    because: `Process ${pid} answers to signals, and is in no list of processes`,
    atMs: Date.now(),
    process: readProcess(pid) ?? { ...NOBODY, pid, startedAtMs: startedAtMs(pid) },
    ancestry: [],
  };
}

const NOBODY = {
  pid: 0,
  exe: '',
  name: '',
  commandLine: '',
  uid: undefined,
  startedAtMs: undefined,
} as const;

function report(): void {
  if (found.length === 0) return;
  const suspicions = found;
  found = [];
  counts.suspicions += suspicions.length;
  if (Atomics.load(control, CONTROL.waiting) >= WAITING_MAX) {
    counts.dropped += suspicions.length;
    return;
  }
  Atomics.add(control, CONTROL.waiting, suspicions.length);
  send({ kind: 'suspicions', suspicions });
}

function tellFigures(): void {
  const { started: programs, looked, suspicions, tooMany, lost, gone, dropped } = counts;
  send({
    kind: 'figures',
    figures: { programs, programsLookedAt: looked, programsGoneBefore: gone, suspicions },
    dropped: {
      'programs that started faster than they could be looked at': tooMany,
      'times that the kernel told of more starts than could be read': lost,
      'suspicions that came faster than they could be written down': dropped,
    },
  });
}

function send(message: ProcessMessage): void {
  parentPort?.postMessage(message);
}
