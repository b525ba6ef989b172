/** What a decision about applicability or an exception would do: worked out on a copy, written nowhere. */
import { CONTROL_STATUSES, type ControlStatus } from '@demarc/platform/contract/api';
import type { DecisionPreview } from '@demarc/platform/contract/assurance/workbook';
import type { Control } from '../catalogue/catalogue.ts';
import { assessRisks } from '../evaluation/assessment.ts';
import { Evaluation } from '../evaluation/evaluation.ts';
import type { AssuredAsset } from '../evaluation/population.ts';
import type { Scope } from '../model/acts.ts';
import type { NotApplicableState } from '../model/standing.ts';
import { type RollUp, rollUp } from '../rules/rollup.ts';
import { ACTS_MAX, knownScope, selectedControls } from './checks.ts';
import type { Command, CommandContext } from './command.ts';
import { workbookErrors } from './workbook-errors.ts';

const CHANGES_SHOWN_MAX = 200;

interface Pair {
  readonly control: Control;
  readonly asset: AssuredAsset;
}

/** @throws WORKBOOK_TOO_MANY, WORKBOOK_CONTROL_UNKNOWN, WORKBOOK_SCOPE_UNKNOWN */
export function previewDecision(asked: {
  readonly decision: 'not-applicable' | 'exception';
  readonly controls: readonly string[];
  readonly scopes: readonly Scope[];
}): Command<DecisionPreview> {
  return (context) => {
    const { evaluation } = context;
    const controls = selectedControls(context, asked.controls);
    const count = controls.length * asked.scopes.length;
    if (count > ACTS_MAX) throw workbookErrors.make('WORKBOOK_TOO_MANY', { count, max: ACTS_MAX });
    const scopes = asked.scopes.map((scope) => knownScope(context, scope));
    const all = [...evaluation.pairs()];
    const about = all.filter(
      ({ control, asset }) =>
        controls.includes(control) &&
        scopes.some((scope) => evaluation.population.covers(scope, asset) !== undefined),
    );
    const after = asked.decision === 'exception' ? evaluation : withApprovals(context, controls, scopes);
    const changes = all.flatMap(({ control, asset }) => {
      const before = evaluation.status(control, asset).effective;
      const then = after.status(control, asset).effective;
      return before === then ? [] : [{ controlId: control.id, assetName: asset.name, before, after: then }];
    });
    const scores = { before: scored(evaluation, all), after: scored(after, all) };
    const result: Omit<DecisionPreview, 'says'> = {
      cellCount: about.length,
      assetCount: new Set(about.map(({ asset }) => asset.assetId)).size,
      counts: counted(about.map(({ control, asset }) => evaluation.status(control, asset).effective)),
      scoreBefore: scores.before.score ?? null,
      scoreAfter: scores.after.score ?? null,
      coverageBefore: scores.before.coverage ?? null,
      coverageAfter: scores.after.coverage ?? null,
      changedCount: changes.length,
      changes: changes.slice(0, CHANGES_SHOWN_MAX),
      risks: movedRisks(evaluation, after),
    };
    return { acts: [], result: { ...result, says: inWords(asked.decision, result) }, says: '' };
  };
}

function withApprovals(
  { evaluation, standing, nowMs }: CommandContext,
  controls: readonly Control[],
  scopes: readonly Scope[],
): Evaluation {
  const approvals = new Map<string, NotApplicableState>(standing.notApplicable);
  for (const control of controls)
    for (const [at, scope] of scopes.entries())
      approvals.set(`preview ${control.id} ${at}`, {
        approvalId: `preview ${control.id} ${at}`,
        controlId: control.id,
        scope,
        reason: 'preview',
        approver: 'preview',
        reviewAtMs: nowMs + 1,
        fromMs: nowMs,
        toMs: undefined,
        recordId: 'preview',
        revoked: undefined,
      });
  return new Evaluation({
    ...evaluation.world,
    standing: { ...standing, notApplicable: approvals },
    t: evaluation.t,
  });
}

function scored(evaluation: Evaluation, pairs: readonly Pair[]): RollUp {
  return rollUp(
    pairs.map(({ control, asset }) => ({
      worth: control.worth,
      status: evaluation.status(control, asset).effective,
    })),
  );
}

function movedRisks(before: Evaluation, after: Evaluation): DecisionPreview['risks'] {
  if (before === after) return [];
  const then = new Map(assessRisks(after).map(({ risk, residual }) => [risk.riskId, residual.score]));
  return assessRisks(before).flatMap(({ risk, residual }) => {
    const score = then.get(risk.riskId) ?? residual.score;
    return score === residual.score
      ? []
      : [{ riskId: risk.riskId, title: risk.title, before: residual.score, after: score }];
  });
}

function counted(statuses: readonly ControlStatus[]): Record<ControlStatus, number> {
  return Object.fromEntries(
    CONTROL_STATUSES.map((status) => [status, statuses.filter((each) => each === status).length]),
  ) as Record<ControlStatus, number>;
}

const percent = (share: number | null): string =>
  share === null ? 'nothing' : `${(share * 100).toFixed(1)} %`;

function inWords(
  decision: 'not-applicable' | 'exception',
  preview: Omit<DecisionPreview, 'says'>,
): DecisionPreview['says'] {
  const { cellCount, assetCount, counts } = preview;
  const cells = `${cellCount} cell${cellCount === 1 ? '' : 's'} on ${assetCount} asset${assetCount === 1 ? '' : 's'}`;
  if (cellCount === 0) return ['None of these controls applies to anything in this scope.'];
  const bad = cellCount - counts.satisfied - counts['not-applicable'];
  if (decision === 'exception')
    return [
      `It would be about ${cells}, of which ${bad} do not hold.`,
      'No status, no score and no risk is other for it: it says only that this is accepted for a while, by whom and why.',
      'Nothing is accepted before somebody else approves it.',
    ];
  return [
    `${cells} leave the score until the review; ${counts['not-satisfied']} of them fail today, ${counts['not-assessed']} were never assessed.`,
    `The score goes from ${percent(preview.scoreBefore)} to ${percent(preview.scoreAfter)}, coverage from ${percent(preview.coverageBefore)} to ${percent(preview.coverageAfter)}.`,
    ...(preview.changedCount > cellCount
      ? [`${preview.changedCount - cellCount} cells that lean on them change, too.`]
      : []),
    ...preview.risks.map(
      ({ riskId, title, before, after }) => `${riskId} ${title}: residual ${before} becomes ${after}.`,
    ),
  ].slice(0, 20);
}
