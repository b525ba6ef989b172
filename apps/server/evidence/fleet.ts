/** What the link knows of the machines → what that says about inventory, silence and clocks. Pure. */
import type { AssuredAsset, Evaluation } from '@demarc/assurance';
import type { SourceFinding } from '@demarc/assurance/sources';
import type { Asset } from '@demarc/platform/contract/api';

export interface Exclusion {
  readonly exceptionId: string;
  readonly approver: string;
  readonly untilMs: number;
}

export interface FleetFacts {
  readonly assets: readonly AssuredAsset[];
  /** Machines that are knowingly without an agent: an approved exception of GOV-06 says so. */
  readonly excluded: ReadonlyMap<string, Exclusion>;
  readonly enrolled: readonly Asset[];
  /** Asset → the names of the machines that speak as it, where there is more than one. */
  readonly twinOf: ReadonlyMap<string, readonly string[]>;
  readonly nowMs: number;
  /** An agent that has said nothing for longer is silent. */
  readonly silentAfterMs: number;
}

const TENANT = 'tenant';
const CLOCK_OFFSET_MS_MAX = 1_000;
/** Names in a sentence; the raw record has more. */
const NAMED_MAX = 10;
const LISTED_MAX = 500;
const RUNS_ON = 'runs-on';

type Verdict = Pick<SourceFinding, 'result' | 'because'> & { readonly raw: SourceFinding['raw'] };

/** What a look at the matrix gives of it. */
export function fleetOf(evaluation: Evaluation): Pick<FleetFacts, 'assets' | 'excluded'> {
  const { assets } = evaluation.population;
  const control = evaluation.world.catalogue.controls.get('GOV-06');
  const excluded = new Map<string, Exclusion>();
  for (const asset of assets) {
    const exception = control === undefined ? undefined : evaluation.exception(control, asset);
    if (exception === undefined) continue;
    const { exceptionId, approver = '', toMs: untilMs = 0 } = exception;
    excluded.set(asset.assetId, { exceptionId, approver, untilMs });
  }
  return { assets, excluded };
}

export function fleetFindings(facts: FleetFacts): readonly SourceFinding[] {
  const { assets, enrolled } = facts;
  const byId = new Map(enrolled.map((asset) => [asset.assetId, asset]));
  const machines = assets.filter(({ type }) => type === 'vm');
  const inventory = new Map(
    machines.map(({ assetId }) => [assetId, enrolment(facts, assetId, byId.get(assetId))]),
  );
  const findings: SourceFinding[] = [];
  const push = (rule: string, assetId: string, verdict: Verdict): void =>
    void findings.push({ rule, assetId, ...verdict });
  for (const { assetId } of machines) {
    const there = byId.get(assetId);
    const known = inventory.get(assetId);
    if (known !== undefined) push('GOV-06.2', assetId, known);
    if (there === undefined || there.state === 'revoked') continue;
    push('MGT-04.1', assetId, silence(facts, there));
    for (const rule of ['FND-05.1', 'VMS-11.2']) push(rule, assetId, clock(facts, there));
  }
  for (const asset of assets) {
    const host = inventory.get(asset.labels[RUNS_ON] ?? '');
    // Of a network or a database only the machine that it runs on can be asked.
    if ((asset.type === 'network' || asset.type === 'database') && host !== undefined)
      push('GOV-06.2', asset.assetId, host);
  }
  const of = (rule: string) =>
    findings.filter((finding) => finding.rule === rule && finding.assetId !== TENANT);
  for (const [rule, what] of [
    ['GOV-06.2', 'is enrolled or knowingly excluded'],
    ['MGT-04.1', 'was heard of inside its limit'],
    ['FND-05.1', 'keeps time within a second'],
  ] as const)
    push(rule, TENANT, together(of(rule), what, assets));
  return findings;
}

function enrolment(
  { excluded, twinOf, nowMs, silentAfterMs }: FleetFacts,
  assetId: string,
  there: Asset | undefined,
): Verdict {
  const raw = {
    enrolled: there !== undefined,
    state: there?.state ?? null,
    lastSeenAt: there?.lastSeenAt ?? null,
  };
  if (there === undefined || there.state === 'revoked') {
    const exclusion = excluded.get(assetId);
    if (exclusion !== undefined)
      return {
        result: 'pass',
        because: `It has no agent and is excluded until ${new Date(exclusion.untilMs).toISOString()}, approved by ${exclusion.approver}.`,
        raw: { ...raw, exceptionId: exclusion.exceptionId },
      };
    return there === undefined
      ? { result: 'fail', because: 'No agent is enrolled on it, and no exclusion is approved.', raw }
      : {
          result: 'fail',
          because: 'The certificate of its agent was revoked, and no exclusion is approved.',
          raw,
        };
  }
  const twins = twinOf.get(assetId);
  if (twins !== undefined)
    return {
      result: 'fail',
      because: `Two machines speak as this asset: ${twins.join(' and ')}. One is a copy of the other and has to enrol anew.`,
      raw: { ...raw, names: twins },
    };
  if (there.lastSeenAt === null)
    return { result: 'fail', because: 'It is enrolled, but its agent was never heard of.', raw };
  return nowMs - Date.parse(there.lastSeenAt) > silentAfterMs
    ? { result: 'fail', because: `Its agent has said nothing since ${there.lastSeenAt}.`, raw }
    : { result: 'pass', because: `Its agent was heard of at ${there.lastSeenAt}.`, raw };
}

function silence({ nowMs, silentAfterMs }: FleetFacts, { lastSeenAt, name }: Asset): Verdict {
  const raw = { lastSeenAt, limitSeconds: silentAfterMs / 1_000 };
  if (lastSeenAt === null) return { result: 'fail', because: `${name} was never heard of.`, raw };
  const quietMs = nowMs - Date.parse(lastSeenAt);
  return quietMs > silentAfterMs
    ? { result: 'fail', because: `${name} has been silent since ${lastSeenAt}, and nobody was alerted.`, raw }
    : {
        result: 'pass',
        because: `${name} was heard of ${Math.max(0, Math.round(quietMs / 1_000))} s ago.`,
        raw,
      };
}

function clock({ nowMs, silentAfterMs }: FleetFacts, { clockOffsetMs, lastSeenAt }: Asset): Verdict {
  const raw = { clockOffsetMs, measuredAt: lastSeenAt, limitMs: CLOCK_OFFSET_MS_MAX };
  if (clockOffsetMs === null || lastSeenAt === null || nowMs - Date.parse(lastSeenAt) > silentAfterMs)
    return { result: 'error', because: 'Its clock could not be compared: its agent says nothing.', raw };
  const ahead = clockOffsetMs > 0 ? 'ahead of' : 'behind';
  return Math.abs(clockOffsetMs) < CLOCK_OFFSET_MS_MAX
    ? { result: 'pass', because: `Its clock is within ${Math.abs(clockOffsetMs)} ms of the platform’s.`, raw }
    : { result: 'fail', because: `Its clock is ${Math.abs(clockOffsetMs)} ms ${ahead} the platform’s.`, raw };
}

/** All machines as one: good only when each is, and nothing at all where there is none to look at. */
function together(findings: readonly SourceFinding[], what: string, assets: FleetFacts['assets']): Verdict {
  const nameOf = (assetId: string): string =>
    assets.find((asset) => asset.assetId === assetId)?.name ?? assetId;
  const bad = findings.filter(({ result }) => result === 'fail');
  const unknown = findings.filter(({ result }) => result === 'error');
  const listed = (some: readonly SourceFinding[]) => some.slice(0, LISTED_MAX).map(({ assetId }) => assetId);
  const raw = { looked: findings.length, failing: listed(bad), unknown: listed(unknown) };
  if (findings.length === 0) return { result: 'error', because: 'There is no machine to look at.', raw };
  if (bad.length > 0) {
    const names = bad.slice(0, NAMED_MAX).map(({ assetId, because }) => `${nameOf(assetId)} (${because})`);
    return {
      result: 'fail',
      because: `${bad.length} of ${findings.length}: ${names.join('; ')}`.slice(0, 1_000),
      raw,
    };
  }
  if (unknown.length > 0)
    return {
      result: 'error',
      because: `${unknown.length} of ${findings.length} could not be looked at.`,
      raw,
    };
  return { result: 'pass', because: `Each of ${findings.length} ${what}.`, raw };
}
