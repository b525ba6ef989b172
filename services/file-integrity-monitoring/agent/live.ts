/**
 * Keeps the live baseline true: takes what the sensor saw, looks at each path as it is now, compares, and
 * says what changed. Bounded: what it cannot keep up with is verified as a whole subtree instead.
 */
import { readdirSync } from 'node:fs';
import type { HostIdentity, OcsfEvent } from '@demarc/platform/contract/agent';
import { Turns } from '@demarc/platform/workers/give-way';
import type { FileIntegrityPolicy } from '../policy.ts';
import type { Baseline } from './baseline.ts';
import { type Change, compare } from './compare.ts';
import type { Contents } from './contents.ts';
import { type Entry, isGone, readEntry } from './entry.ts';
import type { Explainer } from './explain.ts';
import { displayPath, fromUtf8, fsPath, isBelow, join } from './paths.ts';
import { type ProcessFacts, readNames } from './processes.ts';
import type { SensorChange } from './sensor.worker.ts';
import { toOcsf } from './to-ocsf.ts';
import { vanished } from './vanished.ts';

const PENDING_MAX = 100_000;
/** A file is looked at once it was quiet for so long: an editor's write, rename and chmod are one story. */
const QUIET_MS = 60;
const SLICE = 64;
const EVENTS_PER_EMIT = 500;
/** A change is looked at so long after it was made, at most; an older time is not that of this change. */
const LATE_MS = 60_000;
/** Of one new directory; more is verified as a subtree. */
const APPEARED_MAX = 10_000;

interface Pending {
  change: SensorChange;
  seenAtMs: number;
  /** The first that was seen of it, while it is not known what became of it. */
  readonly first: { readonly process: ProcessFacts; readonly seenAtMs: number };
}

export interface LiveOptions {
  readonly baseline: Baseline;
  readonly contents: Contents;
  readonly policy: FileIntegrityPolicy;
  readonly host: HostIdentity;
  emit(events: readonly OcsfEvent[]): Promise<void>;
  /** More than we can follow one by one: verify what lies below. */
  onGap(path: string | undefined, because: string): void;
  onCanary(path: string, seenAtMs: number): void;
  isCanary(path: string): boolean;
  isExcluded(path: string): boolean;
  readonly explainer: Explainer;
  now(): number;
}

export class Live {
  readonly #options: LiveOptions;
  readonly #pending = new Map<string, Pending>();
  readonly #diffRoots: readonly string[];
  #users = readNames('/etc/passwd');
  #groups = readNames('/etc/group');
  #working: Promise<void> | undefined;
  #stopped = false;
  changesSeen = 0;

  constructor(options: LiveOptions) {
    this.#options = options;
    this.#diffRoots = options.policy.diff.map(fromUtf8);
  }

  get pendingCount(): number {
    return this.#pending.size;
  }

  take(changes: readonly SensorChange[]): void {
    for (const change of changes) {
      if (this.#options.isCanary(change.path)) {
        this.#options.onCanary(change.path, change.seenAtMs);
        continue;
      }
      const known = this.#pending.get(change.path) ?? this.#renamedPending(change);
      if (known === undefined && this.#pending.size >= PENDING_MAX) {
        this.#pending.clear();
        this.#options.onGap(undefined, 'more changes than can be followed one by one');
        continue;
      }
      // The last writer wins, unless only the first one is known.
      const process =
        change.process.source === 'unknown' && known !== undefined ? known.change.process : change.process;
      const fromPath = change.fromPath ?? known?.change.fromPath;
      const appeared = change.appeared === true || known?.change.appeared === true;
      this.#pending.set(change.path, {
        change: { ...change, appeared, process, ...(fromPath === undefined ? {} : { fromPath }) },
        seenAtMs: change.seenAtMs,
        first: known?.first ?? { process: change.process, seenAtMs: change.seenAtMs },
      });
    }
    if (this.#pending.size > 0) this.#working ??= this.#work();
  }

  /** What was going to be said of a file under its old name is said under the new one. */
  #renamedPending({ fromPath, isDirectory }: SensorChange): Pending | undefined {
    // What was in a directory has to be told under both.
    if (fromPath === undefined || isDirectory) return undefined;
    const before = this.#pending.get(fromPath);
    this.#pending.delete(fromPath);
    return before;
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Until everything that was taken is said. */
  async settled(): Promise<void> {
    while (this.#working !== undefined) await this.#working;
  }

  async #work(): Promise<void> {
    try {
      while (this.#pending.size > 0 && !this.#stopped) {
        await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
        const quietSince = Date.now() - QUIET_MS;
        // Under a storm nothing is quiet for long: half full is reason enough to go on.
        const due = [...this.#pending.values()].filter(
          ({ seenAtMs }) => seenAtMs <= quietSince || this.#pending.size > PENDING_MAX / 2,
        );
        for (const { change } of due) this.#pending.delete(change.path);
        await this.#say(due);
      }
    } finally {
      this.#working = undefined;
    }
  }

  async #say(due: readonly Pending[]): Promise<void> {
    let events: OcsfEvent[] = [];
    const turns = new Turns();
    for (const [index, { change, first }] of due.entries()) {
      const found = this.#look(change);
      for (const each of found) events.push(this.#event(each, change.process, change.seenAtMs));
      if (found.length === 0 && change.appeared === true) events.push(...this.#cameAndWent(change, first));
      if (index % SLICE === SLICE - 1) await turns.next();
      if (events.length >= EVENTS_PER_EMIT) {
        await this.#options.emit(events);
        events = [];
      }
    }
    if (events.length > 0) await this.#options.emit(events);
  }

  #look(change: SensorChange): readonly Change[] {
    const { baseline, policy } = this.#options;
    const before = baseline.get(change.path);
    const now = readEntry(change.path, policy.hashSizeBytesMax);
    if (change.isDirectory && (now === undefined || now.type === 'directory')) {
      // What happened inside before we looked was said with a handle that is gone, or not at all.
      if (now === undefined) return this.#deletedBelow(change.path);
      if (before === undefined) this.#appeared(change);
      else if (before.ino !== now.ino || before.dev !== now.dev)
        this.#options.onGap(change.path, 'a directory was replaced, with what is in it');
    }
    const renamed = this.#renamed(change, now);
    if (renamed !== undefined) return [renamed];
    const left =
      change.fromPath === undefined
        ? []
        : this.#compared(change.fromPath, readEntry(change.fromPath, policy.hashSizeBytesMax));
    return [...left, ...this.#compared(change.path, now)];
  }

  /** Never silent: who makes a file and takes it away at once has a reason. */
  #cameAndWent(change: SensorChange, first: Pending['first']): readonly OcsfEvent[] {
    const { path, isDirectory, process, seenAtMs } = change;
    if (this.#options.baseline.has(path) || readEntry(path, 0) !== undefined) return [];
    const { created, deleted } = vanished(path, isDirectory, { first: first.seenAtMs, last: seenAtMs });
    return [this.#event(created, first.process, first.seenAtMs), this.#event(deleted, process, seenAtMs)];
  }

  /**
   * What is in a directory that is new, put there by whoever made it: what was written before the kernel knew
   * the directory's handle had no event that we could resolve.
   */
  #appeared(change: SensorChange): void {
    const { baseline, onGap, isExcluded } = this.#options;
    let names: readonly string[];
    try {
      names = readdirSync(fsPath(change.path), 'latin1');
    } catch (error) {
      if (!isGone(error)) onGap(change.path, 'a directory appeared that could not be read');
      return;
    }
    if (names.length > APPEARED_MAX) {
      onGap(change.path, 'a directory appeared, with more in it than can be followed one by one');
      return;
    }
    for (const name of names) {
      const path = join(change.path, name);
      if (this.#pending.has(path) || baseline.has(path) || isExcluded(path)) continue;
      const { process, seenAtMs } = change;
      // Told as a directory: if it is one, what is in it is new as well.
      this.take([{ path, isDirectory: true, process, seenAtMs }]);
    }
  }

  #compared(path: string, now: Entry | undefined): readonly Change[] {
    const { baseline, policy } = this.#options;
    const before = baseline.get(path);
    const found = compare(before, now);
    if (found === undefined) return [];
    if (now === undefined) baseline.delete(path);
    else if (before !== undefined || baseline.size < policy.entriesMax) baseline.set(now);
    return [found];
  }

  #renamed(change: SensorChange, now: Entry | undefined): Change | undefined {
    const { baseline } = this.#options;
    if (change.fromPath === undefined || now === undefined) return undefined;
    const from = baseline.get(change.fromPath);
    if (from === undefined || from.ino !== now.ino || from.dev !== now.dev) return undefined;
    // Only if it left: with a link it can be in both places.
    if (readEntry(change.fromPath, 0)?.ino === from.ino) return undefined;
    const replaced = baseline.get(now.path);
    baseline.delete(change.fromPath);
    baseline.set(now);
    const before = replaced ?? from;
    const content = before.sha256 !== now.sha256;
    return {
      kind: 'renamed',
      entry: now,
      before,
      aspects: content ? ['content'] : [],
      fromPath: change.fromPath,
    };
  }

  #deletedBelow(path: string): readonly Change[] {
    const { baseline } = this.#options;
    return baseline.below([path]).flatMap((candidate) => {
      if (readEntry(candidate, 0) !== undefined) return [];
      const change = compare(baseline.get(candidate), undefined);
      baseline.delete(candidate);
      return change === undefined ? [] : [change];
    });
  }

  #event(change: Change, process: ProcessFacts | undefined, atMs: number): OcsfEvent {
    this.changesSeen += 1;
    return observed(
      change,
      'real-time',
      process,
      { atMs, notBeforeMs: atMs - LATE_MS },
      this.#options,
      this.#diffRoots,
      this.#name(change.entry),
    );
  }

  #name(entry: Entry): { readonly owner: string; readonly group: string } {
    if (!this.#users.has(entry.uid) || !this.#groups.has(entry.gid)) {
      this.#users = readNames('/etc/passwd');
      this.#groups = readNames('/etc/group');
    }
    return { owner: this.#users.get(entry.uid) ?? '', group: this.#groups.get(entry.gid) ?? '' };
  }
}

/** Shared with verification: the same change gives the same kind of event, whoever found it. */
export function observed(
  change: Change,
  seenBy: 'real-time' | 'verification',
  process: ProcessFacts | undefined,
  /** When it was noticed, and the instant before which it cannot have happened. */
  noticed: { readonly atMs: number; readonly notBeforeMs: number },
  options: Pick<LiveOptions, 'contents' | 'policy' | 'host' | 'explainer'>,
  diffRoots: readonly string[],
  names: { readonly owner: string; readonly group: string },
): OcsfEvent {
  const { entry, before } = change;
  let diff: string | undefined;
  if (diffRoots.some((root) => isBelow(entry.path, root)) && change.kind !== 'deleted') {
    options.contents.keep(entry.path, entry.sha256, options.policy.diffSizeBytesMax);
    if (before !== undefined && before.sha256 !== entry.sha256)
      diff = options.contents.diff(displayPath(entry.path), before.sha256, entry.sha256);
  }
  const atMs = happenedAtMs(change, noticed);
  const explanation = options.explainer.explain(change, atMs, process);
  return toOcsf({ change, seenBy, atMs, process, diff, explanation, ...names }, options.host);
}

/**
 * The kernel's own time of the last change, where it can be: then the same change has the same time, whoever
 * noticed it and however late. A deletion leaves no time, and what is moved in brings one of its own.
 */
function happenedAtMs(
  { kind, entry }: Change,
  { atMs, notBeforeMs }: { readonly atMs: number; readonly notBeforeMs: number },
): number {
  return kind !== 'deleted' && entry.ctimeMs >= notBeforeMs && entry.ctimeMs <= atMs ? entry.ctimeMs : atMs;
}
