/** The server half of a room, as `apps/server` mounts it. */
import type { Migration } from 'kysely/migration';
import type * as z from 'zod';
import type { InTenant } from '../stores/postgres.ts';
import type { TenantScope } from '../tenancy/tenancy.ts';
import type { OcsfEvent } from './agent.ts';
import type { Permission } from './api.ts';
import type { ServiceSpec } from './service.ts';

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
  now(): number;
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
  /** Directory of the room's detections: one Sigma rule a file, `*.yml`, each with samples beside it. */
  readonly detectionsDirectory?: URL;
}
