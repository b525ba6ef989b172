/** Door: the room at work on one Linux host. */
import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { canonicalJson } from '@demarc/platform/canonical';
import type { Health } from '@demarc/platform/contract';
import type { AgentRoom, AgentRoomContext, OcsfEvent, RunningRoom } from '@demarc/platform/contract/agent';
import type { Order, OrderState } from '@demarc/platform/contract/orders';
import * as z from 'zod';
import { canaryToOcsf } from '../canary.ts';
import { hidsErrors } from '../errors.ts';
import { canaryEvidence, contentEvidence, FAMILIES, type Family, heartbeatEvidence } from '../evidence.ts';
import { type Detection, KINDS } from '../network/detection.ts';
import { inRanges } from '../network/ranges.ts';
import { HostIntrusionDetectionPolicy } from '../policy.ts';
import { hostIntrusionDetection } from '../service.ts';
import { Blocking } from './blocking.ts';
import { runCanary } from './canary-program.ts';
import type { LogAnswer, LogMessage, LogState, LogTask } from './logs.worker.ts';
import { addressesOf, ownAddresses } from './machine.ts';
import type { NetworkMessage, NetworkTask } from './network.worker.ts';
import { Orders } from './orders.ts';
import type { ProcessMessage, ProcessTask } from './processes.worker.ts';
import { Sensor } from './sensor.ts';
import { readState, writeState } from './state-file.ts';
import { SUSPICIONS } from './suspicion.ts';
import { detectionToOcsf, suspicionToOcsf } from './to-ocsf.ts';

export const hostIntrusionDetectionAgent: AgentRoom = {
  service: hostIntrusionDetection,
  start: async (context) => new HostIntrusionRoom(context),
};

/** A harmless trigger that takes longer means that attacks are not noticed in time. */
export const CANARY_BOUND_MS = 15_000;
const TICK_MS = 1_000;
const ORDERS_EVERY_MS = 5_000;
const ADDRESSES_EVERY_MS = 30_000;
const CONTENT_EVERY_MS = 3_600_000;
const LOG_STATE_FILE = 'logs.json';
const CANARY_LOG_FILE = 'canary.log';

type Sensors = {
  readonly network: Sensor<NetworkMessage>;
  readonly logs: Sensor<LogMessage>;
  readonly processes: Sensor<ProcessMessage>;
};

class HostIntrusionRoom implements RunningRoom {
  readonly #context: AgentRoomContext;
  readonly #orders: Orders;
  readonly #canaryMark = `demarc-canary-${randomBytes(8).toString('hex')}-`;
  #policy: HostIntrusionDetectionPolicy | undefined;
  #revision: string | undefined;
  #refused: string | undefined;
  #blocking: Blocking | undefined;
  #own: readonly string[] = [];
  #platform: readonly string[] = [];
  #sensors: Sensors | undefined;
  #timers: NodeJS.Timeout[] = [];
  /** Detections are answered one after the other, in their order. */
  #answers: Promise<unknown> = Promise.resolve();
  #isBusy = false;
  #isCanaryOut = false;
  /** When triggers were set that were found last; the platform holds it against what came to it. */
  #canarySetAtMs: number | undefined;
  #since = { state: '', ms: Date.now() };
  #isDisposed = false;

  constructor(context: AgentRoomContext) {
    this.#context = context;
    this.#orders = new Orders(context, () => this.#blocking);
  }

  async apply(policy: unknown): Promise<void> {
    const parsed = HostIntrusionDetectionPolicy.safeParse(policy);
    if (!parsed.success) {
      this.#refused = z.prettifyError(parsed.error);
      this.#inBackground(() => this.#content());
      throw hidsErrors.make('HIDS_POLICY_INVALID', { because: this.#refused });
    }
    await this.#stop();
    this.#refused = undefined;
    this.#policy = parsed.data;
    const revision = revisionOf(parsed.data);
    this.#revision = revision;
    this.#own = ownAddresses();
    this.#platform = await addressesOf(this.#context.server);
    // One of them, whatever the policy: orders may be at work with it meanwhile.
    const network = this.#networkPolicy(parsed.data);
    if (this.#blocking === undefined) this.#blocking = new Blocking(this.#context, network);
    else await this.#blocking.follow(network);
    const sensors = this.#makeSensors(parsed.data, revision);
    this.#sensors = sensors;
    await Promise.all(FAMILIES.map((family) => sensors[family].start()));
    await this.#tick();
    this.#schedule(parsed.data);
    this.#inBackground(async () => {
      await this.#heartbeat();
      await this.#content();
      await this.#canary();
    });
  }

  async carryOut(orders: readonly Order[]): Promise<void> {
    await this.#orders.carryOut(orders);
  }

  orders(): readonly OrderState[] {
    return this.#orders.states;
  }

  health(): Health {
    const { state, because } = this.#condition();
    if (this.#since.state !== state) this.#since = { state, ms: this.#context.now() };
    const figures: Record<string, number> = {
      blocks: this.#blocking?.count ?? 0,
      blocksMax: this.#policy?.network.blocks.blocksMax ?? 0,
      blocksNotTaken: this.#blocking?.failures ?? 0,
      ...(this.#canarySetAtMs === undefined ? {} : { canarySetAtMs: this.#canarySetAtMs }),
    };
    for (const family of FAMILIES) {
      const sensor = this.#sensors?.[family];
      Object.assign(figures, sensor?.figures);
      figures[`${family}Waiting`] = sensor?.facts.waiting ?? 0;
      figures[`${family}Dropped`] = sensor?.dropped ?? 0;
    }
    return { state, because: because.slice(0, 1_000), sinceMs: this.#since.ms, figures };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    await this.#stop();
  }

  #condition(): Pick<Health, 'state' | 'because'> {
    if (this.#isDisposed) return { state: 'stopped', because: 'stopped' };
    const sensors = this.#sensors;
    if (sensors === undefined) return { state: 'starting', because: 'waiting for policy' };
    const silent = FAMILIES.filter((family) => !sensors[family].facts.isAlive);
    const says = (family: Family): string => `${family}: ${sensors[family].facts.because}`;
    if (silent.length === FAMILIES.length)
      return { state: 'failed', because: `nothing is watched; ${silent.map(says).join('; ')}` };
    if (silent.length > 0)
      return { state: 'degraded', because: `not everything is watched; ${silent.map(says).join('; ')}` };
    const limited = FAMILIES.filter((family) => !sensors[family].isWhole);
    const obstacle = this.#blocking?.obstacle;
    const blocking = obstacle === undefined ? 'attackers are blocked' : `nobody is blocked: ${obstacle}`;
    if (limited.length > 0)
      return { state: 'degraded', because: `${limited.map(says).join('; ')}; ${blocking}` };
    return { state: 'healthy', because: `watching network, logs and processes; ${blocking}` };
  }

  #makeSensors(policy: HostIntrusionDetectionPolicy, revision: string): Sensors {
    const context = this.#context;
    const logStateFile = join(context.stateDirectory, LOG_STATE_FILE);
    return {
      network: new Sensor<NetworkMessage>({
        family: 'network',
        context,
        revision,
        task: (control): NetworkTask => ({
          policy: this.#networkPolicy(policy),
          host: context.host,
          control,
        }),
        countOf: ({ detections }) => detections.length,
        onMessage: ({ detections }) => this.#inOrder(() => this.#answer(detections)),
      }),
      logs: new Sensor<LogMessage>({
        family: 'logs',
        context,
        revision,
        task: (control): LogTask => ({
          policy: policy.logs,
          state: readState(logStateFile) as LogState | undefined,
          canaryFile: join(context.stateDirectory, CANARY_LOG_FILE),
          host: context.host,
          control,
        }),
        findsAgain: true,
        countOf: ({ events }) => events.length,
        onMessage: async ({ events, state }, worker: Worker) => {
          if (events.length > 0) await context.emit(events);
          if (state !== undefined) writeState(logStateFile, state);
          worker.postMessage('taken' satisfies LogAnswer);
        },
      }),
      processes: new Sensor<ProcessMessage>({
        family: 'processes',
        context,
        revision,
        task: (control): ProcessTask => ({
          policy: policy.processes,
          canaryMark: this.#canaryMark,
          host: context.host,
          control,
        }),
        countOf: ({ suspicions }) => suspicions.length,
        onMessage: ({ suspicions }) =>
          context.emit(suspicions.map((found) => suspicionToOcsf(found, context.host))),
      }),
    };
  }

  async #answer(detections: readonly Detection[]): Promise<void> {
    const isOwn = inRanges(this.#own);
    const events: OcsfEvent[] = [];
    for (const found of detections) {
      events.push(detectionToOcsf(found, found.sources.some(isOwn), this.#context.host));
      events.push(...((await this.#blocking?.decide(found)) ?? []));
    }
    await this.#context.emit(events);
  }

  #inOrder<T>(work: () => Promise<T>): Promise<T> {
    const answer = this.#answers.then(work);
    this.#answers = answer.catch(() => undefined);
    return answer;
  }

  #networkPolicy({ network }: HostIntrusionDetectionPolicy): HostIntrusionDetectionPolicy['network'] {
    return {
      ...network,
      protect: [...network.protect, ...this.#own],
      allow: [...network.allow, ...this.#platform],
    };
  }

  #schedule({ heartbeatSeconds, canarySeconds }: HostIntrusionDetectionPolicy): void {
    const every = (ms: number, work: () => Promise<void>): void => {
      this.#timers.push(setInterval(() => this.#inBackground(work), ms));
    };
    every(TICK_MS, () => this.#tick());
    every(ORDERS_EVERY_MS, () => this.#orders.tick());
    every(ADDRESSES_EVERY_MS, () => this.#followAddresses());
    every(heartbeatSeconds * 1_000, () => this.#heartbeat());
    every(CONTENT_EVERY_MS, () => this.#content());
    every(canarySeconds * 1_000, () => this.#canary());
  }

  #inBackground(work: () => Promise<void>): void {
    work().catch((error: unknown) => {
      if (this.#isDisposed) return;
      this.#context.log('work in the background failed', {
        because: error instanceof Error ? error.message : String(error),
      });
    });
  }

  async #tick(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      await this.#inOrder(async () => this.#blocking?.tick());
    } finally {
      this.#isBusy = false;
    }
  }

  /** What this machine is called on the network may change while it runs. */
  async #followAddresses(): Promise<void> {
    const [policy, revision, sensors] = [this.#policy, this.#revision, this.#sensors];
    const own = ownAddresses();
    if (policy === undefined || revision === undefined || sensors === undefined) return;
    if (own.join() === this.#own.join()) return;
    this.#own = own;
    this.#context.log('the addresses of this machine have changed', { count: own.length });
    await this.#inOrder(async () => this.#blocking?.follow(this.#networkPolicy(policy)));
    await sensors.network.stop();
    if (this.#isDisposed || this.#sensors !== sensors) return;
    const { network } = this.#makeSensors(policy, revision);
    this.#sensors = { ...sensors, network };
    await network.start();
  }

  async #heartbeat(): Promise<void> {
    const sensors = this.#sensors;
    if (sensors === undefined) return;
    const dropped = FAMILIES.reduce((sum, family) => sum + sensors[family].dropped, 0);
    const facts = ofFamilies((family) => sensors[family].facts);
    await this.#context.evidence([heartbeatEvidence({ sensors: facts, dropped })], this.#context.now());
  }

  async #content(): Promise<void> {
    const sensors = this.#sensors;
    const facts = {
      wanted: this.#revision,
      inForce: ofFamilies((family) => sensors?.[family].inForce),
      ...(this.#refused === undefined ? {} : { refused: this.#refused }),
    };
    await this.#context.evidence([contentEvidence(facts)], this.#context.now());
  }

  async #canary(): Promise<void> {
    const [policy, sensors] = [this.#policy, this.#sensors];
    if (policy === undefined || sensors === undefined || this.#isCanaryOut) return;
    this.#isCanaryOut = true;
    const setAtMs = Math.floor(this.#context.now());
    try {
      const [network, logs, processes] = await Promise.all([
        sensors.network.canary(CANARY_BOUND_MS),
        sensors.logs.canary(CANARY_BOUND_MS),
        sensors.processes.canary(CANARY_BOUND_MS, (id) =>
          runCanary(policy.processes.temporaryDirectories, this.#canaryMark, id),
        ),
      ]);
      // Ended or changed meanwhile: that says nothing of the sensors.
      if (this.#isDisposed || this.#sensors !== sensors) return;
      const results = { network, logs, processes };
      const failed = canaryEvidence({ boundMs: CANARY_BOUND_MS, results });
      // Before it is sent: what is found here and does not arrive must be missed there.
      this.#canarySetAtMs = failed === undefined ? setAtMs : undefined;
      if (failed !== undefined) return await this.#context.evidence([failed], this.#context.now());
      const alarms = ofFamilies((family) => results[family].event);
      await this.#context.emit([canaryToOcsf(alarms, setAtMs, this.#context.host)]);
    } finally {
      this.#isCanaryOut = false;
    }
  }

  async #stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers = [];
    const sensors = this.#sensors;
    this.#sensors = undefined;
    if (sensors !== undefined) await Promise.all(FAMILIES.map((family) => sensors[family].stop()));
    await this.#answers;
  }
}

function ofFamilies<T>(of: (family: Family) => T): Readonly<Record<Family, T>> {
  return { network: of('network'), logs: of('logs'), processes: of('processes') };
}

/** Of the policy, and of what the detectors know. */
function revisionOf(policy: HostIntrusionDetectionPolicy): string {
  const knows = { kinds: Object.keys(KINDS), suspicions: Object.keys(SUSPICIONS) };
  return createHash('sha256').update(canonicalJson({ policy, knows })).digest('hex');
}
