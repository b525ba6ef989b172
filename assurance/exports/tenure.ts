/** Since when a duty is where it is, and until when by what is known: the dates of the responsibility matrix. */
import { DUTIES, type Duty } from '@demarc/platform/contract/api';
import type { AssessedCell, Assessment } from '../evaluation/assessment.ts';
import { Duties } from '../evaluation/duties.ts';
import { Population } from '../evaluation/population.ts';
import { type OwnershipContext, ownership } from '../rules/ownership.ts';

export interface Tenure {
  /** Undefined where it was never otherwise. */
  readonly sinceMs: number | undefined;
  /** Undefined where nothing known ends it. */
  readonly untilMs: number | undefined;
}

/**
 * Walks back and forth over the instants at which a dated act could have moved the duty, to the first at which
 * the answer was, or will be, another one.
 */
export class Tenures {
  readonly #assessment: Assessment;
  readonly #duties: Duties;
  readonly #population: Population;
  /** What the parties said of claims: nothing in the context of one instant tells of what they said before. */
  readonly #said: readonly number[];

  constructor(assessment: Assessment) {
    const { standing, asOfMs } = assessment;
    this.#assessment = assessment;
    this.#duties = new Duties(standing);
    this.#population = new Population(standing, asOfMs);
    this.#said = [...standing.claims.values()].flatMap(({ history }) => history.map(({ atMs }) => atMs));
  }

  /** Of the cell as a whole: since its duties are shared as they are, until the first of them moves. */
  ofCell(cell: AssessedCell): Tenure {
    const each = DUTIES.map((duty) => this.ofDuty(cell, duty));
    const since = each.flatMap(({ sinceMs }) => sinceMs ?? []);
    const until = each.flatMap(({ untilMs }) => untilMs ?? []);
    return {
      sinceMs: since.length === 0 ? undefined : Math.max(...since),
      untilMs: until.length === 0 ? undefined : Math.min(...until),
    };
  }

  ofDuty({ control, asset }: Pick<AssessedCell, 'control' | 'asset'>, duty: Duty): Tenure {
    const { asOfMs: t } = this.#assessment;
    const at = (instant: number): OwnershipContext =>
      this.#duties.context(control, asset, duty, this.#population, instant);
    const answer = (instant: number): string => {
      const { state, party } = ownership(at(instant), instant);
      return `${state} ${party ?? ''}`;
    };
    const now = answer(t);
    const instants = [...new Set([...boundariesOf(at(t)), ...this.#said])].sort((a, b) => a - b);
    let sinceMs: number | undefined;
    for (const instant of instants.filter((each) => each <= t).reverse()) {
      if (answer(instant - 1) === now) continue;
      sinceMs = instant;
      break;
    }
    const untilMs = instants.find((instant) => instant > t && answer(instant) !== now);
    return { sinceMs, untilMs: untilMs ?? this.#noticeOn(at(t), now) };
  }

  /** Notice was given: the end is known, though it is not confirmed yet. */
  #noticeOn(context: OwnershipContext, now: string): number | undefined {
    const records = new Set((context.ents ?? []).map(({ recordId }) => recordId));
    const { asOfMs, standing } = this.#assessment;
    const ends = [...standing.entitlements.values()]
      .filter(({ recordId, notice }) => notice !== undefined && records.has(recordId))
      .flatMap(({ notice }) => notice?.endsAtMs ?? [])
      .filter((instant) => instant > asOfMs);
    const held = ownership(context, asOfMs).by === 'entitlement' && now.startsWith('owned');
    return held && ends.length > 0 ? Math.min(...ends) : undefined;
  }
}

function boundariesOf({ scheduleAcceptedAt, ents, claims }: OwnershipContext): readonly number[] {
  return [
    scheduleAcceptedAt,
    ...(ents ?? []).flatMap(({ from, to, operationalAt, handbackAcceptedAt }) => [
      from,
      to,
      operationalAt,
      handbackAcceptedAt,
    ]),
    ...(claims ?? []).flatMap(({ from, to }) => [from, to]),
  ].flatMap((instant) => instant ?? []);
}
