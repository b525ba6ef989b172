/** The agent half of a room, as `apps/agent` runs it. */
import type { Worker } from 'node:worker_threads';
import type { Order, OrderState } from './orders.ts';
import type { ChangeManifest } from './patching.ts';
import type { DropRecord, EvidenceFinding, Health, OperatingSystem, ServiceSpec } from './service.ts';

/** An OCSF event as a room emits it; the agent adds device, tenant-free metadata and nothing else. */
export type OcsfEvent = Readonly<Record<string, unknown>> & {
  readonly class_uid: number;
  readonly type_uid: number;
  readonly time: number;
  readonly metadata: { readonly uid: string } & Readonly<Record<string, unknown>>;
};

/** The host as OCSF `device` and the room's bookkeeping see it. */
export interface HostIdentity {
  readonly assetId: string;
  readonly hostname: string;
  readonly machineId: string;
  readonly os: OperatingSystem;
}

export interface AgentRoomContext {
  readonly host: HostIdentity;
  /** A directory of this room's own, mode 0700; survives restarts and upgrades. */
  readonly stateDirectory: string;
  /** Appends to the spool; resolves once the record is on disk, so it may free its source then. */
  emit(events: readonly OcsfEvent[]): Promise<void>;
  /** Adds uid, digest and signature, and appends to the spool. */
  evidence(findings: readonly EvidenceFinding[], observedAtMs: number): Promise<void>;
  dropped(record: DropRecord): void;
  /** Ed25519 or ECDSA signature (base64) by the agent's own key, for baselines and evidence. */
  sign(bytes: Uint8Array): string;
  verify(bytes: Uint8Array, signature: string): boolean;
  /** Starts one of the room's `AgentWorkers` by name; the agent's bundle and its source both resolve it. */
  spawnWorker(name: string, data: unknown, transfer?: readonly ArrayBuffer[]): Worker;
  /** A program that runs one of the room's `AgentWorkers` as a process of its own; it reads the end of its arguments. */
  program(name: string): { readonly file: string; readonly args: readonly string[] };
  /** Where the platform is: the one address that must always be reached. */
  readonly server: URL;
  /** Whether the server answers over a connection made now: one that was there before proves nothing of new rules. */
  reachServer(): Promise<boolean>;
  /** What this room can do for the others, while it is at work; undefined takes it back. */
  provide<Name extends keyof Capabilities>(name: Name, what: Capabilities[Name] | undefined): void;
  /** Undefined while no room provides it. */
  use<Name extends keyof Capabilities>(name: Name): Capabilities[Name] | undefined;
  /** What jobs on this host said before that they would change, the newest first; kept for days after they ended. */
  announcedChanges(): readonly ChangeManifest[];
  /** Milliseconds since the epoch; passed in so that tests own the clock. */
  now(): number;
  log(line: string, details?: Readonly<Record<string, unknown>>): void;
}

/** What rooms of one host do for each other, without knowing each other. */
export interface Capabilities {
  readonly 'network-blocking': NetworkBlocking;
}

/** The block-list of the machine's firewall, in the kernel. */
export interface NetworkBlocking {
  /** Whether blocked packets are dropped; otherwise they are only logged (tap mode). */
  readonly drops: boolean;
  /** Addresses and prefixes that are let through whatever is blocked. */
  allowed(): readonly string[];
  /** @param range an address or a prefix; resolves once the kernel has it */
  block(range: string, seconds: number): Promise<void>;
  unblock(range: string): Promise<void>;
  /** What the kernel blocks now, whoever asked for it before. */
  blocked(): Promise<readonly string[]>;
  /**
   * Nobody but these and the allow-list may send or receive; undefined ends it.
   *
   * @param seconds then it ends by itself, whatever becomes of the agent
   */
  isolate(except: readonly string[] | undefined, seconds: number): Promise<void>;
}

/** A room at work on one host. Disposing it releases every descriptor, thread and timer. */
export interface RunningRoom extends AsyncDisposable {
  /** Reconciles towards the policy at its own pace; resolves when the policy is in force. */
  apply(policy: unknown): Promise<void>;
  health(): Health;
  /** Moves towards the orders in force; those that are gone are undone. Resolves when all were tried. */
  carryOut?(orders: readonly Order[]): Promise<void>;
  /** What became of the orders that were handed in last. */
  orders?(): readonly OrderState[];
}

export interface AgentRoom {
  readonly service: ServiceSpec;
  start(context: AgentRoomContext): Promise<RunningRoom>;
  /**
   * The service is no longer bought here: undoes what outlives the room, as rules in the kernel do. After the room was
   * disposed, and once after a start without a policy, as the room may have ended before; safe to repeat.
   */
  withdraw?(context: AgentRoomContext): Promise<void>;
}

/** A room's worker entry points by name; each module runs on import and reads `workerData.data`. */
export type AgentWorkers = Readonly<Record<string, () => Promise<unknown>>>;
