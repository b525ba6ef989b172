/**
 * Faults, put in one after the other into a tenant in which all is well: each leaves “satisfied” within the
 * freshness of what it hits plus sixty seconds, and the cell names the cause.
 *
 * Stores, intake, ledger, live matrix, the platform's sources and the link's ledger of assets are the real ones.
 * Where a room or an interface does not exist yet, a source of the test stands in for it and passes what it should.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Assurance, CATALOGUE_FILE, loadCatalogue } from '@demarc/assurance';
import {
  acceptSchedule,
  buy,
  cancel,
  declareAsset,
  defineGroup,
  retireAsset,
} from '@demarc/assurance/commands';
import { type EvidenceSource, SourceSchedule } from '@demarc/assurance/sources';
import { fileIntegrityMonitoringServer } from '@demarc/file-integrity-monitoring/server';
import { canonicalEvidence, type Evidence } from '@demarc/platform/contract';
import { type EvidenceKey, openEvidenceKey, signedEvidence } from '@demarc/platform/evidence';
import { openPostgres, type PostgresStore } from '@demarc/platform/stores';
import type { TenantScope } from '@demarc/platform/tenancy';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import type { Siem } from '@demarc/siem';
import { sql } from 'kysely';
import {
  checkCertificate,
  enrolledAsset,
  listAssets,
  rememberCertificate,
  revokeAsset,
  sawAsset,
} from '../link/assets.ts';
import { openTestStores, partsOf, type TestStores } from '../testing.ts';
import { RuleFiles } from './record.ts';
import { FOREIGN_EVIDENCE, ownerOf, platformSources, TENANCY_SOURCE } from './sources.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const DAY_SECONDS = 86_400;
const FIM = 'file-integrity-monitoring';
const STAND_IN = 'test:stand-in';
const catalogue = loadCatalogue();
const AGENT_RULES = ['VMS-09.1', 'VMS-09.2'];

let now = Date.parse('2026-11-20T12:00:00.000Z');
let elapsed = 0;
let directory = '';
let ruleFile = '';
let stores: TestStores;
let store: PostgresStore;
let siem: Siem;
let key: EvidenceKey;
let assurance: Assurance;
let schedule: SourceSchedule;
let world: World;
/** Parts that the supervisor would say are unwell. */
const unwell = new Map<string, string>();
/** Sources that cannot observe. */
const broken = new Map<string, string>();

/** One tenant with one machine and its agent. */
class World {
  readonly tenant: TenantScope;
  readonly agentKey: EvidenceKey;
  readonly serial = randomUUID();
  assetId = '';
  name = 'db-1';
  alive = true;
  clockOffsetMs = 0;
  roomState: { state: string; because: string } = { state: 'healthy', because: 'watching' };
  /** What the agent observes; undefined: as it is when all is well. */
  observes: ((rule: string) => readonly Evidence[]) | undefined;
  /** Rules that the stand-in says other things of, or nothing. */
  readonly standIn = new Map<
    string,
    { readonly result: 'fail' | 'error'; readonly because: string } | 'silent' | 'frozen'
  >();

  constructor(tenantId: string) {
    this.tenant = grantTenantScope(tenantId);
    this.agentKey = openEvidenceKey(join(directory, tenantId));
  }

  async begin(): Promise<void> {
    const os = { name: 'Debian', version: '12', kernel: '6', family: 'debian' as const };
    const request = { token: '', csr: '', hostname: this.name, machineId: 'a'.repeat(32), os };
    this.assetId = await enrolledAsset(store, this.tenant, request, '127.0.0.1', now);
    const issued = { pem: '', serial: this.serial, expiresAtMs: now + 400 * DAY_SECONDS * SECOND_MS };
    await rememberCertificate(store, this.tenant, this.assetId, issued, this.agentKey.publicKeyPem, now);
    await assurance.sync(this.tenant);
    await this.act(acceptSchedule);
    await this.act(buy({ serviceId: FIM, tier: 'managed', assetIds: [this.assetId], prerequisites: 'all' }));
  }

  act<Result>(command: Parameters<typeof assurance.act<Result>>[1]): Promise<Result> {
    return assurance.act(this.tenant, command, 'ann');
  }

  observation(
    rule: string,
    result: Evidence['result'] = 'pass',
    because = 'as it should be',
    { atMs = now, by = this.agentKey }: { readonly atMs?: number; readonly by?: EvidenceKey } = {},
  ): Evidence {
    return signedEvidence(
      { rule, result, because, raw: { files: 12_000 } },
      { service: FIM, assetId: this.assetId, observedAtMs: atMs, sign: (bytes) => by.sign(bytes) },
    );
  }

  /** One exchange of the agent, as the link carries it. */
  async exchange(): Promise<void> {
    if (!this.alive) return;
    let certificate: Awaited<ReturnType<typeof checkCertificate>>;
    try {
      certificate = await checkCertificate(store, this.serial, now);
    } catch {
      return;
    }
    const evidence = AGENT_RULES.flatMap(
      (rule) =>
        this.observes?.(rule) ?? [
          this.observation(rule, 'pass', 'as it should be', { atMs: now + this.clockOffsetMs }),
        ],
    );
    await assurance.intake(this.tenant, this.assetId, evidence, {
      receivedAtMs: now,
      publicKeysPem: certificate.publicKeysPem,
    });
    const header = {
      hostname: this.name,
      agentVersion: '0',
      os: { name: 'Debian', version: '12', kernel: '6', family: 'debian' },
      sentAtMs: now + this.clockOffsetMs,
      dropped: [],
      rooms: [{ serviceId: FIM, policyVersion: '1', health: { ...this.roomState, sinceMs: 0 } }],
    };
    await sawAsset(store, this.tenant, this.assetId, header as never, now);
  }
}

/** For each rule that nothing real observes: it passes, unless the fault says otherwise. */
function standIn(taken: ReadonlySet<string>): EvidenceSource {
  const rules = [...catalogue.rules.values()].filter(({ rule }) => !taken.has(rule.id));
  return {
    id: STAND_IN,
    rules: rules.map(({ rule }) => ({
      rule: rule.id,
      everySeconds: 1,
      freshForSeconds: rule.freshForSeconds,
    })),
    async observe({ look }) {
      const assets = await look(({ population }) =>
        population.assets.map(({ assetId, type }) => ({ assetId, type })),
      );
      return rules.flatMap(({ rule, control }) => {
        const told = world.standIn.get(rule.id);
        if (told === 'silent') return [];
        const types: readonly string[] = control.asset_types;
        return assets
          .filter(
            ({ type }) =>
              types.includes(type) ||
              (type === 'tenant' && (types.includes('platform') || types.includes('edge'))),
          )
          .map(({ assetId }) => ({
            rule: rule.id,
            assetId,
            raw: {},
            ...(typeof told === 'object' ? told : { result: 'pass' as const, because: 'as it should be' }),
          }));
      });
    },
  };
}

const breakable = (source: EvidenceSource): EvidenceSource => ({
  ...source,
  async observe(context) {
    const because = broken.get(source.id);
    if (because !== undefined) throw new Error(because);
    return source.observe(context);
  },
});

function openAssurance(changed: { readonly catalogue?: typeof catalogue } = {}): void {
  const real = platformSources({
    store,
    siem,
    freshSecondsMax: 31_536_000,
    status: () => ({
      version: '0',
      startedAt: new Date(now).toISOString(),
      parts: partsOf(['postgres', 'clickhouse', 'server'], unwell),
    }),
    rules: new RuleFiles([pathToFileURL(ruleFile)], () => now),
    integrity: (...query) => assurance.integrity(...query),
    platformKeyPem: key.publicKeyPem,
    history: (...query) => assurance.evidenceHistory(...query),
  });
  // Attestations of the data owner are made by a person in these tests, too.
  const taken = new Set([
    ...real.flatMap(({ rules }) => rules.map(({ rule }) => rule)),
    ...AGENT_RULES,
    'DAT-01.2',
  ]);
  const sources = [...real, standIn(taken)].map(breakable);
  assurance = new Assurance({
    inTenant: store.inTenant,
    catalogue: changed.catalogue ?? catalogue,
    services: [
      {
        ...fileIntegrityMonitoringServer.service,
        evidences: [
          { rule: 'VMS-09.1', everySeconds: 60, freshForSeconds: 300 },
          { rule: 'VMS-09.2', everySeconds: 900, freshForSeconds: 3_600 },
        ],
      },
    ],
    sources,
    platformKey: key,
    freshSecondsMax: 31_536_000,
    assets: async (tenant) =>
      (await listAssets(store, tenant, now)).map(({ assetId, name, type }) => ({ assetId, name, type })),
    ownerOf: (evidence) => ownerOf(store, evidence),
    onForeignEvidence: (tenant, assetId, evidence) =>
      void schedule.report(tenant, TENANCY_SOURCE, {
        rule: 'PLT-07.1',
        assetId: 'tenant',
        result: 'fail',
        because: `${assetId} sent evidence that an asset of another tenant had signed; it was refused.`,
        raw: { incident: FOREIGN_EVIDENCE, uid: evidence.uid },
      }),
    onChange: () => undefined,
    now: () => now,
    monotonic: () => elapsed,
  });
  schedule = new SourceSchedule({
    sources,
    key,
    tenants: async () => [world.tenant],
    look: (tenant, at) => assurance.look(tenant, at),
    observed: (tenant, observed) => assurance.observed(tenant, observed),
    onError: () => undefined,
    now: () => now,
  });
}

before(async () => {
  stores = await openTestStores({ retentionDays: 3_650, now: () => now });
  ({ directory, store, siem, key } = stores);
  ruleFile = join(directory, 'rules.yml');
  writeFileSync(ruleFile, 'title: a rule\n');
  openAssurance();
});

after(async () => {
  schedule[Symbol.dispose]();
  assurance[Symbol.dispose]();
  await stores[Symbol.asyncDispose]();
});

async function pass(ms: number): Promise<void> {
  now += ms;
  elapsed += ms;
  await world.exchange();
  await schedule.round();
}

async function asOwner(work: (db: PostgresStore['db']) => Promise<unknown>): Promise<void> {
  await using owner = openPostgres({ connection: stores.postgres.ownerConnection });
  await owner.db.transaction().execute(async (db) => {
    await sql`SELECT set_config('demarc.tenant_id', ${world.tenant.tenantId}, true)`.execute(db);
    await work(db);
  });
}

interface Fault {
  readonly name: string;
  readonly control: string;
  /** The machine unless told. */
  readonly on?: 'tenant';
  /** Of the rule that is hit. */
  readonly freshSeconds: number;
  /** Before all is well. */
  prepare?(): Promise<void>;
  breaks(): Promise<void> | void;
  mend?(): Promise<void> | void;
  readonly names: RegExp;
}

const agentSends = (make: (rule: string) => readonly Evidence[]) => () => {
  world.observes = make;
};
const resigned = (evidence: Evidence, changed: Partial<Evidence>): Evidence => {
  const { raw, signature: _, ...unsigned } = { ...evidence, ...changed };
  return { ...unsigned, raw, signature: world.agentKey.sign(Buffer.from(canonicalEvidence(unsigned))) };
};
let recorded: readonly Evidence[] = [];
const record = async (): Promise<void> => {
  recorded = AGENT_RULES.map((rule) => world.observation(rule));
  const context = { receivedAtMs: now, publicKeysPem: [world.agentKey.publicKeyPem] };
  await assurance.intake(world.tenant, world.assetId, recorded, context);
};
const ofRule = (rule: string): readonly Evidence[] => recorded.filter((item) => item.rule === rule);
const restart = (changed = {}): void => {
  schedule[Symbol.dispose]();
  assurance[Symbol.dispose]();
  openAssurance(changed);
};
const until = (seconds: number) => now + seconds * SECOND_MS;
const excluded = (
  scope: { kind: 'asset'; assetId: string } | { kind: 'group'; groupId: string },
  toMs: number,
) =>
  [
    (context: { nowMs: number }) => ({
      acts: [
        {
          name: 'exception-requested',
          payload: {
            exceptionId: 'x',
            controls: ['GOV-06'],
            scope,
            reason: 'no agent there',
            compensatingControls: [],
            requester: 'ann',
            toMs,
          },
          atMs: context.nowMs,
          recordedAtMs: context.nowMs,
          actor: 'ann',
        },
        {
          name: 'exception-approved',
          payload: { exceptionId: 'x', approver: 'bob' },
          atMs: context.nowMs,
          recordedAtMs: context.nowMs,
          actor: 'bob',
        },
      ],
      result: undefined,
      says: 'an exclusion',
    }),
  ][0] as never;

const VMS_09 = { control: 'VMS-09', freshSeconds: 300 } as const;

const FAULTS: readonly Fault[] = [
  {
    ...VMS_09,
    name: 'agent killed',
    breaks: () => void (world.alive = false),
    names: /VMS-09\.1 is stale.*MGT-04\.1 says: db-1 was heard of \d+ s ago/,
  },
  {
    ...VMS_09,
    name: 'agent alive, its sensor’s room dead',
    breaks: agentSends(() => []),
    names:
      /VMS-09\.1 is stale: the last pass, of \S+, is older than 300 s; MGT-04\.1 says: db-1 was heard of 0 s ago/,
  },
  {
    ...VMS_09,
    name: 'agent replaying old results under new dates',
    prepare: record,
    breaks: agentSends((rule) =>
      ofRule(rule).map((item) => resigned(item, { uid: randomUUID(), observedAtMs: now })),
    ),
    names: /evidence was refused: its raw record was observed at another instant/,
  },
  {
    ...VMS_09,
    name: 'agent replaying old results as they were',
    prepare: record,
    breaks: agentSends(ofRule),
    names: /only what was received before came again, of 2026/,
  },
  {
    ...VMS_09,
    name: 'uid used again for other content',
    prepare: record,
    breaks: agentSends((rule) =>
      ofRule(rule).map((item) => resigned(world.observation(rule), { uid: item.uid })),
    ),
    names: /evidence was refused: its uid is that of other evidence/,
  },
  {
    ...VMS_09,
    name: 'clock of the machine ten minutes ahead',
    breaks: () => void (world.clockOffsetMs = 600_000),
    names: /evidence was refused: it is dated in the future/,
  },
  {
    ...VMS_09,
    name: 'clock of the machine ten minutes behind',
    breaks: () => void (world.clockOffsetMs = -600_000),
    names: /VMS-09\.1 is stale.*FND-05\.1 says: Its clock is 600000 ms behind/,
  },
  {
    name: 'clock of the machine five seconds off',
    control: 'FND-05',
    freshSeconds: 3_600,
    breaks: () => void (world.clockOffsetMs = 5_000),
    names: /FND-05\.1 failed: Its clock is 5000 ms ahead/,
  },
  {
    ...VMS_09,
    name: 'forged signature',
    breaks: agentSends((rule) => [
      world.observation(rule, 'pass', 'forged', { by: openEvidenceKey(join(directory, 'forger')) }),
    ]),
    names: /evidence was refused: its signature is not by a key of the asset/,
  },
  {
    ...VMS_09,
    name: 'digest that is not of the raw record',
    breaks: agentSends((rule) => [{ ...world.observation(rule), raw: { files: 1 } }]),
    names: /evidence was refused: its digest is not that of its raw record/,
  },
  {
    ...VMS_09,
    name: 'unsigned evidence',
    breaks: agentSends((rule) => [(({ signature: _, ...rest }) => rest)(world.observation(rule))]),
    names: /evidence was refused: it is not signed/,
  },
  {
    ...VMS_09,
    name: 'raw record too large',
    breaks: agentSends((rule) => [
      signedEvidence(
        { rule, result: 'pass', because: 'much', raw: { much: 'x'.repeat(70_000) } },
        {
          service: FIM,
          assetId: world.assetId,
          observedAtMs: now,
          sign: (bytes) => world.agentKey.sign(bytes),
        },
      ),
    ]),
    names: /evidence was refused: its raw record is longer than/,
  },
  {
    ...VMS_09,
    name: 'another tenant’s evidence',
    async prepare() {
      const issued = { pem: '', serial: randomUUID(), expiresAtMs: until(400 * DAY_SECONDS) };
      const theirs = openEvidenceKey(join(directory, 'theirs')).publicKeyPem;
      await rememberCertificate(store, grantTenantScope('theirs'), randomUUID(), issued, theirs, now);
    },
    breaks: agentSends((rule) => [
      world.observation(rule, 'pass', 'theirs', { by: openEvidenceKey(join(directory, 'theirs')) }),
    ]),
    names: /evidence was refused: its signature is by an asset of another tenant/,
  },
  {
    name: 'another tenant’s evidence raises the separation of tenants',
    control: 'PLT-07',
    on: 'tenant',
    freshSeconds: 300,
    breaks: agentSends((rule) => [
      world.observation(rule, 'pass', 'theirs', { by: openEvidenceKey(join(directory, 'theirs')) }),
    ]),
    names: /PLT-07\.1 failed: .*another tenant/,
  },
  {
    ...VMS_09,
    name: 'canary fails while heartbeats go on',
    breaks: agentSends((rule) => [
      rule === 'VMS-09.2'
        ? world.observation(rule, 'fail', 'A change to the canary file did not come back within 5000 ms.')
        : world.observation(rule),
    ]),
    names: /VMS-09\.2 failed: A change to the canary file did not come back/,
  },
  {
    ...VMS_09,
    name: 'signature of the baseline broken',
    breaks: agentSends((rule) => [
      rule === 'VMS-09.1'
        ? world.observation(rule, 'fail', 'The baseline’s signature does not hold: somebody changed it.')
        : world.observation(rule),
    ]),
    names: /VMS-09\.1 failed: The baseline’s signature does not hold/,
  },
  {
    name: 'certificate revoked',
    control: 'GOV-06',
    freshSeconds: 900,
    breaks: () => revokeAsset(store, world.tenant, world.assetId, now),
    names: /GOV-06\.2 failed: The certificate of its agent was revoked/,
  },
  {
    ...VMS_09,
    name: 'certificate revoked, and nothing comes any more',
    breaks: () => revokeAsset(store, world.tenant, world.assetId, now),
    names: /VMS-09\.1 is stale.*GOV-06\.2 says: The certificate of its agent was revoked/,
  },
  {
    name: 'machine that nobody enrolled',
    control: 'GOV-06',
    on: 'tenant',
    freshSeconds: 900,
    breaks: () => world.act(declareAsset({ assetId: 'db-2', name: 'db-2', type: 'vm', labels: {} })),
    names: /GOV-06\.2 failed: 1 of 2: db-2 \(No agent is enrolled on it, and no exclusion is approved/,
  },
  {
    name: 'expired exception',
    control: 'GOV-06',
    on: 'tenant',
    freshSeconds: 900,
    async prepare() {
      await world.act(declareAsset({ assetId: 'db-2', name: 'db-2', type: 'vm', labels: {} }));
      await world.act(excluded({ kind: 'asset', assetId: 'db-2' }, until(3 * 60)));
    },
    breaks: () => undefined,
    names: /db-2 \(No agent is enrolled on it, and no exclusion is approved/,
  },
  {
    name: 'label of a group removed',
    control: 'GOV-06',
    on: 'tenant',
    freshSeconds: 900,
    async prepare() {
      await world.act(
        defineGroup({ groupId: 'lab', name: 'laboratory', priority: 0, labels: { place: 'lab' } }),
      );
      await world.act(declareAsset({ assetId: 'db-2', name: 'db-2', type: 'vm', labels: { place: 'lab' } }));
      await world.act(excluded({ kind: 'group', groupId: 'lab' }, until(30 * DAY_SECONDS)));
    },
    breaks: () => world.act(declareAsset({ assetId: 'db-2', name: 'db-2', type: 'vm', labels: {} })),
    names: /db-2 \(No agent is enrolled on it, and no exclusion is approved/,
  },
  {
    name: 'asset id in use on two machines',
    control: 'GOV-06',
    freshSeconds: 900,
    async breaks() {
      for (const name of ['db-1-copy', 'db-1', 'db-1-copy']) {
        world.name = name;
        await pass(MINUTE_MS);
      }
    },
    names: /GOV-06\.2 failed: Two machines speak as this asset: db-1 and db-1-copy/,
  },
  {
    name: 'expired attestation',
    control: 'DAT-01',
    on: 'tenant',
    freshSeconds: 60,
    async prepare() {
      const attestation = {
        rule: 'DAT-01.2',
        assetId: 'tenant',
        statement: 'Went through it.',
        holds: true,
        untilMs: until(150),
        person: 'Ann',
        accountId: 'ann',
      };
      await assurance.attest(world.tenant, attestation);
    },
    breaks: () => undefined,
    names: /DAT-01\.2 is stale: it expired at 2026/,
  },
  {
    name: 'scanner with wrong credentials',
    control: 'MGT-09',
    freshSeconds: 7 * DAY_SECONDS,
    breaks: () =>
      void world.standIn.set('MGT-09.1', {
        result: 'error',
        because: 'the machine refused the scanner’s credentials',
      }),
    names:
      /MGT-09\.1 is stale.*its collector could not say at \S+: the machine refused the scanner’s credentials/,
  },
  {
    name: 'scanner’s feed frozen',
    control: 'MGT-09',
    freshSeconds: DAY_SECONDS,
    breaks: () =>
      void world.standIn.set('MGT-09.2', { result: 'fail', because: 'the feed is of three days ago' }),
    names: /MGT-09\.2 failed: the feed is of three days ago/,
  },
  {
    name: 'firewall rules altered',
    control: 'VMS-07',
    freshSeconds: 900,
    breaks: () =>
      void world.standIn.set('VMS-07.1', {
        result: 'fail',
        because: 'the digest of the rule set is not the approved one',
      }),
    names: /VMS-07\.1 failed: the digest of the rule set is not the approved one/,
  },
  {
    name: 'lower control failing',
    control: 'VMS-09',
    freshSeconds: 300,
    breaks: () => void world.standIn.set('GOV-03.1', { result: 'fail', because: 'no standard is assigned' }),
    names: /GOV-03 is not-satisfied, which undermines this control/,
  },
  {
    name: 'lower control silent, two levels below',
    control: 'VMS-10',
    freshSeconds: 300,
    breaks: () => void (world.alive = false),
    names: /VMS-09 is stale-evidence, which invalidates this control/,
  },
  {
    name: 'source of the platform dead',
    control: 'GOV-06',
    freshSeconds: 900,
    breaks: () => broken.set('platform:fleet', 'connection refused'),
    mend: () => broken.clear(),
    names: /GOV-06\.2 is stale.*platform:fleet could not observe: connection refused/,
  },
  {
    name: 'source of an interface that hangs up',
    control: 'FND-02',
    on: 'tenant',
    freshSeconds: DAY_SECONDS,
    breaks: () => broken.set(STAND_IN, 'the interface hung up'),
    mend: () => broken.clear(),
    names: /FND-02\.1 is stale.*the interface hung up/,
  },
  {
    name: 'engine of the platform failed',
    control: 'MGT-13',
    on: 'tenant',
    freshSeconds: 300,
    breaks: () => void unwell.set('clickhouse', 'it does not answer'),
    mend: () => unwell.clear(),
    names: /MGT-13\.1 failed: .*clickhouse is failed \(it does not answer\)/,
  },
  {
    name: 'room of an agent degraded',
    control: 'MGT-13',
    on: 'tenant',
    freshSeconds: 300,
    breaks: () => void (world.roomState = { state: 'degraded', because: 'the kernel’s queue overflows' }),
    names: /file-integrity-monitoring on db-1 is degraded \(the kernel’s queue overflows\)/,
  },
  {
    name: 'catalogue or detections changed on disk',
    control: 'MGT-13',
    on: 'tenant',
    freshSeconds: 300,
    breaks: () => writeFileSync(ruleFile, 'title: another rule\n'),
    mend: () => writeFileSync(ruleFile, 'title: a rule\n'),
    names: /rules is failed \(catalogue or detections on disk are not those that were read at start\)/,
  },
  {
    name: 'catalogue altered, and the server started with it',
    control: 'VMS-09',
    freshSeconds: 300,
    breaks: () => {
      const text = readFileSync(CATALOGUE_FILE, 'utf8');
      const at = text.indexOf('    nist_800_53_r5', text.indexOf('  - id: VMS-09'));
      const added = `      - { kind: crypto_proof, source: agent:fim, asserts: the seal holds, fresh_for: P1D, required: true }\n`;
      restart({ catalogue: loadCatalogue(text.slice(0, at) + added + text.slice(at)) });
    },
    mend: () => restart(),
    names: /VMS-09\.3 has no source/,
  },
  {
    name: 'evidence rewritten in the store',
    control: 'MGT-13',
    on: 'tenant',
    freshSeconds: 300,
    breaks: () => asOwner((db) => sql`UPDATE asr_evidence SET because = 'all is very well'`.execute(db)),
    names: /evidence store is failed \(\d+ of \d+ were changed after they were signed: /,
  },
  {
    name: 'ledger tampered with',
    control: 'MGT-13',
    on: 'tenant',
    freshSeconds: 300,
    breaks: () => asOwner((db) => sql`UPDATE asr_ledger SET actor = 'eve' WHERE seq = 2`.execute(db)),
    names: /ledger is failed \(record 2 was changed after it was written\)/,
  },
  {
    name: 'database restored to an older state under a running server',
    control: 'MGT-13',
    on: 'tenant',
    freshSeconds: 300,
    breaks: () => asOwner((db) => sql`DELETE FROM asr_ledger WHERE seq > 2`.execute(db)),
    names: /ledger is failed \(it ends at record 2, and \d+ more were written: an older state was restored\)/,
  },
  {
    ...VMS_09,
    name: 'database restored to an older state, and the server started on it',
    async breaks() {
      world.alive = false;
      await asOwner((db) => sql`DELETE FROM asr_evidence WHERE received_at_ms > ${now - 30_000}`.execute(db));
      restart();
    },
    names: /VMS-09\.1 (is stale|was never received)/,
  },
  {
    ...VMS_09,
    name: 'server down over the expiry',
    async breaks() {
      world.alive = false;
      schedule[Symbol.dispose]();
      assurance[Symbol.dispose]();
      now += 300_000;
      elapsed += 300_000;
      openAssurance();
    },
    names: /VMS-09\.1 is stale: the last pass, of \S+, is older than 300 s/,
  },
  {
    ...VMS_09,
    name: 'wall clock of the server set back an hour',
    breaks() {
      world.alive = false;
      now -= 60 * MINUTE_MS;
    },
    mend: () => void (now += 60 * MINUTE_MS),
    names: /VMS-09\.1 is stale/,
  },
  {
    ...VMS_09,
    name: 'service cancelled',
    async breaks() {
      const [entitlement] = (await assurance.services(world.tenant)).flatMap(
        ({ entitlements }) => entitlements,
      );
      const settle = { riskAcceptedUntilMs: until(DAY_SECONDS) };
      const signer = { person: 'ann', speaksFor: () => true };
      await world.act(
        cancel({ entitlementId: entitlement?.entitlementId ?? '', reason: 'too dear', settle, signer }),
      );
      // Without the policy the room stops.
      world.observes = () => [];
    },
    names: /VMS-09\.1 is stale.*the service ended and nobody took the duty back/s,
  },
  {
    name: 'guard of a table dropped',
    control: 'PLT-07',
    on: 'tenant',
    freshSeconds: 3_600,
    breaks: () => asOwner((db) => sql`ALTER TABLE server_canary DISABLE ROW LEVEL SECURITY`.execute(db)),
    mend: () => asOwner((db) => sql`ALTER TABLE server_canary ENABLE ROW LEVEL SECURITY`.execute(db)),
    names: /PLT-07\.2 failed: Without row-level security: server_canary/,
  },
];

test('at least twenty-five different faults', (t: TestContext) => {
  t.assert.ok(FAULTS.length >= 25, `${FAULTS.length}`);
  t.assert.equal(new Set(FAULTS.map(({ name }) => name)).size, FAULTS.length);
});

for (const [at, fault] of FAULTS.entries())
  test(fault.name, async (t: TestContext) => {
    world = new World(`fault-${at}`);
    await world.begin();
    // An attestation of a year where the fault is not about one.
    await fault.prepare?.();
    if (fault.control !== 'DAT-01')
      await assurance.attest(world.tenant, {
        rule: 'DAT-01.2',
        assetId: 'tenant',
        statement: 'Yes.',
        holds: true,
        untilMs: until(300 * DAY_SECONDS),
        person: 'Ann',
        accountId: 'ann',
      });
    await pass(SECOND_MS);
    await pass(MINUTE_MS);
    const assetId = fault.on ?? world.assetId;
    const query = { assetId, controlId: fault.control };
    const before_ = await assurance.why(world.tenant, query);
    t.assert.equal(before_.cell.status, 'satisfied', before_.reasons.join('\n'));
    const startedAt = now;
    try {
      await fault.breaks();
      const bound = fault.freshSeconds * SECOND_MS + MINUTE_MS;
      const left = Math.max(0, bound - Math.max(0, now - startedAt));
      await pass(Math.min(MINUTE_MS, left));
      await pass(Math.max(0, left - MINUTE_MS));
      const { cell, reasons, nextSteps } = await assurance.why(world.tenant, query);
      const text = [
        ...reasons,
        ...cell.duties.map(({ because }) => because),
        ...nextSteps.map(({ step }) => step),
      ].join('\n');
      t.assert.notEqual(cell.status, 'satisfied', text);
      t.assert.match(text, fault.names);
    } finally {
      await fault.mend?.();
    }
  });

test('evidence for an asset that was retired is refused, and its cells are gone', async (t: TestContext) => {
  world = new World('fault-retired');
  await world.begin();
  await pass(SECOND_MS);
  await world.act(retireAsset({ assetId: world.assetId, reason: 'scrapped' }));
  const { refused } = await assurance.intake(world.tenant, world.assetId, [world.observation('VMS-09.1')], {
    receivedAtMs: now,
    publicKeysPem: [world.agentKey.publicKeyPem],
  });
  t.assert.match(refused[0]?.because ?? '', /is not an asset of this tenant, or not any more/);
  await t.assert.rejects(assurance.why(world.tenant, { assetId: world.assetId, controlId: 'VMS-09' }), {
    code: 'ASSURANCE_CELL_UNKNOWN',
  });
});
