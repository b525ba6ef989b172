/** Generated timelines of acts and evidence, for tests and benchmarks. */
import { DUTIES } from '@demarc/platform/contract/api';
import fc from 'fast-check';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Act, ActName, ActPayload, Scope } from '../model/acts.ts';
import type { KeptEvidence } from '../store/evidence.ts';

export type Step =
  | { readonly kind: 'act'; readonly atMs: number; readonly act: Act }
  | { readonly kind: 'evidence'; readonly atMs: number; readonly evidence: KeptEvidence };

type Draft = {
  readonly [Name in ActName]: { readonly name: Name; readonly payload: ActPayload<Name> };
}[ActName];
export interface Timeline {
  readonly assets: number;
  readonly drafts: readonly (
    | { readonly waitMs: number; readonly backMs: number; readonly draft: Draft }
    | {
        readonly waitMs: number;
        readonly rule: string;
        readonly asset: number;
        readonly result: KeptEvidence['result'];
        readonly ageMs: number;
      }
  )[];
}

const SERVICE = 'file-integrity-monitoring';
const CONTROLS = ['VMS-09', 'GOV-03', 'MGT-13'];

export function anyTimeline(
  catalogue: Catalogue,
  {
    assets = 2,
    steps = 20,
    stepsMin = 1,
  }: { readonly assets?: number; readonly steps?: number; readonly stepsMin?: number } = {},
): fc.Arbitrary<Timeline> {
  const party = fc.constantFrom('provider', 'customer', 'ams');
  const asset = fc.integer({ min: 0, max: assets - 1 });
  const scope: fc.Arbitrary<Scope> = fc.oneof(
    fc.constant({ kind: 'tenant' } as const),
    asset.map((index) => ({ kind: 'asset', assetId: `asset-${index}` }) as const),
    fc.constantFrom('prod', 'db').map((groupId) => ({ kind: 'group', groupId }) as const),
  );
  const claimId = fc.constantFrom('c1', 'c2', 'c3');
  const entitlementId = fc.constantFrom('e1', 'e2');
  const soon = fc.integer({ min: 1, max: 200_000 });
  const duties = fc.subarray([...DUTIES], { minLength: 1 });
  const draft = <Name extends ActName>(
    name: Name,
    payload: fc.Arbitrary<ActPayload<Name>>,
  ): fc.Arbitrary<Draft> => payload.map((made) => ({ name, payload: made }) as unknown as Draft);
  const person = fc.constant('Ann');
  const text = fc.constant('because');
  const anyDraft = fc.oneof(
    draft('schedule-accepted', fc.constant({})),
    draft(
      'asset-declared',
      fc.record({
        assetId: asset.map((index) => `asset-${index}`),
        name: fc.constant('db-1'),
        type: fc.constant('vm' as const),
        labels: fc.constantFrom<Record<string, string>>({}, { env: 'prod' }, { env: 'prod', role: 'db' }),
      }),
    ),
    draft('asset-retired', fc.record({ assetId: asset.map((index) => `asset-${index}`), reason: text })),
    draft(
      'group-defined',
      fc.constantFrom(
        { groupId: 'prod', name: 'production', priority: 1, labels: { env: 'prod' } },
        { groupId: 'db', name: 'databases', priority: 1, labels: { role: 'db' } },
        { groupId: 'db', name: 'databases', priority: 2, labels: { role: 'db' } },
      ),
    ),
    draft(
      'claim-proposed',
      fc.record(
        {
          claimId,
          controls: fc.constantFrom(['VMS-09'], ['*'], ['area:governance', 'VMS-09']),
          duties,
          party,
          scope,
          kind: fc.constantFrom('assign' as const, 'carve-out' as const),
          source: fc.constant('override' as const),
          reason: text,
          fromMs: soon,
          toMs: soon,
        },
        { requiredKeys: ['claimId', 'controls', 'duties', 'party', 'scope', 'kind', 'source', 'reason'] },
      ),
    ),
    draft('claim-accepted', fc.record({ claimId, party, person })),
    draft('claim-disputed', fc.record({ claimId, party, person, reason: text })),
    draft('claim-declined', fc.record({ claimId, party, person, reason: text })),
    draft('claim-dispute-withdrawn', fc.record({ claimId, party, person, reason: text })),
    draft('claim-ended', fc.record({ claimId, reason: text })),
    draft(
      'decision-recorded',
      fc.record(
        {
          decisionId: fc.constant('OM-02'),
          scope,
          answer: text,
          party,
          duties,
          claimId,
          fromMs: soon,
          toMs: soon,
        },
        { requiredKeys: ['decisionId', 'scope', 'answer', 'party', 'duties'] },
      ),
    ),
    draft(
      'service-bought',
      fc.record(
        {
          entitlementId,
          serviceId: fc.constant(SERVICE),
          tier: fc.constantFrom('managed', 'detect'),
          assetIds: fc.constantFrom<string[]>([], ['asset-0']),
          scope,
        },
        { requiredKeys: ['entitlementId', 'serviceId', 'tier', 'assetIds'] },
      ),
    ),
    draft(
      'service-operational',
      fc.record({
        entitlementId,
        assetId: asset.map((index) => `asset-${index}`),
        evidenceId: fc.constant('evidence-1'),
      }),
    ),
    draft(
      'service-cancelled',
      fc.record(
        { entitlementId, reason: text, handoverId: fc.constant('h1') },
        { requiredKeys: ['entitlementId', 'reason'] },
      ),
    ),
    draft('handback-accepted', fc.record({ entitlementId, assetId: asset.map((index) => `asset-${index}`) })),
    draft(
      'handover-opened',
      fc.record({
        handoverId: fc.constant('h1'),
        entitlementId,
        direction: fc.constant('offboarding' as const),
        effectiveAtMs: soon,
        items: fc.constant([
          { itemId: 'VMS-09 operate', controlId: 'VMS-09', duty: 'operate' as const, from: 'provider' },
        ]),
        checklist: fc.constant([]),
      }),
    ),
    draft(
      'handover-item-settled',
      fc.record(
        {
          handoverId: fc.constant('h1'),
          itemId: fc.constant('VMS-09 operate'),
          taker: party,
          acceptedBy: person,
          person,
        },
        { requiredKeys: ['handoverId', 'itemId', 'taker', 'person'] },
      ),
    ),
    draft(
      'handover-item-accepted',
      fc.record({
        handoverId: fc.constant('h1'),
        itemId: fc.constant('VMS-09 operate'),
        party,
        person,
      }),
    ),
    draft('service-notice-given', fc.record({ entitlementId, endsAtMs: soon, reason: text })),
    draft('service-notice-withdrawn', fc.record({ entitlementId, reason: text })),
    draft(
      'not-applicable-approved',
      fc.record({
        approvalId: fc.constantFrom('n1', 'n2'),
        controlId: fc.constantFrom(...CONTROLS),
        scope,
        reason: text,
        approver: person,
        reviewAtMs: soon,
      }),
    ),
    draft('not-applicable-revoked', fc.record({ approvalId: fc.constantFrom('n1', 'n2'), reason: text })),
    draft(
      'exception-requested',
      fc.record({
        exceptionId: fc.constant('x1'),
        controls: fc.constant(['*']),
        scope,
        reason: text,
        compensatingControls: fc.constant([]),
        requester: person,
        toMs: soon,
      }),
    ),
    draft('exception-approved', fc.record({ exceptionId: fc.constant('x1'), approver: fc.constant('Bob') })),
  );
  const rules = [...catalogue.rules.keys()].filter((rule) => CONTROLS.includes(rule.split('.')[0] ?? ''));
  const wait = fc.integer({ min: 0, max: 15_000 });
  return fc.record({
    assets: fc.constant(assets),
    drafts: fc.array(
      fc.oneof(
        fc.record({
          waitMs: wait,
          // Mostly of now, at times of earlier or of later than it is recorded.
          backMs: fc.oneof(
            { weight: 4, arbitrary: fc.constant(0) },
            { weight: 1, arbitrary: fc.integer({ min: -30_000, max: 30_000 }) },
          ),
          draft: anyDraft,
        }),
        fc.record({
          waitMs: wait,
          rule: fc.constantFrom(...rules),
          asset: fc.integer({ min: -1, max: assets - 1 }),
          result: fc.constantFrom('pass' as const, 'pass' as const, 'fail' as const, 'error' as const),
          ageMs: fc.integer({ min: 0, max: 50_000 }),
        }),
      ),
      { minLength: stepsMin, maxLength: Math.max(stepsMin, steps) },
    ),
  });
}

/** What ends, ends after it began: the commands refuse all else. */
function ordered(payload: Draft['payload'], atMs: number): Draft['payload'] {
  const { fromMs = 0, toMs } = payload as { readonly fromMs?: number; readonly toMs?: number };
  if (toMs === undefined) return payload;
  return { ...payload, toMs: Math.max(fromMs, atMs) + toMs } as Draft['payload'];
}

/** Assets first, then what was drawn, each at its instant and under its number. */
export function stepsOf({ assets, drafts }: Timeline): readonly Step[] {
  const steps: Step[] = [];
  let atMs = 1_000;
  let seq = 0;
  const push = (draft: Draft, backMs: number): void => {
    seq += 1;
    const dated = {
      atMs: Math.max(1, atMs - backMs),
      recordedAtMs: atMs,
      actor: 'ann',
      recordId: `ledger:${seq}`,
    };
    steps.push({
      kind: 'act',
      atMs,
      act: { ...draft, payload: ordered(draft.payload, dated.atMs), ...dated } as Act,
    });
  };
  for (let index = 0; index < assets; index += 1)
    push(
      {
        name: 'asset-declared',
        payload: { assetId: `asset-${index}`, name: `vm ${index}`, type: 'vm', labels: {} },
      },
      0,
    );
  for (const drawn of drafts) {
    atMs += drawn.waitMs;
    if ('draft' in drawn) push(drawn.draft, drawn.backMs);
    else
      steps.push({
        kind: 'evidence',
        atMs,
        evidence: {
          uid: `evidence-${String(steps.length).padStart(6, '0')}`,
          assetId: drawn.asset < 0 ? 'tenant' : `asset-${drawn.asset}`,
          rule: drawn.rule,
          service: SERVICE,
          result: drawn.result,
          because: drawn.result,
          observedAtMs: Math.max(0, atMs - drawn.ageMs),
          receivedAtMs: atMs,
          digest: '0'.repeat(64),
          signed: true,
        },
      });
  }
  return steps;
}
