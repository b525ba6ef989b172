/** For integration tests: the room on the server over the real PostgreSQL, with machines that say what the test wants. */
import { randomUUID } from 'node:crypto';
import type { OcsfEvent } from '@demarc/platform/contract/agent';
import type { OrderState } from '@demarc/platform/contract/orders';
import type { PatchNeed } from '@demarc/platform/contract/patching';
import type {
  HostHealth,
  RoomOrder,
  ServerCapabilities,
  ServerRoomContext,
} from '@demarc/platform/contract/server';
import { testServerContext } from '@demarc/platform/contract/testing';
import { REMEDIATION_ACTIVITY } from '@demarc/platform/ocsf';
import { migrate, openPostgres, type PostgresStore } from '@demarc/platform/stores';
import { startTestPostgres } from '@demarc/platform/stores/testing';
import type { TenantScope } from '@demarc/platform/tenancy';
import type { JobDetail, JobsPage, ShownPlan, ShownWindow } from '../api.ts';
import { Told } from '../orders.ts';
import { AmsPatchingPolicy } from '../policy.ts';
import type { PatchResult } from '../run/result.ts';
import { followJobs } from './follow.ts';
import { patchingMigrations } from './migrations.ts';
import { planner } from './planner.ts';
import { patchingRoutes } from './routes.ts';

const HOUR_MS = 3_600_000;

export interface GivenOrder extends RoomOrder {
  readonly id: string;
  state: OrderState['state'];
  isTakenBack: boolean;
}
interface AskOptions {
  readonly params?: object;
  readonly query?: object;
  readonly body?: unknown;
  readonly as?: Caller;
  readonly tenant?: TenantScope;
}
interface Caller {
  readonly accountId: string;
  readonly name: string;
  readonly parties: readonly string[];
}
export const ANN: Caller = { accountId: 'a-ann', name: 'Ann', parties: ['ams'] };
export const BOB: Caller = { accountId: 'a-bob', name: 'Bob', parties: ['ams'] };
export const CUS: Caller = { accountId: 'a-cus', name: 'Cus', parties: ['customer'] };

export class TestPatching implements AsyncDisposable {
  readonly tenant: TenantScope;
  readonly store: PostgresStore;
  readonly context: ServerRoomContext;
  readonly machines: {
    readonly assetId: string;
    readonly name: string;
    readonly labels: Record<string, string>;
  }[] = [];
  readonly notBought = new Set<string>();
  readonly orders: GivenOrder[] = [];
  readonly done: (readonly string[])[] = [];
  readonly health: HostHealth[] = [];
  needs: PatchNeed[] = [];
  owner: string | null = 'ams';
  isEnabled = true;
  readAtMs: number | null = null;
  nowMs = Date.parse('2026-11-27T12:00:00Z');
  readonly #events: { readonly tenantId: string; readonly assetId: string; readonly event: OcsfEvent }[] = [];
  readonly #opened: AsyncDisposableStack;

  private constructor(tenant: TenantScope, store: PostgresStore, opened: AsyncDisposableStack) {
    this.tenant = tenant;
    this.store = store;
    this.#opened = opened;
    const mine = (of: TenantScope): boolean => of.tenantId === tenant.tenantId;
    const provided: Partial<ServerCapabilities> = {
      'patch-needs': async (of) => (mine(of) ? this.needs : []),
      'patch-done': async (_of, _assetId, findingIds) => void this.done.push(findingIds),
      'findings-state': async (of, asked) =>
        asked.map(({ assetId, findingIds }) => ({
          assetId,
          readAtMs: mine(of) ? this.readAtMs : null,
          openFindingIds: findingIds.filter((id) => this.needs.some(({ findingId }) => findingId === id)),
        })),
    };
    this.context = testServerContext({
      inTenant: store.inTenant,
      now: () => this.nowMs,
      log: (line, error) => console.error(line, error),
      machines: async (of) =>
        mine(of)
          ? this.machines.map(({ assetId, name }) => ({ assetId, name, os: 'Debian', state: 'online' }))
          : [],
      isEntitled: async (_of, assetId) => !this.notBought.has(assetId),
      placeOf: async (_of, id) => ({
        groups: [],
        labels: this.machines.find(({ assetId }) => assetId === id)?.labels ?? {},
      }),
      ownerOf: async () => this.owner,
      policyOf: async () => ({
        policyVersion: '1',
        policy: AmsPatchingPolicy.parse({ isEnabled: this.isEnabled }),
      }),
      hostHealth: async () => this.health,
      use: (name) => provided[name],
      searchEvents: async (of, { assetId, fromMs, limit }) => {
        const events = this.#events
          .filter(
            (each) => each.tenantId === of.tenantId && (assetId === undefined || each.assetId === assetId),
          )
          .map(({ event }) => event)
          .filter(({ time }) => time >= fromMs);
        return { events: events.toReversed().slice(0, limit), nextCursor: null, matchedCount: events.length };
      },
      giveOrder: async (_of, order) => {
        const id = randomUUID();
        this.orders.push({ ...order, id, state: 'waiting', isTakenBack: false });
        return id;
      },
      takeBackOrder: async (_of, orderId) => {
        for (const order of this.orders) if (order.id === orderId) order.isTakenBack = true;
      },
      orderState: async (_of, orderId) => {
        const order = this.orders.find(({ id }) => id === orderId);
        return order && { id: orderId, state: order.state, because: 'so it says', atMs: this.nowMs };
      },
    });
  }

  static async open(tenant: TenantScope): Promise<TestPatching> {
    await using opened = new AsyncDisposableStack();
    const postgres = opened.use(await startTestPostgres());
    await migrate(postgres.ownerConnection, patchingMigrations);
    const store = opened.use(openPostgres({ connection: postgres.connection }));
    opened.use(planner);
    return new TestPatching(tenant, store, opened.move());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#opened.disposeAsync();
  }

  machine(name: string, labels: Record<string, string> = {}): string {
    const assetId = randomUUID();
    this.machines.push({ assetId, name, labels });
    return assetId;
  }

  need(assetId: string, name: string, more: Partial<PatchNeed> = {}): PatchNeed {
    const need: PatchNeed = {
      findingId: randomUUID(),
      assetId,
      vulnerability: 'CVE-2026-1000',
      manager: 'apt',
      package: name,
      arch: 'amd64',
      installed: '1.0-1',
      fixedIn: '1.1-1',
      decision: 'scheduled',
      dueAtMs: this.nowMs + 20 * 24 * HOUR_MS,
      risk: 10,
      needsReboot: false,
      restarts: [],
      ...more,
    };
    this.needs.push(need);
    return need;
  }

  async ask<Reply>(
    call: string,
    { params = {}, query = {}, body, as = ANN, tenant = this.tenant }: AskOptions = {},
  ): Promise<Reply> {
    const [method, path] = call.split(' ');
    const route = patchingRoutes.find((each) => each.method === method && each.path === `patching/${path}`);
    if (route === undefined) throw new Error(`there is no ${call}`);
    const reply = await route.handle(this.context, tenant, {
      params: route.params?.parse(params) ?? {},
      query: route.query?.parse(query) ?? {},
      body: route.body?.parse(body),
      accountId: as.accountId,
      accountName: as.name,
      speaksFor: (party) => as.parties.includes(party),
    });
    return route.response.parse(reply) as Reply;
  }

  /** One, of two hours, so many hours from now. */
  window(inHours: number, more: object = {}): Promise<ShownWindow> {
    const startsAt = new Date(this.nowMs + inHours * HOUR_MS).toISOString();
    return this.ask('POST windows', { body: { name: `in ${inHours} h`, minutes: 120, startsAt, ...more } });
  }

  /** @returns the plan, once its jobs are there */
  async published(): Promise<ShownPlan> {
    const plan = await this.ask<ShownPlan>('POST plans', { body: { seconds: 1 } });
    return this.ask('POST plans/:planId/publish', {
      params: { planId: plan.id },
      body: { because: 'as agreed' },
    });
  }

  jobs(query: object = {}, tenant = this.tenant): Promise<JobsPage> {
    return this.ask('GET jobs', { query, tenant });
  }
  job(jobId: string, as: Caller = ANN): Promise<JobDetail> {
    return this.ask('GET jobs/:jobId', { params: { jobId }, as });
  }
  act(name: string, jobId: string, as: Caller = BOB): Promise<JobDetail> {
    return this.ask(`POST jobs/:jobId/${name}`, { params: { jobId }, body: { because: 'as agreed' }, as });
  }

  /** What its agent tells, in the shape that orders.ts has. */
  says(assetId: string, told: Told): void {
    this.#events.push({
      tenantId: this.tenant.tenantId,
      assetId,
      event: {
        class_uid: REMEDIATION_ACTIVITY,
        type_uid: 700_199,
        time: this.nowMs,
        metadata: { uid: randomUUID() },
        unmapped: { demarc_patching: Told.parse(told) },
      },
    });
  }

  /** What the server does by itself, once. */
  async follow(): Promise<void> {
    this.nowMs += 1_000;
    await followJobs(this.context, this.tenant);
  }

  /** Its machine can have every package that is wanted, at 1.1-1. */
  async resolved(jobId: string): Promise<JobDetail> {
    const job = await this.job(jobId);
    this.says(job.assetId, {
      about: 'resolution',
      resolution: {
        jobId,
        packages: job.packages.map(({ name, needsReboot }) => ({
          name,
          arch: 'amd64',
          from: '1.0-1',
          to: '1.1-1',
          needsReboot,
        })),
        missing: [],
      },
    });
    await this.follow();
    return this.job(jobId);
  }

  result(job: JobDetail, more: Partial<PatchResult> = {}): PatchResult {
    return {
      jobId: job.id,
      what: 'apply',
      result: 'done',
      startedAtMs: this.nowMs - 60_000,
      endedAtMs: this.nowMs,
      checks: [],
      packages: job.packages.map(({ name, arch, from, to }) => ({
        name,
        arch,
        from,
        to: to ?? '',
        outcome: 'done',
        because: 'it is installed',
        installed: to,
      })),
      settled: [],
      keptFiles: [],
      restarts: [],
      reboot: { owed: false, ordered: false, because: [] },
      manifest: null,
      notes: [],
      ...more,
    };
  }
}
