/** Asks the machine's repositories now and then whether they answer, and says so as evidence. */
import type { EvidenceFinding, OsFamily } from '@demarc/platform/contract';
import { repositoryEvidence } from '../evidence.ts';
import type { Manager } from '../run/job.ts';
import { ErrandFiles } from './files.ts';
import { commandOf, launch, type Program } from './launch.ts';
import type { Machine } from './machine.ts';
import type { Outcome } from './task.ts';

/** A refresh has ten minutes; nobody is waited for. */
const ASKED_MS_MAX = 900_000;
/** After somebody else was at work, or an error. */
const AGAIN_MS = 900_000;
const MANAGERS: Readonly<Partial<Record<OsFamily, Manager>>> = {
  debian: 'apt',
  rhel: 'dnf',
  suse: 'zypper',
  alpine: 'apk',
};

export interface RepositoryDesk {
  readonly machine: Machine;
  readonly family: OsFamily;
  program(): Program;
  evidence(findings: readonly EvidenceFinding[], observedAtMs: number): Promise<void>;
  now(): number;
}

export class RepositoryWatch {
  readonly #desk: RepositoryDesk;
  readonly #files: ErrandFiles;
  #launchedAtMs: number | undefined;
  #toldAtMs = 0;
  #last: EvidenceFinding | undefined;

  constructor(directory: string, desk: RepositoryDesk) {
    this.#files = new ErrandFiles(directory);
    this.#desk = desk;
  }

  get isAtWork(): boolean {
    return this.#launchedAtMs !== undefined || this.#files.isAtWork();
  }

  /** What was said last. */
  get last(): EvidenceFinding | undefined {
    return this.#last;
  }

  /** @param mayAsk whether no job is at work: it has the package manager's locks */
  async step(everyMs: number, mayAsk: boolean): Promise<void> {
    const { now, family } = this.#desk;
    const outcome = this.#files.read('outcome');
    if (outcome !== undefined) {
      this.#launchedAtMs = undefined;
      await this.#tell(outcome);
      const isAnswer = outcome.outcome === 'repositories' && outcome.answer.busyBecause === null;
      const waitsMs = isAnswer ? everyMs : Math.min(everyMs, AGAIN_MS);
      if (atMsOf(outcome) + waitsMs > now()) return;
    } else if (this.#launchedAtMs !== undefined) {
      if (now() - this.#launchedAtMs < ASKED_MS_MAX) return;
      this.#launchedAtMs = undefined;
      this.#failed('whoever asks them ended without an answer');
      return;
    } else if (this.#files.isAtWork()) return;
    const manager = MANAGERS[family];
    if (manager === undefined) this.#failed(`no package manager of this system (${family}) is known`);
    else if (mayAsk) this.#ask(manager);
  }

  #ask(manager: Manager): void {
    const { machine, program, now } = this.#desk;
    const { root, journals, changes, hasSystemd } = machine;
    this.#files.keep('task', { kind: 'ask-repositories', manager, root, journals, changes });
    this.#files.drop('outcome');
    this.#launchedAtMs = now();
    const command = commandOf(program(), this.#files.directory, 'repositories', hasSystemd);
    launch(command, (because) => {
      if (hasSystemd && because === 'exit status 0') return;
      if (this.#files.read('outcome') === undefined) this.#failed(`it could not be asked: ${because}`);
    });
  }

  #failed(because: string): void {
    this.#files.keep('outcome', {
      outcome: 'error',
      atMs: this.#desk.now(),
      because,
      mayTryAgain: true,
      wasBegun: false,
    });
  }

  async #tell(outcome: Outcome): Promise<void> {
    const atMs = atMsOf(outcome);
    if (atMs <= this.#toldAtMs) return;
    const finding = findingOf(outcome);
    await this.#desk.evidence([finding], atMs);
    this.#toldAtMs = atMs;
    this.#last = finding;
  }
}

const atMsOf = (outcome: Outcome): number => ('atMs' in outcome ? outcome.atMs : 0);

function findingOf(outcome: Outcome): EvidenceFinding {
  if (outcome.outcome === 'repositories') {
    const { busyBecause, ...answer } = outcome.answer;
    return repositoryEvidence({ ...answer, notAskedBecause: busyBecause });
  }
  const because = outcome.outcome === 'error' ? outcome.because : 'what was said is no answer';
  return repositoryEvidence({
    manager: 'this machine',
    notAskedBecause: because,
    isReached: false,
    because,
    listCount: null,
    newestListAtMs: null,
    tookMs: 0,
  });
}
