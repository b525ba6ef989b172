/**
 * The customer responsibility matrix: of each control, who has which duty, and what is left for the customer.
 *
 * Assets on which a control is shared out alike are one row, so that a thousand machines are not a thousand rows.
 */
import { type ControlStatus, DUTIES, type Duty } from '@demarc/platform/contract/api';
import type { AssessedCell, Assessment } from '../../evaluation/assessment.ts';
import { entitles } from '../../evaluation/duties.ts';
import { Population } from '../../evaluation/population.ts';
import { inForce } from '../../model/standing.ts';
import { worst } from '../../rules/dependency.ts';
import { observedSpan } from '../by-control.ts';
import { type Tenure, Tenures } from '../tenure.ts';
import { EVIDENCE_WORDS, partyName } from '../words.ts';

/** Names of assets that a row says before it only counts. */
const NAMES_MAX = 6;

export interface ResponsibilityRow {
  readonly cells: readonly [AssessedCell, ...AssessedCell[]];
  /** In the order of `DUTIES`: a party, `Nobody` or `Disputed`. */
  readonly duties: readonly string[];
  readonly accountable: string;
  /** CSA CCM's word. */
  readonly ownership: string;
  readonly customerPart: string;
  /** Since all of these assets have it so, until the first of them has not. */
  readonly tenure: Tenure;
  readonly status: ControlStatus;
  readonly evidence: string;
  readonly newestMs: number | undefined;
  readonly oldestMs: number | undefined;
}

/** One row for each cell, in the order of the assessment. */
export function perAsset(assessment: Assessment): readonly ResponsibilityRow[] {
  const look = new Look(assessment);
  return assessment.cells.map((cell) => look.row([cell]));
}

/** One row for each control and way of sharing it, in the order of the catalogue. */
export function perControl(assessment: Assessment): readonly ResponsibilityRow[] {
  const look = new Look(assessment);
  const order = new Map([...assessment.catalogue.controls.keys()].map((id, index) => [id, index]));
  const groups = new Map<string, [AssessedCell, ...AssessedCell[]]>();
  for (const cell of assessment.cells) {
    const shared = cell.cell.duties.map(
      ({ state, party, flags }) => `${state} ${party ?? ''} ${flags.join(' ')}`,
    );
    const key = `${cell.control.id} ${cell.cell.ownership} ${shared.join('|')} ${look.customerPart(cell)}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [cell]);
    else group.push(cell);
  }
  const at = ([{ control }]: readonly [AssessedCell, ...AssessedCell[]]): number =>
    order.get(control.id) ?? 0;
  return [...groups.values()].sort((a, b) => at(a) - at(b)).map((cells) => look.row(cells));
}

class Look {
  readonly #assessment: Assessment;
  readonly #tenures: Tenures;
  readonly #population: Population;

  constructor(assessment: Assessment) {
    this.#assessment = assessment;
    this.#tenures = new Tenures(assessment);
    this.#population = new Population(assessment.standing, assessment.asOfMs);
  }

  row(cells: readonly [AssessedCell, ...AssessedCell[]]): ResponsibilityRow {
    const [{ cell, control }] = cells;
    const tenures = cells.map((each) => this.#tenures.ofCell(each));
    const since = tenures.flatMap(({ sinceMs }) => sinceMs ?? []);
    const until = tenures.flatMap(({ untilMs }) => untilMs ?? []);
    const [newestMs, oldestMs] = observedSpan(cells) ?? [];
    return {
      cells,
      duties: cell.duties.map(({ state, party }) =>
        state === 'owned'
          ? partyName(this.#assessment, party)
          : state === 'contested'
            ? 'Disputed'
            : 'Nobody',
      ),
      accountable: partyName(this.#assessment, control.default_responsibility.accountable),
      ownership: cell.ownership,
      customerPart: this.customerPart(cells[0]),
      tenure: {
        sinceMs: since.length === 0 ? undefined : Math.max(...since),
        untilMs: until.length === 0 ? undefined : Math.min(...until),
      },
      status: worst(cells.map(({ state }) => state.effective)),
      evidence: evidenceWords(cells),
      newestMs,
      oldestMs,
    };
  }

  /** What is the customer's own to do: its duties, what the bought service leaves to it, what nobody has. */
  customerPart({ control, asset, cell }: AssessedCell): string {
    const own = cell.duties.filter(({ party }) => party?.split('+').includes('customer') === true);
    const nobodys = cell.duties.filter(({ state }) => state === 'unowned');
    const kept = this.#boughtFor(asset).flatMap((serviceId) =>
      control.managed_services.flatMap(({ service, customer_keeps: keeps }) =>
        service === serviceId && keeps !== undefined ? [keeps] : [],
      ),
    );
    const parts = [
      ...(own.length === 0 ? [] : [own.map(({ duty }) => DUTY_WORDS[duty]).join('; ')]),
      ...kept,
      ...(nobodys.length === 0
        ? []
        : [`falls to the customer unless somebody accepts: ${nobodys.map(({ duty }) => duty).join(', ')}`]),
    ];
    return parts.length === 0 ? 'none' : parts.join('\n');
  }

  #boughtFor(asset: AssessedCell['asset']): readonly string[] {
    const { standing, asOfMs } = this.#assessment;
    return [...standing.entitlements.values()]
      .filter((entitlement) => inForce(entitlement, asOfMs) && entitles(entitlement, asset, this.#population))
      .map(({ serviceId }) => serviceId);
  }
}

const DUTY_WORDS: Readonly<Record<Duty, string>> = {
  operate: 'operate it',
  configure: 'decide how it is configured',
  respond: 'respond when it fails',
  assure: 'see that it is checked',
};
export const DUTY_TITLES: Readonly<Record<Duty, string>> = {
  operate: 'Operate',
  configure: 'Configure',
  respond: 'Respond',
  assure: 'Assure',
};

/** `VMS-09.1 Passed (41), Stale (1)`, a line for each rule. */
function evidenceWords(cells: readonly [AssessedCell, ...AssessedCell[]]): string {
  return cells[0].control.evidence
    .map(({ id }) => {
      const counts = new Map<string, number>();
      for (const { evidence } of cells) {
        const state = evidence.find(({ rule }) => rule === id)?.state;
        if (state !== undefined)
          counts.set(EVIDENCE_WORDS[state], (counts.get(EVIDENCE_WORDS[state]) ?? 0) + 1);
      }
      const words = [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
      return `${id} ${words.map(([word, count]) => (cells.length === 1 ? word : `${word} (${count})`)).join(', ')}`;
    })
    .join('\n');
}

/** `db-1, web-1 and 39 more` */
export function assetNames(cells: readonly AssessedCell[]): string {
  const names = cells.slice(0, NAMES_MAX).map(({ asset }) => asset.name);
  const more = cells.length - names.length;
  return more === 0 ? names.join(', ') : `${names.join(', ')} and ${more} more`;
}

export const dutyAt = (row: ResponsibilityRow, duty: Duty): string => row.duties[DUTIES.indexOf(duty)] ?? '';
