/**
 * The log sensor: follows files and the journal, and posts what matters of their lines as events.
 *
 * What is posted is taken back only when it is on disk; until then nothing more is read, and where reading goes on
 * is written down only then: after a crash a line may be told again, and is never lost.
 */
import { appendFileSync, existsSync, statSync, truncateSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import type { HostIdentity, OcsfEvent } from '@demarc/platform/contract/agent';
import { Follower, type Position } from '../logs/follow.ts';
import { readJournal } from '../logs/journal.ts';
import { type Inspected, Inspector } from '../logs/lines.ts';
import { toOcsf } from '../logs/to-ocsf.ts';
import type { HostIntrusionDetectionPolicy } from '../policy.ts';
import { CONTROL, type CommonMessage } from './control.ts';

export interface LogState {
  readonly positions: readonly Position[];
  readonly cursor?: string;
}

export interface LogTask {
  readonly policy: HostIntrusionDetectionPolicy['logs'];
  readonly state: LogState | undefined;
  /** Followed too; nothing of it is told but that it came back, and as what. */
  readonly canaryFile: string;
  readonly host: HostIdentity;
  readonly control: SharedArrayBuffer;
}

export type LogMessage =
  | CommonMessage
  /** With the last batch of a look: where reading goes on once it is on disk. */
  | { readonly kind: 'events'; readonly events: readonly OcsfEvent[]; readonly state?: LogState };
/** The batch that was posted last is on disk. */
export type LogAnswer = 'taken';

const POLL_MS = 500;
const EVENTS_PER_BATCH_MAX = 500;
const FIGURES_EVERY_MS = 2_000;
/** Where reading goes on is written down also when nothing was worth an event. */
const STATE_EVERY_MS = 30_000;
/** Lines of the journal that wait while a batch is written, and one piece of at most 64 KiB; then journalctl waits. */
const JOURNAL_WAITING_MAX = 20_000;
const JOURNAL_PAUSE_MS = 50;
const CANARY_BYTES_MAX = 65_536;
const JOURNAL_RETRY_MS = 60_000;
/** Inspectors remember sessions and the last time; one for each log. */
const INSPECTORS_MAX = 1_024;
/** Files that a syslog daemon writes what the journal has too. */
const SYSLOG_FILES = ['/var/log/syslog', '/var/log/messages', '/var/log/auth.log', '/var/log/secure'];

const { data: task } = workerData as { readonly data: LogTask };
const control = new Int32Array(task.control);
const clock = {
  /** A thread that runs for years must know which year it is. */
  get referenceMs(): number {
    return Date.now();
  },
  timeZone: task.policy.timezone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
};
const inspectors = new Map<string, Inspector>();
const journalWaiting: { readonly line: string; readonly log: string; readonly cursor: string }[] = [];
const stopping = new AbortController();
let cursor = task.state?.cursor;
let lines = 0;
let matches = 0;
let journalProblem: string | undefined;
let canaryAsked = 0;
let taken = Promise.withResolvers<void>();
let events: OcsfEvent[] = [];

const readsJournal =
  task.policy.journal === 'always' ||
  (task.policy.journal === 'auto' && !SYSLOG_FILES.some((file) => existsSync(file)));

parentPort?.on('message', (answer: LogAnswer) => {
  if (answer === 'taken') taken.resolve();
});
void main();

async function main(): Promise<void> {
  try {
    await follow();
  } catch (error) {
    send({ kind: 'failed', because: error instanceof Error ? error.message : String(error) });
  } finally {
    stopping.abort();
    // Otherwise listening for answers keeps the thread.
    parentPort?.close();
  }
}

async function follow(): Promise<void> {
  if (!existsSync(task.canaryFile)) appendFileSync(task.canaryFile, '', { mode: 0o600 });
  using follower = new Follower({
    logs: [...task.policy.files, task.canaryFile],
    positions: task.state?.positions ?? [],
    begin: task.state === undefined ? 'end' : 'start',
    onLine: (line, path) => inspected(line, path),
  });
  let isWhole = await look(follower);
  if (readsJournal) {
    // Before it is said that the journal is followed: what is written from then on is not what was there before.
    cursor ??= await lastCursor();
    void journal();
  }
  send({
    kind: 'ready',
    because: `following ${follower.positions().length - 1} files${readsJournal ? ' and the journal' : ''}`,
    isWhole: true,
  });
  let toldAtMs = 0;
  let savedAtMs = performance.now();
  while (Atomics.load(control, CONTROL.stop) === 0) {
    setCanary();
    isWhole = await look(follower);
    if (!isWhole) break;
    drainJournal();
    const isDue = performance.now() - savedAtMs > STATE_EVERY_MS;
    if (events.length > 0 || isDue) {
      savedAtMs = performance.now();
      await handOver(stateOf(follower));
    }
    if (performance.now() - toldAtMs > FIGURES_EVERY_MS) {
      toldAtMs = performance.now();
      tellFigures(follower);
    }
    await delay(POLL_MS);
  }
  await handOver(isWhole ? stateOf(follower) : undefined);
}

/** @returns false when it is to end before everything was read: then where reading goes on is as it was */
async function look(follower: Follower): Promise<boolean> {
  for (const _ of follower.look()) {
    if (events.length >= EVENTS_PER_BATCH_MAX) await handOver(undefined);
    if (Atomics.load(control, CONTROL.stop) !== 0) return false;
  }
  return true;
}

function stateOf(follower: Follower): LogState {
  return { positions: follower.positions(), ...(cursor === undefined ? {} : { cursor }) };
}

/** In batches; the last one carries where reading goes on, when all of it was read. */
async function handOver(state: LogState | undefined): Promise<void> {
  const all = events;
  events = [];
  for (let at = 0; at === 0 || at < all.length; at += EVENTS_PER_BATCH_MAX) {
    const isLast = at + EVENTS_PER_BATCH_MAX >= all.length;
    const batch = all.slice(at, at + EVENTS_PER_BATCH_MAX);
    taken = Promise.withResolvers<void>();
    Atomics.add(control, CONTROL.waiting, batch.length);
    send({ kind: 'events', events: batch, ...(isLast && state !== undefined ? { state } : {}) });
    await taken.promise;
  }
}

function inspected(line: string, path: string): void {
  lines += 1;
  const said = inspectorOf(path).inspect(line);
  const isCanary = path === task.canaryFile;
  if (said.match && !isCanary) matches += 1;
  if (!matters(said)) return;
  const event = toOcsf(said, { log: path, text: line, readAtMs: Date.now() }, task.host);
  if (isCanary) return cameBack(said, event);
  if (event !== undefined) events.push(event);
}

/** Everything else is everyday life, and stays on the machine. */
function matters({ match, outcome }: Inspected): boolean {
  return match || outcome === 'authentication-success' || outcome === 'account-changed';
}

function inspectorOf(path: string): Inspector {
  const known = inspectors.get(path);
  if (known !== undefined) return known;
  if (inspectors.size >= INSPECTORS_MAX) inspectors.clear();
  const made = new Inspector({ clock, mode: task.policy.mode });
  inspectors.set(path, made);
  return made;
}

function setCanary(): void {
  const id = Atomics.load(control, CONTROL.canary);
  if (id === canaryAsked) return;
  canaryAsked = id;
  try {
    if (statSync(task.canaryFile).size > CANARY_BYTES_MAX) truncateSync(task.canaryFile);
    const time = new Date().toISOString();
    appendFileSync(
      task.canaryFile,
      `${time} canary sshd[${id}]: Failed password for invalid user demarc-canary-${id} from 198.51.100.1 port 40000 ssh2\n`,
    );
  } catch (error) {
    send({ kind: 'obstacle', id, because: error instanceof Error ? error.message : String(error) });
  }
}

function cameBack({ match, user }: Inspected, event: OcsfEvent | undefined): void {
  const id = Number(/^demarc-canary-(\d+)$/.exec(user ?? '')?.[1]);
  if (match && id === canaryAsked && event !== undefined)
    send({ kind: 'canary', id, atMs: Date.now(), event });
}

async function journal(): Promise<void> {
  while (!stopping.signal.aborted) {
    try {
      await readJournal({
        files: [],
        afterCursor: cursor,
        isFollowed: true,
        signal: stopping.signal,
        onEntry: (entry) => {
          for (const line of entry.lines)
            journalWaiting.push({ line, log: entry.unit ?? 'journal', cursor: entry.cursor });
        },
        mayGoOn: async () => {
          while (journalWaiting.length >= JOURNAL_WAITING_MAX && !stopping.signal.aborted)
            await delay(JOURNAL_PAUSE_MS);
        },
      });
      journalProblem = 'journalctl has ended';
    } catch (error) {
      journalProblem = error instanceof Error ? error.message : String(error);
    }
    if (stopping.signal.aborted) return;
    send({ kind: 'ready', because: `files only; ${journalProblem}`, isWhole: false });
    await delay(JOURNAL_RETRY_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
  }
}

/** Of the journal as of files: the first time, what was there before is left alone. */
async function lastCursor(): Promise<string | undefined> {
  const { execFile } = await import('node:child_process');
  return new Promise((resolve) => {
    execFile('journalctl', ['--output=export', '--lines=1', '--no-pager', '--quiet'], (_error, stdout) =>
      resolve(/^__CURSOR=(.+)$/m.exec(stdout)?.[1]),
    );
  });
}

function drainJournal(): void {
  for (const { line, log, cursor: at } of journalWaiting.splice(0)) {
    inspected(line, log);
    if (at !== '') cursor = at;
  }
}

function tellFigures({ counted }: Follower): void {
  let forgotten = 0;
  for (const { sessions } of inspectors.values()) forgotten += sessions.forgotten;
  const { cutBytes, truncations, gaps, rotations, ignoredFiles, unreadable } = counted;
  send({
    kind: 'figures',
    figures: { lines, matches, truncations, rotations, logsUnreadable: unreadable },
    dropped: {
      'bytes of lines that are too long': cutBytes,
      'times that lines were gone before they were read': gaps,
      'logs beyond the most that are followed': ignoredFiles,
      'sessions that made room for others': forgotten,
    },
  });
}

function send(message: LogMessage): void {
  parentPort?.postMessage(message);
}
