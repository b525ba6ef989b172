/** The state of a cell in the words of the API: what it is, by which rule and record, and what to do next. */
import type { DutyOwnership, EvidenceState, MatrixCell, MatrixWhy } from '@demarc/platform/contract/api';
import { DUTIES } from '@demarc/platform/contract/api';
import type { Catalogue, Control, EvidenceRule } from '../catalogue/catalogue.ts';
import type { Standing } from '../model/standing.ts';
import type { Ownership } from '../rules/ownership.ts';
import { type CellState, type Evaluation, keyOf } from './evaluation.ts';
import { type AssuredAsset, TENANT_ASSET } from './population.ts';

export const instant = (ms: number): string => new Date(ms).toISOString();

const WHY: Readonly<Record<string, string>> = {
  floor: 'a provider layer: no record of the tenant can change that',
  dispute: 'a claim on it is disputed',
  entitlement: 'the service is bought and operational on this asset',
  asset: 'it was decided and accepted for this asset',
  group: 'it was decided and accepted for a group this asset is in',
  tenant: 'it was decided and accepted for everything',
  default: 'the catalogue’s default, which the tenant accepted',
  'hand-back not accepted':
    'the service ended and nobody took the duty back; it falls to the customer unless somebody else accepts it',
  'no accepted claim': 'nobody has accepted it: the responsibility schedule is not accepted yet',
};
const CONTESTED: Readonly<Record<string, string>> = {
  entitlement: 'two operational services name different parties',
  group: 'two groups of equal priority name different parties',
  asset: 'two decisions for this asset name different parties',
  tenant: 'two decisions for everything name different parties',
};

export function matrixCell(
  evaluation: Evaluation,
  control: Control,
  asset: AssuredAsset,
  state: CellState = evaluation.cell(control, asset),
): MatrixCell {
  const { world } = evaluation;
  const duties = DUTIES.map((duty, at) => dutyOwnership(duty, state.duties[at], world.standing));
  const exception = evaluation.exception(control, asset);
  const approval = evaluation.notApplicable(control, asset);
  return {
    controlId: control.id,
    title: control.title,
    area: control.area,
    layer: control.layer,
    worth: control.worth,
    assetId: asset.assetId,
    assetName: asset.name,
    ownStatus: state.own,
    status: state.effective,
    since: newest(evaluation, control, asset),
    accountable: control.default_responsibility.accountable,
    duties,
    ownership: ownershipWord(duties, control, world.catalogue),
    rootCauses: state.roots.map((root) => rootText(root, asset)),
    warnings: evaluation
      .dependencies(control, asset)
      .filter(
        ({ effect, status }) =>
          effect === 'informs' && ['not-satisfied', 'stale-evidence', 'not-assessed'].includes(status),
      )
      .map(({ control: lower, status }) => `${lower.id} is ${status}`),
    exception:
      exception === undefined
        ? null
        : {
            exceptionId: exception.exceptionId,
            reason: exception.reason,
            approver: exception.approver ?? '',
            until: instant(exception.toMs ?? 0),
          },
    notApplicableBecause: approval?.reason ?? null,
  };
}

/** A root on another asset is named with it; on the same one, or on the tenant, by the control alone. */
function rootText(root: string, asset: AssuredAsset): string {
  const [assetId = '', controlId = ''] = root.split(' ');
  return assetId === asset.assetId || assetId === 'tenant' ? controlId : `${controlId} on ${assetId}`;
}

export function evidenceState(
  evaluation: Evaluation,
  rule: EvidenceRule,
  asset: AssuredAsset,
): EvidenceState {
  const kept = evaluation.evidenceOf(rule, asset);
  const judged = evaluation.judged(rule, asset);
  const state =
    kept === undefined
      ? evaluation.world.sources.has(rule.id)
        ? 'not-received'
        : 'no-source'
      : kept.result === 'fail'
        ? 'fail'
        : evaluation.isStale(rule, asset)
          ? 'stale'
          : 'pass';
  return {
    rule: rule.id,
    kind: rule.kind,
    source: rule.source,
    asserts: rule.asserts,
    required: rule.required,
    freshForSeconds: judged.fresh / 1_000,
    state,
    result: kept?.result ?? null,
    because: kept?.because ?? null,
    observedAt: kept === undefined ? null : instant(kept.observedAtMs),
    receivedAt: kept === undefined ? null : instant(kept.receivedAtMs),
    expiresAt: kept?.expiresAtMs === undefined ? null : instant(kept.expiresAtMs),
    evidenceId: kept?.uid ?? null,
    digest: kept?.digest ?? null,
    signed: kept?.signed ?? false,
  };
}

/** Everything that a person may ask about one cell. */
export function whyOf(evaluation: Evaluation, control: Control, asset: AssuredAsset): MatrixWhy {
  const state = evaluation.cell(control, asset);
  const cell = matrixCell(evaluation, control, asset, state);
  const evidence = control.evidence.map((rule) => evidenceState(evaluation, rule, asset));
  const dependencies = evaluation.dependencies(control, asset);
  const caps = dependencies
    .filter(({ caps: cap }) => cap !== undefined)
    .map(({ control: lower, effect, status }) => `${lower.id} is ${status}, which ${effect} this control`);
  return {
    cell,
    objective: control.objective,
    reasons: [
      `own status ${cell.ownStatus}, effective status ${cell.status}`,
      ...(cell.notApplicableBecause === null ? [] : [`not applicable: ${cell.notApplicableBecause}`]),
      ...(cell.exception === null
        ? []
        : [`accepted until ${cell.exception.until} by ${cell.exception.approver}: ${cell.exception.reason}`]),
      ...control.evidence.map((rule, at) => reasonOf(evaluation, rule, asset, evidence[at])),
      ...caps,
    ],
    evidence,
    dependencies: dependencies.map(({ control: lower, effect, status, caps: cap }) => ({
      controlId: lower.id,
      title: lower.title,
      effect,
      status,
      caps: cap ?? null,
    })),
    nextSteps: nextSteps(cell, evidence, state.roots, (controlId, assetId) => {
      const lower = evaluation.world.catalogue.controls.get(controlId);
      const carrier = evaluation.population.find(assetId);
      if (lower === undefined || carrier === undefined) return undefined;
      const below = evaluation.cell(lower, carrier);
      return { control: lower, asset: carrier, effective: below.effective, operator: below.duties[0]?.party };
    }),
    nist: control.nist_800_53_r5,
  };
}

/** In plain words, for the cell and for exports. */
export function evidenceText(item: EvidenceState): string {
  switch (item.state) {
    case 'pass':
      return `${item.rule} passed: ${item.because ?? ''}`;
    case 'fail':
      return `${item.rule} failed: ${item.because ?? ''}`;
    case 'stale':
      return item.expiresAt !== null &&
        Date.parse(item.expiresAt) - Date.parse(item.observedAt ?? item.expiresAt) <=
          item.freshForSeconds * 1_000 + 1
        ? `${item.rule} is stale: it expired at ${item.expiresAt}`
        : `${item.rule} is stale: the last pass, of ${item.observedAt ?? 'long ago'}, is older than ${item.freshForSeconds} s`;
    case 'not-received':
      return `${item.rule} was never received`;
    case 'no-source':
      return `${item.rule} has no source in this installation yet (${item.source})`;
  }
}

/** Rules that only an agent on the asset can observe. */
const FROM_AGENTS = /^(agent|sensor)\b/;
/** What the platform itself notices of an agent: heard of, enrolled, its clock. */
const OF_AGENTS = ['MGT-04.1', 'GOV-06.2', 'FND-05.1'];

/** The evidence in words, and where there is none any more, what is known of the cause. */
function reasonOf(
  evaluation: Evaluation,
  rule: EvidenceRule,
  asset: AssuredAsset,
  item: EvidenceState = evidenceState(evaluation, rule, asset),
): string {
  const text = evidenceText(item);
  if (item.state === 'pass' || item.state === 'fail' || item.state === 'no-source') return text;
  const error = evaluation.errorOf(rule, asset) ?? evaluation.errorOf(rule, TENANT_ASSET);
  if (error !== undefined)
    return `${text}; its collector could not say at ${instant(error.observedAtMs)}: ${error.because}`;
  if (!FROM_AGENTS.test(rule.source)) return text;
  const noticed = OF_AGENTS.flatMap((id) => evaluation.world.evidence.get(keyOf(asset.assetId, id)) ?? []);
  const said = noticed.find(({ result }) => result === 'fail') ?? noticed[0];
  return said === undefined ? text : `${text}; ${said.rule} says: ${said.because}`;
}

interface Below {
  readonly control: Control;
  readonly asset: AssuredAsset;
  readonly effective: MatrixCell['status'];
  /** Who has the duty to operate it; nobody, or nobody yet. */
  readonly operator: string | null | undefined;
}

/** @param below what a root cause says of itself */
export function nextSteps(
  cell: MatrixCell,
  evidence: readonly EvidenceState[],
  roots: readonly string[],
  below: (controlId: string, assetId: string) => Below | undefined,
): MatrixWhy['nextSteps'] {
  const steps: { party: string; step: string }[] = [];
  for (const { duty, state: held, party } of cell.duties) {
    if (held === 'unowned')
      steps.push({
        party: 'customer',
        step: `Accept the duty to ${duty}, buy a service that takes it, or name who does.`,
      });
    if (held === 'contested')
      steps.push({ party: party ?? cell.accountable, step: `Settle who has the duty to ${duty}.` });
  }
  const operator = cell.duties.find(({ duty }) => duty === 'operate')?.party ?? cell.accountable;
  for (const item of evidence) {
    if (item.state === 'fail')
      steps.push({ party: operator, step: `Mend what ${item.rule} found: ${item.because ?? ''}` });
    if (item.state === 'stale' || item.state === 'not-received')
      steps.push({ party: operator, step: `Bring ${item.rule} back: ${item.asserts}` });
    if (item.state === 'no-source')
      steps.push({ party: 'provider', step: `Connect a source for ${item.rule} (${item.source}).` });
  }
  for (const root of roots) {
    const [assetId = '', controlId = ''] = root.split(' ');
    const found = below(controlId, assetId);
    if (found === undefined) continue;
    const { control, asset, effective, operator: theirs } = found;
    const where = assetId === cell.assetId || assetId === 'tenant' ? '' : ` on ${asset.name}`;
    steps.push({
      party: theirs ?? control.default_responsibility.accountable,
      step: `See to ${control.id} (${control.title})${where}, which is ${effective} and which this control leans on.`,
    });
  }
  return steps.slice(0, 50);
}

export function dutyOwnership(
  duty: DutyOwnership['duty'],
  decided: Ownership | undefined,
  standing: Standing,
): DutyOwnership {
  if (decided === undefined) throw new Error(`no owner was worked out for the duty to ${duty}`);
  const pending = decided.flags.find((flag) => flag.startsWith('pending:'));
  const waiting =
    pending === undefined ? '' : `; moves to ${pending.slice(8)} with the first passing evidence`;
  const since =
    decided.by === 'default' && standing.scheduleAcceptedAtMs !== undefined
      ? ` on ${instant(standing.scheduleAcceptedAtMs)}`
      : '';
  const words = decided.state === 'contested' ? (CONTESTED[decided.by] ?? WHY[decided.by]) : WHY[decided.by];
  const recordId = decided.recordId ?? (decided.by === 'default' ? standing.scheduleRecordId : undefined);
  return {
    duty,
    state: decided.state,
    party: decided.party,
    by: decided.by,
    because: `${words ?? decided.by}${since}${waiting}`,
    recordId: recordId ?? null,
    flags: [...decided.flags],
  };
}

/** The words of CSA's CCM, derived from who owns what. */
function ownershipWord(duties: readonly DutyOwnership[], control: Control, catalogue: Catalogue): string {
  if (duties.some(({ state }) => state === 'contested')) return 'contested';
  if (duties.some(({ state }) => state === 'unowned')) return 'unowned';
  const parties = new Set(duties.flatMap(({ party }) => party?.split('+') ?? []));
  const [only] = parties;
  if (parties.size === 1)
    return only === 'provider' ? 'provider-owned' : only === 'customer' ? 'customer-owned' : 'third-party';
  const jointly = duties.some(({ party }) => party?.includes('+') === true);
  const services = control.managed_services.map(({ service }) =>
    catalogue.services.find(({ id }) => id === service),
  );
  const needsCustomer = services.some((service) => (service?.customer_prerequisites.length ?? 0) > 0);
  return jointly || needsCustomer ? 'shared-dependent' : 'shared-independent';
}

function newest(evaluation: Evaluation, control: Control, asset: AssuredAsset): string | null {
  let found = -1;
  for (const rule of control.evidence)
    found = Math.max(found, evaluation.evidenceOf(rule, asset)?.observedAtMs ?? -1);
  return found < 0 ? null : instant(found);
}
