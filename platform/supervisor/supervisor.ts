/**
 * Starts parts in order, watches them, restarts what dies with growing pauses, stops them in reverse.
 *
 * A part is anything with a process; the supervisor knows nothing of engines. Its own death must leave
 * nothing behind that blocks the next start: parts either end with their parent or are found by their
 * process file (`processes.ts`).
 */

import type { Health } from '../contract/service.ts';
import { DemarcError } from '../errors/errors.ts';

export interface RunningPart {
  readonly pid: number;
  readonly exited: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  stop(): Promise<void>;
  /** It runs, but something of it is lost or damaged. */
  readonly degraded?: DemarcError | undefined;
}

export interface PartDefinition {
  readonly name: string;
  /** Resolves once the part is ready to be used; rejects with what went wrong. */
  start(): Promise<RunningPart>;
  /** Starts beside the part before it: neither needs the other. */
  readonly isBeside?: boolean;
  /** An error that no restart can mend (corrupt data, a taken port) is shown, and retried slowly. */
  readonly restart: boolean;
}

export interface PartState {
  readonly name: string;
  readonly health: Health;
  readonly pid: number | null;
  readonly restartCount: number;
  /** The typed error that stands in the way, if one does. */
  readonly error?: { readonly code: string; readonly fix: string };
}

const BACKOFF_MS_MIN = 200;
const BACKOFF_MS_MAX = 30_000;
/** A part that ran this long before it died starts over with the shortest pause. */
const STEADY_MS = 60_000;

interface Entry {
  readonly definition: PartDefinition;
  running: RunningPart | undefined;
  health: Health;
  restartCount: number;
  failures: number;
  error: PartState['error'] | undefined;
}

export class Supervisor {
  readonly #entries: readonly Entry[];
  readonly #onChange: (part: PartState) => void;
  readonly #random: () => number;
  #stopping = false;

  constructor(
    definitions: readonly PartDefinition[],
    options: { readonly onChange?: (part: PartState) => void; readonly random?: () => number } = {},
  ) {
    this.#entries = definitions.map((definition) => ({
      definition,
      running: undefined,
      health: { state: 'stopped', because: 'not started yet', sinceMs: Date.now() },
      restartCount: 0,
      failures: 0,
      error: undefined,
    }));
    this.#onChange = options.onChange ?? (() => undefined);
    this.#random = options.random ?? Math.random;
  }

  /** Starts every part in order. A part that fails ends the start; what runs is left to `stop`. */
  async start(): Promise<void> {
    for (const group of this.#groups()) {
      const outcomes = await Promise.allSettled(
        group.map(async (entry) => {
          await this.#startOnce(entry);
          this.#watch(entry);
        }),
      );
      // Only now: nothing may be left starting that `stop` would not find.
      const failed = outcomes.find((outcome) => outcome.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    }
  }

  #groups(): readonly (readonly Entry[])[] {
    const groups: Entry[][] = [];
    for (const entry of this.#entries) {
      const last = groups.at(-1);
      if (entry.definition.isBeside === true && last !== undefined) last.push(entry);
      else groups.push([entry]);
    }
    return groups;
  }

  parts(): readonly PartState[] {
    return this.#entries.map(stateOf);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    for (const entry of this.#entries.toReversed()) {
      await entry.running?.stop();
      entry.running = undefined;
      this.#say(entry, 'stopped', 'stopped on request');
    }
  }

  async #startOnce(entry: Entry): Promise<void> {
    this.#say(entry, 'starting', entry.restartCount === 0 ? 'starting' : `restart ${entry.restartCount}`);
    try {
      entry.running = await entry.definition.start();
      const { degraded } = entry.running;
      entry.error = degraded === undefined ? undefined : { code: degraded.code, fix: degraded.fix };
      if (degraded === undefined) this.#say(entry, 'healthy', 'running and answering');
      else this.#say(entry, 'degraded', `${degraded.message} ${degraded.fix}`);
    } catch (error) {
      entry.running = undefined;
      entry.error = error instanceof DemarcError ? { code: error.code, fix: error.fix } : undefined;
      this.#say(entry, 'failed', error instanceof Error ? error.message : String(error));
      throw error;
    }
  }

  #watch(entry: Entry): void {
    const running = entry.running;
    if (running === undefined) return;
    const startedAt = Date.now();
    void running.exited.then(async ({ code, signal }) => {
      if (this.#stopping || entry.running !== running) return;
      entry.running = undefined;
      if (Date.now() - startedAt > STEADY_MS) entry.failures = 0;
      this.#say(entry, 'failed', `ended by itself (${signal ?? `exit code ${code}`})`);
      await this.#bringBack(entry);
    });
  }

  async #bringBack(entry: Entry): Promise<void> {
    while (!this.#stopping && entry.definition.restart) {
      await pause(this.#backoffMs(entry.failures));
      if (this.#stopping) return;
      entry.failures += 1;
      entry.restartCount += 1;
      try {
        await this.#startOnce(entry);
      } catch {
        // Said in the part's health; the next pause is longer.
        continue;
      }
      if (this.#stopping) await entry.running?.stop();
      else this.#watch(entry);
      return;
    }
  }

  /** Half fixed, half random, so that parts that died together do not come back in step. */
  #backoffMs(failures: number): number {
    const full = Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** Math.min(failures, 20));
    return full / 2 + this.#random() * (full / 2);
  }

  #say(entry: Entry, state: Health['state'], because: string): void {
    entry.health = { state, because: because.slice(0, 1_000), sinceMs: Date.now() };
    this.#onChange(stateOf(entry));
  }
}

function stateOf(entry: Entry): PartState {
  return {
    name: entry.definition.name,
    health: entry.health,
    pid: entry.running?.pid ?? null,
    restartCount: entry.restartCount,
    ...(entry.error === undefined ? {} : { error: entry.error }),
  };
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
