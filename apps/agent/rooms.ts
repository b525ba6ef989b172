/**
 * Runs the rooms that policy asks for. A room that fails is started again with growing pauses, and its
 * health says so; one room's end is never another's.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { AnnouncedChanges } from '@demarc/platform/changes';
import { type DropRecord, type Health, managedServiceOf } from '@demarc/platform/contract';
import type {
  AgentRoom,
  AgentRoomContext,
  Capabilities,
  HostIdentity,
  OcsfEvent,
  RunningRoom,
} from '@demarc/platform/contract/agent';
import { ORDERS_MAX, type OrderState } from '@demarc/platform/contract/orders';
import { signedEvidence } from '@demarc/platform/evidence';
import type { ExchangeReply } from '@demarc/platform/link';

export type PolicySet = ExchangeReply['policies'];

export interface RoomsOptions {
  readonly rooms: readonly AgentRoom[];
  readonly host: HostIdentity;
  readonly directory: string;
  /** The agent's own entry, from source or from the bundle: workers start through it. */
  readonly entry: URL;
  readonly server: URL;
  reachServer(): Promise<boolean>;
  append(lines: readonly string[]): Promise<void>;
  dropped(record: DropRecord): void;
  sign(bytes: Uint8Array): string;
  verify(bytes: Uint8Array, signature: string): boolean;
  log(line: string, details?: Readonly<Record<string, unknown>>): void;
}

const RETRY_MS_MIN = 1_000;
const RETRY_MS_MAX = 300_000;
/** Of one worker's JavaScript heap; a room that needs more is ended by V8 and started again. */
const WORKER_HEAP_MEBIBYTES_MAX = 192;

const NO_ORDERS = '[]';

interface Slot {
  readonly room: AgentRoom;
  running: RunningRoom | undefined;
  health: Health;
  wantedVersion: string | undefined;
  appliedVersion: string;
  /** As they were handed in last, as JSON. */
  orders: string;
  failures: number;
  retryAt: number;
  /** Nothing of it is left on the machine. */
  isWithdrawn: boolean;
}

export class Rooms {
  readonly #options: RoomsOptions;
  readonly #slots: readonly Slot[];
  readonly #capabilities: Partial<Capabilities> = {};
  readonly #announced = new AnnouncedChanges((name, because) =>
    this.#options.log('announced changes are not believed', { name, because }),
  );
  #policies: PolicySet = [];
  #work: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(options: RoomsOptions) {
    this.#options = options;
    this.#slots = options.rooms.map((room) => ({
      room,
      running: undefined,
      health: { state: 'stopped', because: 'not bought for this machine', sinceMs: Date.now() },
      wantedVersion: undefined,
      appliedVersion: '',
      orders: NO_ORDERS,
      failures: 0,
      retryAt: 0,
      isWithdrawn: false,
    }));
  }

  /** Moves towards what policy says, one step after the other; returns at once. */
  reconcile(policies: PolicySet): void {
    this.#policies = policies;
    this.#work = this.#work
      .then(() => this.#step())
      .catch((error: unknown) => this.#options.log('rooms', { error: String(error) }));
  }

  states(): readonly {
    readonly serviceId: string;
    readonly policyVersion: string;
    readonly health: Health;
  }[] {
    return this.#slots.map((slot) => ({
      serviceId: slot.room.service.id,
      policyVersion: slot.appliedVersion,
      health: slot.running?.health() ?? slot.health,
    }));
  }

  /** What became of each room's orders. */
  orders(): ReadonlyMap<string, readonly OrderState[]> {
    return new Map(
      this.#slots.map(({ room, running }) => [
        room.service.id,
        running?.orders?.().slice(0, ORDERS_MAX) ?? [],
      ]),
    );
  }

  /** Ends the rooms and leaves what they put on the machine: it stays protected while its agent starts again. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#work;
    for (const slot of this.#slots) await this.#end(slot, 'the agent stopped');
  }

  async #step(): Promise<void> {
    for (const slot of this.#slots) {
      if (this.#isStopped) return;
      const wanted = this.#policies.find((policy) => policy.serviceId === slot.room.service.id);
      if (wanted === undefined) await this.#withdraw(slot);
      else if (
        slot.appliedVersion !== wanted.policyVersion ||
        slot.running === undefined ||
        slot.running.health().state === 'failed'
      ) {
        await this.#run(slot, wanted);
      }
      if (wanted !== undefined) await this.#carryOut(slot, wanted.orders);
    }
  }

  async #withdraw(slot: Slot): Promise<void> {
    await this.#end(slot, 'not bought for this machine');
    if (slot.isWithdrawn || Date.now() < slot.retryAt) return;
    try {
      await slot.room.withdraw?.(this.#contextOf(slot.room));
      slot.isWithdrawn = true;
      slot.failures = 0;
    } catch (error) {
      this.#failed(slot, error);
    }
  }

  /** The next attempt is later than the one before. */
  #failed(slot: Slot, error: unknown): string {
    slot.failures += 1;
    slot.retryAt = Date.now() + Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** slot.failures);
    const because = error instanceof Error ? error.message : String(error);
    this.#options.log(`${slot.room.service.id}: failed`, { because });
    return because;
  }

  /** After the policy: an order may need what the policy put there. */
  async #carryOut(slot: Slot, orders: PolicySet[number]['orders']): Promise<void> {
    const text = JSON.stringify(orders);
    if (slot.running === undefined || text === slot.orders) return;
    await slot.running.carryOut?.(orders);
    slot.orders = text;
  }

  async #run(slot: Slot, wanted: PolicySet[number]): Promise<void> {
    if (Date.now() < slot.retryAt) return;
    slot.isWithdrawn = false;
    try {
      if (slot.running?.health().state === 'failed') await this.#end(slot, 'it failed');
      slot.running ??= await slot.room.start(this.#contextOf(slot.room));
      await slot.running.apply(wanted.policy);
      slot.appliedVersion = wanted.policyVersion;
      slot.failures = 0;
    } catch (error) {
      await this.#end(slot, this.#failed(slot, error), 'failed');
    }
  }

  async #end(slot: Slot, because: string, state: 'stopped' | 'failed' = 'stopped'): Promise<void> {
    const running = slot.running;
    slot.running = undefined;
    slot.appliedVersion = '';
    slot.orders = NO_ORDERS;
    if (running !== undefined) await running[Symbol.asyncDispose]();
    if (slot.health.state !== state || slot.health.because !== because) {
      slot.health = { state, because: because.slice(0, 1_000), sinceMs: Date.now() };
    }
  }

  #contextOf(room: AgentRoom): AgentRoomContext {
    const { host, directory, entry, server, reachServer, append, dropped, sign, verify, log } = this.#options;
    const stateDirectory = join(directory, 'rooms', room.service.id);
    mkdirSync(stateDirectory, { recursive: true, mode: 0o700 });
    return {
      host,
      stateDirectory,
      emit: (events: readonly OcsfEvent[]) =>
        append(events.map((event) => JSON.stringify({ kind: 'event', event }))),
      evidence: (findings, observedAtMs) =>
        append(
          findings.map((finding) =>
            JSON.stringify({
              kind: 'evidence',
              evidence: signedEvidence(finding, {
                service: managedServiceOf(room.service),
                assetId: host.assetId,
                observedAtMs,
                sign,
              }),
            }),
          ),
        ),
      dropped,
      sign,
      verify,
      spawnWorker: (name, data, transfer) =>
        new Worker(entry, {
          name: `${room.service.id}/${name}`,
          workerData: { worker: `${room.service.id}/${name}`, data },
          resourceLimits: { maxOldGenerationSizeMb: WORKER_HEAP_MEBIBYTES_MAX },
          ...(transfer === undefined ? {} : { transferList: [...transfer] }),
        }),
      program: (name) => ({
        file: process.execPath,
        args: [fileURLToPath(entry), 'worker', `${room.service.id}/${name}`],
      }),
      server,
      reachServer,
      provide: (name, what) => {
        this.#capabilities[name] = what as never;
      },
      use: (name) => this.#capabilities[name],
      announcedChanges: () => this.#announced.manifests(),
      now: () => Date.now(),
      log: (line, details) => log(`${room.service.id}: ${line}`, details),
    };
  }
}
