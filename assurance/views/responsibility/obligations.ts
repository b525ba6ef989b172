/** What the provider owes over all tenants: its own breaches apart from what others have to see to, and both queues. */
import type { Obligations } from '@demarc/platform/contract/assurance/responsibility';
import { entitledAssets } from '../../commands/services.ts';
import type { Assessment } from '../../evaluation/assessment.ts';
import { instant } from '../../evaluation/describe.ts';
import { Population } from '../../evaluation/population.ts';
import { type EntitlementState, inForce } from '../../model/standing.ts';
import { missingOf, openAtEnd, partyOf } from './entitlements.ts';
import { type Problem, problemsOf } from './problems.ts';
import { bounded, daysOf, holdersOf, serviceName } from './words.ts';

const ROWS_MAX = 1_000;
const ASSETS_MAX = 100;
const NAMES_MAX = 50;

/** Of one tenant; small, so that many of them can be looked at one after the other. */
export interface TenantObligations {
  readonly tenant: Obligations['tenants'][number];
  readonly problems: readonly Problem[];
  readonly onboarding: Obligations['onboarding'];
  readonly offboarding: Obligations['offboarding'];
}

export function tenantObligations(
  assessment: Assessment,
  name: string,
  party = 'provider',
): TenantObligations {
  const { tenantId, standing, asOfMs } = assessment;
  const population = new Population(standing, asOfMs);
  const problems = problemsOf(assessment).filter(({ status }) => status !== 'not-assessed');
  const held = assessment.cells.filter(({ cell }) =>
    cell.duties.some((duty) => holdersOf(duty.party).includes(party)),
  );
  const entitlements = [...standing.entitlements.values()];
  return {
    tenant: {
      tenantId,
      name,
      assetCount: assessment.assets.length - 1,
      dutyCount: held.reduce(
        (sum, { cell }) => sum + cell.duties.filter((duty) => holdersOf(duty.party).includes(party)).length,
        0,
      ),
      breachCount: problems.filter((problem) => problem.party === party).length,
      customerCount: problems.filter((problem) => problem.party !== party).length,
      neverAssessedCount: held.filter(({ cell }) => cell.status === 'not-assessed').length,
    },
    problems,
    onboarding: entitlements.flatMap((each) => onboarding(assessment, name, each, population)),
    offboarding: entitlements.flatMap((each) => offboarding(assessment, name, each)),
  };
}

/** One row for each cause, however many tenants it reaches. */
export function obligationsOf(
  tenants: readonly TenantObligations[],
  {
    asOfMs,
    tenantsLeftOut,
    party = 'provider',
  }: {
    readonly asOfMs: number;
    readonly tenantsLeftOut: number;
    readonly party?: string;
  },
): Obligations {
  const all = tenants.flatMap(({ tenant, problems }) => problems.map((problem) => ({ tenant, problem })));
  const causes = [
    ...Map.groupBy(
      all,
      ({ problem }) => `${problem.controlId} ${problem.status} ${problem.party} ${problem.because}`,
    ),
  ]
    .map(([, group]) => together(group))
    .sort((a, b) => b.affectedCount - a.affectedCount || (a.controlId < b.controlId ? -1 : 1));
  const breaches = bounded(
    causes.filter((cause) => cause.party === party),
    ROWS_MAX,
  );
  const theirs = bounded(
    causes.filter((cause) => cause.party !== party),
    ROWS_MAX,
  );
  const longest = (a: { readonly waitingDays: number }, b: { readonly waitingDays: number }): number =>
    b.waitingDays - a.waitingDays;
  const onboarding = bounded(tenants.flatMap((each) => each.onboarding).sort(longest), ROWS_MAX);
  const offboarding = bounded(
    tenants.flatMap((each) => each.offboarding).sort((a, b) => (a.endsAt < b.endsAt ? -1 : 1)),
    ROWS_MAX,
  );
  return {
    asOf: instant(asOfMs),
    tenants: tenants.map(({ tenant }) => tenant),
    tenantsLeftOut,
    breaches: breaches.kept,
    theirs: theirs.kept,
    onboarding: onboarding.kept,
    offboarding: offboarding.kept,
    leftOut: breaches.leftOut + theirs.leftOut + onboarding.leftOut + offboarding.leftOut,
  };
}

function together(
  group: readonly { readonly tenant: Obligations['tenants'][number]; readonly problem: Problem }[],
): Obligations['breaches'][number] {
  const [first] = group;
  if (first === undefined) throw new Error('a cause without a problem');
  const { controlId, title, status, party, rule, because } = first.problem;
  const since = group.flatMap(({ problem }) => (problem.sinceMs === undefined ? [] : [problem.sinceMs]));
  const assets = group.flatMap(({ tenant: { tenantId }, problem }) =>
    problem.assets.map((asset) => ({ tenantId, ...asset })),
  );
  return {
    controlId,
    title,
    status,
    party,
    rule: rule ?? null,
    because,
    since: since.length === 0 ? null : instant(Math.min(...since)),
    tenants: group.map(({ tenant: { tenantId, name }, problem }) => ({
      tenantId,
      name,
      assetCount: problem.assets.length,
    })),
    assets: assets.slice(0, ASSETS_MAX),
    assetCount: assets.length,
    affectedCount: group.reduce((sum, { problem }) => sum + problem.affected.size, 0),
  };
}

function onboarding(
  assessment: Assessment,
  tenantName: string,
  entitlement: EntitlementState,
  population: Population,
): Obligations['onboarding'] {
  const { tenantId, asOfMs, catalogue } = assessment;
  if (!inForce(entitlement, asOfMs)) return [];
  const waiting = missingOf(assessment, entitlement, population);
  if (waiting === undefined) return [];
  return [
    {
      tenantId,
      tenantName,
      entitlementId: entitlement.entitlementId,
      service: serviceName(catalogue, entitlement),
      tier: entitlement.tier,
      boughtAt: instant(entitlement.fromMs),
      waitingDays: daysOf(asOfMs - entitlement.fromMs),
      waitingCount: waiting.assets.length,
      assetCount: entitledAssets(entitlement, population).length,
      assets: waiting.assets.slice(0, NAMES_MAX).map(({ name }) => name),
      missing: [...waiting.missing],
      party: waiting.party,
    },
  ];
}

/** Notice given, an end in sight, or ended with something open. */
function offboarding(
  assessment: Assessment,
  tenantName: string,
  entitlement: EntitlementState,
): Obligations['offboarding'] {
  const { tenantId, asOfMs, catalogue, standing } = assessment;
  const endsAtMs = entitlement.toMs ?? entitlement.notice?.endsAtMs;
  if (endsAtMs === undefined) return [];
  const handover = [...standing.handovers.values()].findLast(
    ({ entitlementId, direction }) =>
      entitlementId === entitlement.entitlementId && direction === 'offboarding',
  );
  const open = openAtEnd(entitlement, handover, asOfMs);
  if (endsAtMs <= asOfMs && open.length === 0) return [];
  const unsettled = open.some((text) => text.startsWith('nobody takes'));
  return [
    {
      tenantId,
      tenantName,
      entitlementId: entitlement.entitlementId,
      service: serviceName(catalogue, entitlement),
      tier: entitlement.tier,
      endsAt: instant(endsAtMs),
      remainingDays: daysOf(endsAtMs - asOfMs),
      open: [...open],
      // Until every duty has a taker it is the customer's turn; then what is left is who gives them up.
      party: unsettled ? 'customer' : partyOf(assessment, entitlement),
    },
  ];
}
