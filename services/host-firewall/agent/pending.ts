/**
 * What is on disk about a change: the rules that hold, those on trial, and who decides about them.
 *
 * The name of a file is the decision. `pending-ID` becomes `confirming-ID` or `reverting-ID` by a rename, which one
 * process alone can win, so agent and watchdog need no lock, and what a crash leaves behind says how to go on.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile, syncDirectory } from '@demarc/platform/files';

export type Stage = 'pending' | 'confirming' | 'reverting';
export interface Change {
  readonly stage: Stage;
  readonly id: string;
}
const CHANGE = /^(pending|confirming|reverting)-([0-9a-f-]{36})\.json$/;

export class ChangeFiles {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
    // Rules tell what is open: nobody else’s business.
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  }

  get directory(): string {
    return this.#directory;
  }

  /** Changes that are not settled; one at most, unless a crash left more. */
  unsettled(): readonly Change[] {
    return readdirSync(this.#directory).flatMap((name) => {
      const [, stage, id] = CHANGE.exec(name) ?? [];
      return stage === undefined || id === undefined ? [] : [{ stage: stage as Stage, id }];
    });
  }

  /** On disk before the kernel hears of it: what then crashes is found by the next start. */
  begin(id: string, rules: string, deadlineMs: number): void {
    this.#write(`candidate-${id}.json`, rules);
    this.#write(`pending-${id}.json`, JSON.stringify({ id, deadlineMs }));
  }

  /** @returns false when the change was settled otherwise before */
  claim(id: string, stage: 'confirming' | 'reverting'): boolean {
    try {
      renameSync(this.#path(`pending-${id}.json`), this.#path(`${stage}-${id}.json`));
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
    this.#sync();
    return true;
  }

  isPending(id: string): boolean {
    return this.#isIn(id, 'pending');
  }

  isReverting(id: string): boolean {
    return this.#isIn(id, 'reverting');
  }

  /** The candidate becomes what holds. Safe to repeat. */
  keep(id: string): void {
    try {
      renameSync(this.#path(`candidate-${id}.json`), this.#path('confirmed.json'));
      this.#sync();
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
    this.#remove(`confirming-${id}.json`);
  }

  /** The candidate is forgotten, and it is noted why. Safe to repeat. */
  forget(id: string, because: string, atMs: number): void {
    this.#write('reverted.json', JSON.stringify({ id, because, atMs }));
    this.#remove(`candidate-${id}.json`);
    this.#remove(`pending-${id}.json`);
    this.#remove(`reverting-${id}.json`);
  }

  /** Rules that hold; `null` when none were ever confirmed. */
  confirmed(): string | null {
    return this.#read('confirmed.json');
  }

  /** Nothing holds any more, and nothing is on trial. Safe to repeat. */
  clear(): void {
    for (const { stage, id } of this.unsettled()) {
      this.#remove(`candidate-${id}.json`);
      this.#remove(`${stage}-${id}.json`);
    }
    this.#remove('confirmed.json');
  }

  lastReverted(): { readonly id: string; readonly because: string; readonly atMs: number } | null {
    const text = this.#read('reverted.json');
    return text === null
      ? null
      : (JSON.parse(text) as { readonly id: string; readonly because: string; readonly atMs: number });
  }

  #isIn(id: string, stage: Stage): boolean {
    return this.unsettled().some((change) => change.id === id && change.stage === stage);
  }

  #path(name: string): string {
    return join(this.#directory, name);
  }

  #read(name: string): string | null {
    try {
      return readFileSync(this.#path(name), 'utf8');
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }

  /** Whole or not at all, also after a power cut. */
  #write(name: string, text: string): void {
    replaceFile(this.#path(name), text);
  }

  #remove(name: string): void {
    rmSync(this.#path(name), { force: true });
    this.#sync();
  }

  #sync(): void {
    syncDirectory(this.#directory);
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
