/** Door: what a machine's repositories answered → whether it can get its fixes (MGT-08.1). Pure. */
import type { EvidenceFinding } from '@demarc/platform/contract';

export interface RepositoryFacts {
  readonly manager: string;
  /** Why nobody could be asked. */
  readonly notAskedBecause: string | null;
  readonly isReached: boolean;
  readonly because: string;
  /** Lists of packages that are there; null where that is not looked at. */
  readonly listCount: number | null;
  /** When the repositories made the newest of them, in milliseconds since the epoch. */
  readonly newestListAtMs: number | null;
  readonly tookMs: number;
}

/** The repositories answer, and what they have is on the machine. */
export function repositoryEvidence(facts: RepositoryFacts): EvidenceFinding {
  const { manager, notAskedBecause, isReached, because, listCount } = facts;
  const finding = (result: EvidenceFinding['result'], why: string): EvidenceFinding => ({
    rule: 'MGT-08.1',
    result,
    because: why.slice(0, 1_000),
    raw: { ...facts, because: because.slice(0, 1_000) },
  });
  if (notAskedBecause !== null)
    return finding('error', `The repositories of ${manager} could not be asked: ${notAskedBecause}`);
  if (!isReached) return finding('fail', `The repositories of ${manager} did not answer: ${because}`);
  if (listCount === 0)
    return finding('fail', `${manager} knows no list of packages: no repository is set up.`);
  return finding('pass', `The repositories of ${manager} answered, and their lists are current.`);
}
