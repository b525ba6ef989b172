/** The risk register, its appetite, and the plan of action that closes findings. */
import { DUTIES } from '@demarc/platform/contract/api';
import { assessRisks } from '../evaluation/assessment.ts';
import type { ActPayload, NewAct } from '../model/acts.ts';
import type { RiskState } from '../model/standing.ts';
import { future, given, knownCell, knownControl, named } from './checks.ts';
import { act, type Command, type CommandContext } from './command.ts';
import { knownRisk } from './overlays.ts';
import { knownParty } from './services.ts';
import { workbookErrors } from './workbook-errors.ts';

/** A risk nobody has looked at for longer is not managed. */
const REVIEW_DAYS_MAX = 731;

export type RecordedRisk = Omit<ActPayload<'risk-recorded'>, 'riskId' | 'reviewAtMs'> & {
  /** Left out: a new risk, under the next free number. */
  readonly riskId?: string | undefined;
  readonly reviewAtMs: number;
};

/**
 * A new risk, or a new version of a known one: everything about it is given again. One that was closed is open
 * again.
 *
 * @throws RISK_INVALID, WORKBOOK_CONTROL_UNKNOWN, ASSURANCE_DATE_INVALID
 */
export function recordRisk(risk: RecordedRisk): Command<{ readonly riskId: string }> {
  return (context) => {
    const riskId = risk.riskId ?? nextRiskId(context);
    if (risk.owner.trim() === '') throw workbookErrors.make('RISK_INVALID', { because: 'nobody owns it' });
    const seen = new Set<string>();
    for (const { controlId, reduces } of risk.controls) {
      knownControl(context, controlId);
      const key = `${controlId} for ${reduces}`;
      if (seen.has(key)) throw workbookErrors.make('RISK_INVALID', { because: `${key} is named twice` });
      seen.add(key);
    }
    future(context, risk.reviewAtMs, 'the review', REVIEW_DAYS_MAX);
    return {
      acts: [act(context, 'risk-recorded', { ...risk, riskId })],
      result: { riskId },
      says: `risk ${riskId} was recorded`,
    };
  };
}

/**
 * Somebody looked and decided. A risk of the catalogue becomes one of the tenant's own with its first review.
 *
 * @throws RISK_UNKNOWN, WORKBOOK_PERSON_MISSING, ASSURANCE_DATE_INVALID
 */
export function reviewRisk(review: {
  readonly riskId: string;
  readonly note: string;
  readonly person: string;
  readonly reviewAtMs: number;
}): Command {
  return (context) => {
    const acts = adopted(context, review.riskId);
    future(context, review.reviewAtMs, 'the next review', REVIEW_DAYS_MAX);
    acts.push(act(context, 'risk-reviewed', { ...review, person: named(review.person) }));
    return { acts, result: undefined, says: `risk ${review.riskId} was reviewed` };
  };
}

/** @throws RISK_UNKNOWN, WORKBOOK_PERSON_MISSING */
export function closeRisk(closing: {
  readonly riskId: string;
  readonly reason: string;
  readonly person: string;
}): Command {
  return (context) => {
    const acts = adopted(context, closing.riskId);
    acts.push(act(context, 'risk-closed', { ...closing, person: named(closing.person) }));
    return { acts, result: undefined, says: `risk ${closing.riskId} was closed` };
  };
}

/** From now on residual risk above this wants a decision. */
export function setAppetite(appetite: {
  readonly score: number;
  readonly reason: string;
  readonly person: string;
}): Command {
  return (context) => ({
    acts: [act(context, 'appetite-set', { ...appetite, person: named(appetite.person) })],
    result: undefined,
    says: `the risk appetite is ${appetite.score}`,
  });
}

export interface PlanItem {
  readonly controlId: string;
  readonly assetId: string;
  readonly finding: string;
  /** Left out: whoever has this duty to operate on the asset now. */
  readonly owner?: string | undefined;
  readonly dueAtMs: number;
  readonly riskId?: string | undefined;
  readonly milestones: readonly { readonly title: string; readonly dueAtMs: number }[];
}

/**
 * @throws WORKBOOK_CONTROL_UNKNOWN, ASSURANCE_CELL_UNKNOWN, ASSURANCE_PARTY_UNKNOWN, ASSURANCE_DATE_INVALID,
 *   RISK_UNKNOWN, POAM_INVALID
 */
export function openPoamItem(item: PlanItem): Command<{ readonly poamId: string }> {
  return (context) => {
    const control = knownControl(context, item.controlId);
    knownCell(context, control, item.assetId);
    const owner = knownParty(context, item.owner ?? ownerOf(context, item.controlId, item.assetId));
    const dueAtMs = future(context, item.dueAtMs, 'the date on which it is due');
    const late = item.milestones.find((milestone) => milestone.dueAtMs > dueAtMs);
    if (late !== undefined)
      throw workbookErrors.make('POAM_INVALID', {
        because: `the milestone “${late.title}” falls due after the item itself`,
      });
    if (item.riskId !== undefined) knownRisk(context, item.riskId);
    const poamId = context.newId();
    const { controlId, assetId, finding, riskId, milestones } = item;
    return {
      acts: [
        act(context, 'poam-item-opened', {
          poamId,
          controlId,
          assetId,
          finding,
          owner,
          dueAtMs,
          milestones: [...milestones],
          ...given({ riskId }),
        }),
      ],
      result: { poamId },
      says: `a plan item for ${controlId} was opened`,
    };
  };
}

/** @throws POAM_UNKNOWN, POAM_DONE, POAM_INVALID when a risk is accepted without a word */
export function updatePoamItem(update: {
  readonly poamId: string;
  readonly status: ActPayload<'poam-item-updated'>['status'];
  readonly note: string;
  readonly person: string;
}): Command {
  return (context) => {
    const known = context.standing.poam.get(update.poamId);
    if (known === undefined) throw workbookErrors.make('POAM_UNKNOWN', { poamId: update.poamId });
    if (known.status === 'done') throw workbookErrors.make('POAM_DONE', { poamId: update.poamId });
    if (update.status === 'risk-accepted' && update.note.trim() === '')
      throw workbookErrors.make('POAM_INVALID', { because: 'a risk is accepted without a reason' });
    return {
      acts: [act(context, 'poam-item-updated', { ...update, person: named(update.person) })],
      result: undefined,
      says: `a plan item is ${update.status}`,
    };
  };
}

/** The acts that bring a risk of the catalogue into the register; none for one that is there. @throws RISK_UNKNOWN */
function adopted(context: CommandContext, riskId: string): NewAct[] {
  knownRisk(context, riskId);
  if (context.standing.risks.has(riskId)) return [];
  const shipped = assessRisks(context.evaluation).find(({ risk }) => risk.riskId === riskId)?.risk;
  return shipped === undefined ? [] : [act(context, 'risk-recorded', contentOf(shipped))];
}

function contentOf(risk: RiskState): ActPayload<'risk-recorded'> {
  const { riskId, title, scenario, threat, likelihood, impact, controls, treatment, owner } = risk;
  return { riskId, title, scenario, threat, likelihood, impact, controls, treatment, owner };
}

function nextRiskId({ standing, catalogue }: CommandContext): string {
  const ids = [...standing.risks.keys(), ...catalogue.risks.map(({ id }) => id)];
  const last = Math.max(0, ...ids.map((id) => Number(/^R-(\d{1,6})$/.exec(id)?.[1] ?? 0)));
  return `R-${String(last + 1).padStart(2, '0')}`;
}

function ownerOf({ catalogue, evaluation }: CommandContext, controlId: string, assetId: string): string {
  const control = catalogue.controls.get(controlId);
  const asset = evaluation.population.find(assetId);
  if (control === undefined || asset === undefined) return 'customer';
  const operator = evaluation.cell(control, asset).duties[DUTIES.indexOf('operate')];
  // Jointly owned, or nobody's: the party that is accountable sees to it that somebody does.
  const party = operator?.party ?? control.default_responsibility.accountable;
  return party.split('+')[0] ?? party;
}
