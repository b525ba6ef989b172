/** A tenant with something of everything, for tests: machines, services, claims, exceptions, risks, a plan. */
import { createHash } from 'node:crypto';
import { type Catalogue, loadCatalogue } from '../catalogue/catalogue.ts';
import { type Assessment, assess } from '../evaluation/assessment.ts';
import { Evaluation, keyOf } from '../evaluation/evaluation.ts';
import { type Act, type ActName, type ActPayload, Acts } from '../model/acts.ts';
import { replay, type Standing } from '../model/standing.ts';
import type { KeptEvidence } from '../store/evidence.ts';

const DAY_MS = 86_400_000;
export const AS_OF = Date.parse('2026-11-20T12:00:00.000Z');
const catalogue = loadCatalogue();

type Draft = {
  readonly [Name in ActName]: readonly [Name, ActPayload<Name>, daysAgo: number];
}[ActName];

const DRAFTS: readonly Draft[] = [
  ['schedule-accepted', {}, 90],
  [
    'party-registered',
    {
      partyId: 'backup-house',
      name: 'Backup House GmbH',
      kind: 'organization',
      role: 'third-party',
      contact: 'noc@backup.example',
    },
    80,
  ],
  ['asset-declared', { assetId: 'vm-1', name: 'db-1', type: 'vm', labels: { env: 'prod', role: 'db' } }, 80],
  [
    'asset-declared',
    { assetId: 'vm-2', name: '=cmd|web "2"', type: 'vm', labels: { env: 'test', note: ' two\nlines ' } },
    80,
  ],
  ['asset-declared', { assetId: 'net-1', name: 'lan', type: 'network', labels: {} }, 80],
  [
    'asset-declared',
    { assetId: 'pg-1', name: 'orders', type: 'database', labels: { 'runs-on': 'vm-1' } },
    80,
  ],
  ['group-defined', { groupId: 'prod', name: 'production', priority: 10, labels: { env: 'prod' } }, 79],
  [
    'claim-proposed',
    {
      claimId: 'c1',
      controls: ['area:governance'],
      duties: ['assure'],
      party: 'ams',
      scope: { kind: 'tenant' },
      kind: 'assign',
      source: 'contract',
      reason: 'The AMS team checks.\nEvery month.',
    },
    70,
  ],
  ['claim-accepted', { claimId: 'c1', party: 'ams', person: 'Amy' }, 69],
  [
    'claim-proposed',
    {
      claimId: 'c2',
      controls: ['VMS-01'],
      duties: ['operate'],
      party: 'backup-house',
      scope: { kind: 'group', groupId: 'prod' },
      kind: 'assign',
      source: 'override',
      reason: 'they do it',
    },
    60,
  ],
  ['claim-accepted', { claimId: 'c2', party: 'backup-house', person: 'Bob' }, 59],
  [
    'claim-proposed',
    {
      claimId: 'c3',
      controls: ['MGT-13'],
      duties: ['respond'],
      party: 'provider',
      scope: { kind: 'tenant' },
      kind: 'assign',
      source: 'override',
      reason: '',
    },
    50,
  ],
  ['claim-disputed', { claimId: 'c3', party: 'provider', person: 'Pat', reason: 'not ours' }, 49],
  [
    'decision-recorded',
    {
      decisionId: 'OM-02',
      scope: { kind: 'tenant' },
      answer: 'The customer.',
      party: 'customer',
      duties: ['operate'],
    },
    48,
  ],
  [
    'service-bought',
    {
      entitlementId: 'e1',
      serviceId: 'file-integrity-monitoring',
      tier: 'managed',
      assetIds: ['vm-1', 'vm-2'],
      prerequisites: ['change windows are named'],
    },
    40,
  ],
  ['service-operational', { entitlementId: 'e1', assetId: 'vm-1', evidenceId: 'evidence-1' }, 39],
  [
    'service-bought',
    { entitlementId: 'e2', serviceId: 'anti-malware', tier: 'managed', assetIds: ['vm-2'] },
    38,
  ],
  ['service-operational', { entitlementId: 'e2', assetId: 'vm-2', evidenceId: 'evidence-2' }, 37],
  ['service-cancelled', { entitlementId: 'e2', reason: 'too dear' }, 10],
  [
    'not-applicable-approved',
    {
      approvalId: 'n1',
      controlId: 'VMS-03',
      scope: { kind: 'asset', assetId: 'vm-2' },
      reason: 'An appliance.',
      approver: 'Ann',
      reviewAtMs: AS_OF + 90 * DAY_MS,
    },
    30,
  ],
  [
    'risk-recorded',
    {
      riskId: 'K-1',
      title: 'Ransomware\nreaches the backups',
      scenario: 'An attacker\nwith domain rights deletes them.',
      threat: 'organised crime',
      likelihood: 4,
      impact: 5,
      controls: [
        { controlId: 'VMS-09', reduces: 'likelihood', steps: 2 },
        { controlId: 'VMS-10', reduces: 'impact', steps: 1 },
      ],
      treatment: 'mitigate',
      owner: 'CISO',
      reviewAtMs: AS_OF + 60 * DAY_MS,
    },
    30,
  ],
  ['risk-reviewed', { riskId: 'K-1', person: 'Ann', note: 'Still so.' }, 20],
  [
    'risk-recorded',
    {
      riskId: 'K-2',
      title: 'Old mail gateway',
      scenario: 'It is out of support.',
      threat: '',
      likelihood: 2,
      impact: 2,
      controls: [],
      treatment: 'accept',
      owner: 'IT',
    },
    25,
  ],
  [
    'exception-requested',
    {
      exceptionId: 'x1',
      controls: ['VMS-09'],
      scope: { kind: 'asset', assetId: 'vm-2' },
      reason: 'The vendor forbids agents.',
      compensatingControls: ['NET-01', 'VMS-10'].filter((id) => catalogue.controls.has(id)),
      riskId: 'K-1',
      requester: 'Ann',
      toMs: AS_OF + 30 * DAY_MS,
    },
    15,
  ],
  ['exception-approved', { exceptionId: 'x1', approver: 'Zoe' }, 14],
  [
    'exception-requested',
    {
      exceptionId: 'x2',
      controls: ['*'],
      scope: { kind: 'group', groupId: 'prod' },
      reason: 'Migration weekend',
      compensatingControls: [],
      requester: 'Bob',
      toMs: AS_OF + 3 * DAY_MS,
    },
    2,
  ],
  [
    'poam-item-opened',
    {
      poamId: 'p1',
      controlId: 'VMS-09',
      assetId: 'vm-2',
      finding: 'No agent on the appliance.',
      owner: 'customer',
      dueAtMs: AS_OF + 45 * DAY_MS,
      riskId: 'K-1',
      milestones: [
        { title: 'Ask the vendor', dueAtMs: AS_OF + 10 * DAY_MS },
        { title: 'Replace it', dueAtMs: AS_OF + 40 * DAY_MS },
      ],
    },
    12,
  ],
  ['poam-item-updated', { poamId: 'p1', status: 'in-progress', note: 'Asked.' }, 5],
  [
    'poam-item-opened',
    {
      poamId: 'p2',
      controlId: 'GOV-03',
      assetId: 'tenant',
      finding: 'Standards are not written.',
      owner: 'ams',
      dueAtMs: AS_OF + 20 * DAY_MS,
      milestones: [],
    },
    11,
  ],
];

export function richActs(): readonly Act[] {
  return DRAFTS.map(([name, payload, daysAgo], index) => {
    const atMs = AS_OF - daysAgo * DAY_MS;
    const schema = Acts[name];
    return {
      name,
      payload: schema.parse(payload),
      atMs,
      recordedAtMs: atMs,
      actor: 'ann',
      recordId: `ledger:${index + 1}`,
    } as Act;
  });
}

/** Passes, failures and stale ones over everything, by a rule that leaves something out of each kind. */
export function richEvidence(): readonly KeptEvidence[] {
  const kept: KeptEvidence[] = [];
  let count = 0;
  for (const assetId of ['tenant', 'vm-1', 'vm-2', 'net-1', 'pg-1'])
    for (const [rule] of catalogue.rules) {
      count += 1;
      if (count % 5 === 0) continue;
      const observedAtMs = AS_OF - (count % 7 === 0 ? 400 * DAY_MS : 60_000);
      kept.push({
        uid: `evidence-${count}`,
        assetId,
        rule,
        service: 'file-integrity-monitoring',
        result: count % 11 === 0 ? 'fail' : 'pass',
        because: `looked at ${assetId}`,
        observedAtMs,
        receivedAtMs: observedAtMs + 1_000,
        digest: createHash('sha256').update(`${assetId} ${rule}`).digest('hex'),
        signed: true,
        ...(count % 13 === 0 ? { expiresAtMs: AS_OF + DAY_MS } : {}),
      });
    }
  return kept;
}

export function assessmentOf(
  acts: readonly Act[],
  evidence: readonly KeptEvidence[],
  { tenantId = 'acme', t = AS_OF }: { readonly tenantId?: string; readonly t?: number } = {},
): Assessment {
  const sources = new Map([...catalogue.rules].map(([id, { rule }]) => [id, rule.freshForSeconds]));
  const world = {
    catalogue,
    standing: standingAt(acts, t),
    evidence: new Map(evidence.map((item) => [keyOf(item.assetId, item.rule), item])),
    sources,
    t,
  };
  return assess(new Evaluation(world), { tenantId, knownAtMs: t });
}

const standingAt = (acts: readonly Act[], t: number): Standing =>
  replay(
    acts.filter(({ atMs }) => atMs <= t).toSorted((a, b) => a.atMs - b.atMs),
    catalogue satisfies Catalogue,
  );

export const richAssessment = (): Assessment => assessmentOf(richActs(), richEvidence());
export const emptyAssessment = (): Assessment => assessmentOf([], []);
