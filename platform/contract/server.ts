/** The server half of a room, as `apps/server` mounts it. */
import type { Migration } from 'kysely/migration';
import type * as z from 'zod';
import type { FeedSources } from '../config/config.ts';
import type { InTenant } from '../stores/postgres.ts';
import type { TenantScope } from '../tenancy/tenancy.ts';
import type { OcsfEvent } from './agent.ts';
import type { Asset, Duty, Permission } from './api.ts';
import type { PortVerdicts, SeenScans } from './exposure.ts';
import type { Order, OrderState } from './orders.ts';
import type { PatchNeed } from './patching.ts';
import type { EvidenceFinding, EvidencePromise, Health, ServiceSpec } from './service.ts';

export interface EventQuery {
  readonly fromMs: number;
  readonly toMs: number;
  readonly classUids?: readonly number[];
  readonly assetId?: string;
  readonly text?: string;
  readonly filters?: readonly {
    readonly field: string;
    readonly op: 'eq' | 'ne' | 'contains' | 'prefix';
    readonly value: string;
  }[];
  readonly limit: number;
  readonly cursor?: string;
}

export interface ServerRoomContext {
  readonly inTenant: InTenant;
  searchEvents(
    tenant: TenantScope,
    query: EventQuery,
  ): Promise<{
    readonly events: readonly OcsfEvent[];
    readonly nextCursor: string | null;
    readonly matchedCount: number;
  }>;
  /** Enrolled machines, as the link knows them. */
  machines(tenant: TenantScope): Promise<readonly Pick<Asset, 'assetId' | 'name' | 'os' | 'state'>[]>;
  /** What the room's half on each machine said of itself last; nothing of agents that are silent or revoked. */
  hostHealth(tenant: TenantScope): Promise<readonly HostHealth[]>;
  /** What the room's half on a machine is handed now; whether it is in force there is for its health to say. */
  policyOf(
    tenant: TenantScope,
    assetId: string,
  ): Promise<{ readonly policyVersion: string; readonly policy: unknown }>;
  /** Ids of the rules that match an event, and that the tenant has not switched off. */
  rulesMatching(tenant: TenantScope, event: OcsfEvent): Promise<readonly string[]>;
  /** Groups of assets that the asset is in, and its labels (`environment: PRD`). */
  placeOf(
    tenant: TenantScope,
    assetId: string,
  ): Promise<{ readonly groups: readonly string[]; readonly labels: Readonly<Record<string, string>> }>;
  /** Who has the duty for a control on an asset at this moment; null where nobody has. */
  ownerOf(tenant: TenantScope, assetId: string, control: string, duty: Duty): Promise<string | null>;
  /** Whether the managed service that the room is, or is part of, was bought for the asset. */
  isEntitled(tenant: TenantScope, assetId: string): Promise<boolean>;
  /**
   * Events that the room itself makes about one asset. They take the road that an agent's take, so the same uids
   * may come again.
   */
  emit(tenant: TenantScope, assetId: string, events: readonly OcsfEvent[]): Promise<void>;
  /** Gives an order to the room's half on a host; the caller has asked who may. @returns its id */
  giveOrder(tenant: TenantScope, order: RoomOrder): Promise<string>;
  takeBackOrder(tenant: TenantScope, orderId: string, by: string, because: string): Promise<void>;
  /** What became of it; undefined where there is none. */
  orderState(tenant: TenantScope, orderId: string): Promise<OrderState | undefined>;
  /** By e-mail or webhook, as the installation is set up to. */
  readonly delivery: Delivery;
  /** Where this installation lets feeds of advisories be asked for. */
  readonly feedSources: FeedSources;
  /** The room's own directory (mode 0700): what belongs to no tenant, such as feeds. */
  readonly stateDirectory: string;
  /** What another room can do; undefined where this installation has none that does. */
  use<Name extends keyof ServerCapabilities>(name: Name): ServerCapabilities[Name] | undefined;
  now(): number;
  log(line: string, error?: unknown): void;
}

export interface HostHealth {
  readonly assetId: string;
  readonly health: Health;
  /** Of the policy that it took last; empty while it has none. */
  readonly policyVersion: string;
  /** By which the machine's clock was ahead of the server's, or behind it, when it said so. */
  readonly clockOffsetMs: number;
}

export interface RoomOrder extends Pick<Order, 'kind' | 'what' | 'because' | 'by'> {
  readonly assetId: string;
  readonly accountId: string;
  readonly party: string;
  readonly seconds: number;
}

export interface WeaknessOf {
  readonly assetId: string;
  /** CVE, or advisory. */
  readonly vulnerability: string;
}

export interface FindingsAsked {
  readonly assetId: string;
  readonly findingIds: readonly string[];
}
export interface FindingsState {
  readonly assetId: string;
  /** When what is installed was read that was matched last, by the machine's clock; null while it never was. */
  readonly readAtMs: number | null;
  /** Of those asked about. */
  readonly openFindingIds: readonly string[];
}

/** What rooms of one server do for each other, without knowing each other. */
export interface ServerCapabilities {
  /** Open findings for which a fix can be had, of machines that the tenant has. */
  readonly 'patch-needs': (tenant: TenantScope) => Promise<readonly PatchNeed[]>;
  /** A patch was done (or undone): the asset is to be looked at again, and what is not gone is open again. */
  readonly 'patch-done': (
    tenant: TenantScope,
    assetId: string,
    findingIds: readonly string[],
  ) => Promise<void>;
  /** What the last scan of each machine says of findings; one answer for each that is asked about. */
  readonly 'findings-state': (
    tenant: TenantScope,
    asked: readonly FindingsAsked[],
  ) => Promise<readonly FindingsState[]>;
  /** Of those asked about: what was found on the machine once, and since when a scan no longer sees it anywhere there. */
  readonly 'fixed-weaknesses': (
    tenant: TenantScope,
    asked: readonly WeaknessOf[],
  ) => Promise<readonly (WeaknessOf & { readonly fixedAtMs: number })[]>;
  /** From where the firewall that is in force on a machine lets new connections through to what listens there. */
  readonly 'port-verdicts': (tenant: TenantScope) => Promise<PortVerdicts>;
  /** Who was seen to look for, or attack, what listens on a machine, within the last 30 days. */
  readonly 'seen-scans': (tenant: TenantScope) => Promise<SeenScans>;
}

export interface Mail {
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly attachments: readonly {
    readonly name: string;
    readonly type: string;
    readonly bytes: Uint8Array;
  }[];
}

/** What became of it: the peer's words, kept as evidence. */
export interface Delivered {
  readonly atMs: number;
  /** Who took it. */
  readonly to: string;
  readonly answer: string;
  /** Of an e-mail that others took: who did not, and whether they may later. */
  readonly rejected: readonly RejectedRecipient[];
}
export interface RejectedRecipient {
  readonly to: string;
  readonly because: string;
  readonly isRetryable: boolean;
}

/** Ways out of the platform for documents; each bounded in size, and from its first step to its last in time. */
export interface Delivery {
  /** @throws DELIVERY_NOT_SET_UP, DELIVERY_REFUSED, DELIVERY_DEFERRED, DELIVERY_UNREACHABLE; then nobody took it */
  mail(mail: Mail): Promise<Delivered>;
  /**
   * A POST of the bytes, signed with HMAC-SHA-256 (`x-demarc-signature`), to an https address.
   *
   * @throws DELIVERY_REFUSED, DELIVERY_DEFERRED, DELIVERY_UNREACHABLE
   */
  webhook(hook: {
    readonly url: string;
    readonly secret: string;
    readonly type: string;
    readonly bytes: Uint8Array;
  }): Promise<Delivered>;
}

/**
 * Work of a room that nobody asks for. One run at a time, beside other works of the room; what fails is logged, and tried
 * again next time.
 */
export interface RoomWork {
  readonly name: string;
  readonly everySeconds: number;
  /** So long others wait for one tenant's run, which goes on beside theirs then; five minutes where it is left out. */
  readonly waitSeconds?: number;
  /** For the whole installation, or for each tenant in turn. */
  readonly of:
    | { readonly installation: (context: ServerRoomContext) => Promise<void> }
    | { readonly tenant: (context: ServerRoomContext, tenant: TenantScope) => Promise<void> };
}

/** Evidence that the room's half on the server observes; the promises are among the service's own. */
export interface RoomObserver {
  readonly rules: readonly EvidencePromise[];
  observe(
    context: ServerRoomContext,
    tenant: TenantScope,
  ): Promise<readonly (EvidenceFinding & { readonly assetId: string })[]>;
}

/** A file that a route hands out: to be saved, never shown in the place of a page. */
export interface RoomFile {
  /** Of letters, digits, dots and dashes. */
  readonly name: string;
  readonly type: string;
  readonly bytes: Uint8Array;
}

/**
 * One route of a room. The server mounts it below `/v1/tenants/:tenantId/`, checks `permission` in the
 * one place where permissions are checked, and hands the scope in.
 */
export interface RoomRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Relative, without a leading slash: `integrity/changes`. */
  readonly path: string;
  readonly permission: Permission;
  readonly summary: string;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  readonly response: z.ZodType;
  /** What is answered is a `RoomFile`, and `response` is not looked at. */
  readonly isFile?: true;
  handle(
    context: ServerRoomContext,
    tenant: TenantScope,
    input: {
      readonly params: unknown;
      readonly query: unknown;
      readonly body: unknown;
      readonly accountId: string;
      /** As shown to people. */
      readonly accountName: string;
      /** Whether the caller may speak for a party in the tenant. */
      speaksFor(party: string): boolean;
    },
  ): Promise<unknown>;
}

/** One kind of order (orders.ts) that people may give to a room's half on a host. */
export interface OrderKind {
  readonly title: string;
  /** Of `what`; strict. */
  readonly what: z.ZodType;
  /** Only who has to respond for this control on the asset may give it. */
  readonly control: string;
  readonly secondsMax: number;
  /** In a sentence, before it is given: what will happen, and what is spared. */
  effect(what: unknown): string;
}

export interface ServerRoom {
  readonly service: ServiceSpec;
  readonly routes: readonly RoomRoute[];
  /** Keys carry the room's prefix (`fim_0001_baselines`); tables too, and only the room writes them. */
  readonly migrations: Readonly<Record<string, Migration>>;
  /** By kind. */
  readonly orders?: Readonly<Record<string, OrderKind>>;
  /**
   * What the room adds to the policies of an asset at this moment, by service: its own, or of another room that is
   * part of the same managed service. Set over everything that people set.
   */
  policyLayers?(
    context: Pick<ServerRoomContext, 'inTenant' | 'now'>,
    tenant: TenantScope,
    assetId: string,
  ): Promise<Readonly<Record<string, Readonly<Record<string, unknown>>>>>;
  readonly work?: readonly RoomWork[];
  readonly observer?: RoomObserver;
  /**
   * Once, before the server gives up root's rights, with which alone it may be able to read its own files: threads that
   * are needed later are started here, and whatever is to be the server's own is handed to it.
   */
  prepare?(context: ServerRoomContext): Promise<void>;
  /** Handed to the other rooms by name. */
  readonly provides?: (context: ServerRoomContext) => Partial<ServerCapabilities>;
  /** Directory of the room's detections: one Sigma rule a file, `*.yml`, each with samples beside it. */
  readonly detectionsDirectory?: URL;
}

/**
 * Every event that a search finds, page after page.
 *
 * @param query with `limit` events a page
 * @returns whether those were all; there may be more behind `pagesMax` pages
 */
export async function readEvents(
  context: Pick<ServerRoomContext, 'searchEvents'>,
  tenant: TenantScope,
  query: Omit<EventQuery, 'cursor'>,
  pagesMax: number,
  take: (event: OcsfEvent) => void,
): Promise<boolean> {
  let cursor: string | null = null;
  for (let page = 0; page < pagesMax; page += 1) {
    const found: Awaited<ReturnType<ServerRoomContext['searchEvents']>> = await context.searchEvents(
      tenant,
      cursor === null ? query : { ...query, cursor },
    );
    for (const event of found.events) take(event);
    cursor = found.nextCursor;
    if (cursor === null) return true;
  }
  return false;
}
