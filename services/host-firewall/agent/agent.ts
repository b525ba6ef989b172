/** Door: the room at work on one Linux host. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Health } from '@demarc/platform/contract';
import type { AgentRoom, AgentRoomContext, OcsfEvent, RunningRoom } from '@demarc/platform/contract/agent';
import { DemarcError } from '@demarc/platform/errors';
import { openNft } from '@demarc/platform/netfilter';
import { CANARY } from '../compile/compile.ts';
import { hostFirewallErrors } from '../errors.ts';
import { rulesEvidence } from '../evidence.ts';
import { type Held, heldFigures } from '../held.ts';
import { contextsOf, HostFirewallPolicy } from '../policy.ts';
import { hostFirewall } from '../service.ts';
import { Canary } from './canary.ts';
import { type HostFirewall, openHostFirewall, removeHostFirewall } from './firewall.ts';
import { forgetInForce, type InForce, readInForce, writeInForce } from './in-force.ts';
import { isolate, REMOVE_ISOLATION } from './isolation.ts';
import {
  addressesOf,
  administratorsNow,
  allowListOf,
  gatewaysNow,
  nameServersNow,
  portOf,
  sshPortsNow,
} from './lifelines.ts';
import { type Seen, Sensor } from './sensor.ts';
import { flowToOcsf, loggedToOcsf, tamperedToOcsf } from './to-ocsf.ts';

export const hostFirewallAgent: AgentRoom = {
  service: hostFirewall,
  start: async (context) => new HostFirewallRoom(context),
  withdraw: async (context) => {
    // Whoever never had rules of ours has nothing to remove, and perhaps no nftables either.
    if (!existsSync(join(context.stateDirectory, USED_FILE))) return;
    await using nft = openNft(context.spawnWorker('nft', {}));
    await removeHostFirewall(context.stateDirectory, nft);
    await nft.run(REMOVE_ISOLATION);
    forgetInForce(context.stateDirectory);
  },
};

/** There since rules were confirmed for the first time. */
const USED_FILE = 'in-force.json';
/** Contexts, gateways and the platform's addresses are looked up again. */
const SURROUNDINGS_EVERY_MS = 60_000;
/** How long a trial asks for the platform: other rooms wait meanwhile, and a wrong policy is in force. */
const REACH_MS_MAX = 30_000;
const REACH_PAUSE_MS = 500;
/** Before the watchdog would act. */
const REACH_MARGIN_MS = 1_500;
/** After a trial that failed while the platform was not there before it either. */
const RETRY_MS_MIN = 60_000;
const RETRY_MS_MAX = 900_000;
/** An address that the platform's name no longer has is still let through for so long. */
const PLATFORM_ADDRESS_KEPT_MS = 86_400_000;
const PLATFORM_ADDRESSES_MAX = 64;
const EVENTS_PER_EMIT = 500;
/** Remembered for when somebody removes the table, and the kernel's list with it; more are blocked, and forgotten then. */
const BLOCKS_REMEMBERED_MAX = 65_536;
const OWN_STAGE = 'host-firewall';

/** A policy with what nobody has to write, for this machine as it is now. */
interface Wanted {
  readonly policy: HostFirewallPolicy;
  readonly localAddresses: readonly string[];
  readonly key: string;
}

class HostFirewallRoom implements RunningRoom {
  readonly #context: AgentRoomContext;
  readonly #canary = new Canary();
  readonly #abort = new AbortController();
  #policy: HostFirewallPolicy | undefined;
  #policyDigest = '';
  #administrators: readonly string[] = [];
  readonly #platform = new Map<string, number>();
  #firewall: HostFirewall | undefined;
  #sensor: Sensor | undefined;
  #sensorTask = '';
  #inForce: InForce | undefined;
  /** What the rules in force were made from; undefined after a start that did not confirm them itself. */
  #effective: Wanted | undefined;
  /** Why what is wanted is not in force, and when it is tried again. */
  #refused: { readonly key: string; readonly because: string; readonly retryAtMs: number } | undefined;
  #inconclusive = 0;
  #isolation: { readonly except: readonly string[]; readonly untilMs: number } | undefined;
  /** Ranges that other rooms had blocked, and until when. */
  readonly #blocked = new Map<string, number>();
  /** When the policy that is asked for was confirmed, and found in the kernel last; undefined while it is not. */
  #held: Held | undefined;
  #timers: NodeJS.Timeout[] = [];
  #work: Promise<void> = Promise.resolve();
  #state: Pick<Health, 'state' | 'because' | 'sinceMs'>;
  #figures = { loggedPackets: 0, events: 0, connections: 0, lostPackets: 0, putBack: 0, canaryMs: 0 };

  constructor(context: AgentRoomContext) {
    this.#context = context;
    this.#state = { state: 'starting', because: 'waiting for policy', sinceMs: context.now() };
  }

  async apply(policy: unknown): Promise<void> {
    const parsed = HostFirewallPolicy.safeParse(policy);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw hostFirewallErrors.make('HFW_POLICY_INVALID', {
        path: issue?.path.join('.') ?? '',
        because: issue?.message ?? 'it is refused',
      });
    }
    await this.#pause();
    const { stateDirectory } = this.#context;
    this.#policy = parsed.data;
    this.#policyDigest = createHash('sha256').update(JSON.stringify(parsed.data)).digest('hex');
    this.#refused = undefined;
    this.#held = undefined;
    this.#inForce ??= readInForce(stateDirectory);
    // Who is logged in when a policy comes keeps the way in; a restart is no new policy.
    this.#administrators =
      this.#inForce?.policyDigest === this.#policyDigest
        ? this.#inForce.administrators
        : administratorsNow(sshPortsNow());
    await this.#open();
    await this.#watch();
    await this.#inTurn(() => this.#enforce());
    this.#schedule(parsed.data);
  }

  health(): Health {
    const { allowList = [] } = this.#inForce ?? {};
    const figures = { ...this.#figures, allowListed: allowList.length, ...heldFigures(this.#held) };
    return { ...this.#state, figures };
  }

  /** Leaves the rules where they are: a machine is not open while its agent starts again. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    this.#context.provide('network-blocking', undefined);
    await this.#pause();
    await this.#sensor?.stop();
    await this.#firewall?.[Symbol.asyncDispose]();
    this.#state = { state: 'stopped', because: 'stopped', sinceMs: this.#context.now() };
  }

  async #open(): Promise<void> {
    if (this.#firewall !== undefined) return;
    const { stateDirectory, spawnWorker, program, log } = this.#context;
    this.#firewall = await openHostFirewall(
      stateDirectory,
      openNft(spawnWorker('nft', {})),
      program('watchdog'),
    );
    const { recovered } = this.#firewall;
    if (recovered.reverted.length > 0 || recovered.restored)
      log('rules were brought back after the agent was away', { ...recovered });
  }

  /** The thread that reads; started again when the policy asks for something else, or when it ended. */
  async #watch(): Promise<void> {
    const policy = this.#policy;
    if (policy === undefined) return;
    const { flows, flowSeconds, log } = policy;
    const task = { group: log.group, bytesPerPacket: log.bytesPerPacket, flows, flowSeconds };
    if (this.#sensor?.missing === undefined && this.#sensorTask === JSON.stringify(task)) return;
    await this.#sensor?.stop();
    this.#sensorTask = JSON.stringify(task);
    this.#sensor = new Sensor(this.#context, task, {
      seen: (seen) => this.#tell(seen),
      canary: (seen) => this.#canary.seen(seen),
    });
    await this.#sensor.ready;
  }

  /** Moves towards the policy as it must be here and now; whatever comes of it, health says. */
  async #enforce(): Promise<void> {
    const firewall = this.#firewall;
    if (firewall === undefined || this.#policy === undefined) return;
    const wanted = await this.#wanted(this.#policy);
    // Compiling ten thousand rules every minute to find them unchanged would be a waste of somebody’s machine.
    if (this.#effective?.key === wanted.key && this.#inForce !== undefined) this.#refused = undefined;
    else if (firewall.isConfirmed(wanted.policy, wanted.localAddresses)) await this.#known(wanted, firewall);
    else if (this.#refused?.key !== wanted.key || this.#context.now() >= this.#refused.retryAtMs)
      await this.#try(wanted, firewall);
    this.#say();
    this.#provide();
  }

  /** The rules are those that were confirmed before the agent started; what is not known of them is measured. */
  async #known(wanted: Wanted, firewall: HostFirewall): Promise<void> {
    this.#refused = undefined;
    const isRemembered =
      this.#inForce?.policyDigest === this.#policyDigest &&
      JSON.stringify(this.#inForce.administrators) === JSON.stringify(this.#administrators);
    this.#effective = wanted;
    if (isRemembered) return;
    // Nobody knows what the kernel has: what was confirmed is loaded again before it is measured.
    await firewall.putBack();
    await this.#remember(wanted, firewall);
  }

  async #try(wanted: Wanted, firewall: HostFirewall): Promise<void> {
    const wasReached = await this.#reach(0);
    try {
      const trial = await firewall.propose(wanted.policy, wanted.localAddresses);
      const patienceMs = Math.min(wanted.policy.confirmSeconds * 1_000 - REACH_MARGIN_MS, REACH_MS_MAX);
      const isReached = await this.#reach(patienceMs);
      if (isReached && firewall.confirm(trial.id) === 'confirmed') {
        this.#refused = undefined;
        this.#inconclusive = 0;
        this.#effective = wanted;
        await this.#remember(wanted, firewall);
        await this.#isolateAgain();
        this.#context.log('rules are in force', { rules: wanted.policy.rules.length });
        return;
      }
      await firewall.withdraw(trial.id);
      // Then the policy is not to blame: this process was kept from its work until the watchdog had to act.
      if (isReached)
        throw hostFirewallErrors.make('HFW_TOO_LATE', { confirmSeconds: wanted.policy.confirmSeconds });
    } catch (error) {
      const mayRetry = error instanceof DemarcError && error.retryable;
      this.#refuse(wanted.key, error instanceof Error ? error.message : String(error), mayRetry);
      return;
    }
    if (this.#abort.signal.aborted) return;
    // Where the platform is away anyway, a trial proves nothing against the policy.
    const isProved = wasReached || (await this.#reach(0));
    const because = isProved
      ? 'the platform was not reached under them'
      : 'the platform is not reached, with them or without';
    this.#refuse(wanted.key, hostFirewallErrors.make('HFW_TAKEN_BACK', { because }).message, !isProved);
  }

  #refuse(key: string, because: string, mayRetry: boolean): void {
    const pauseMs = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** this.#inconclusive);
    this.#inconclusive += 1;
    const retryAtMs = mayRetry ? this.#context.now() + pauseMs : Number.POSITIVE_INFINITY;
    this.#refused = { key, because, retryAtMs };
    this.#context.log('new rules are not in force', { because });
  }

  async #reach(patienceMs: number): Promise<boolean> {
    const endMs = performance.now() + patienceMs;
    do {
      if (this.#abort.signal.aborted) return false;
      const timer = new AbortController();
      const isReached = await Promise.race([
        this.#context.reachServer().catch(() => false),
        sleep(Math.max(REACH_PAUSE_MS * 10, endMs - performance.now()), false, {
          signal: timer.signal,
        }).catch(() => false),
      ]);
      timer.abort();
      if (isReached) return true;
      if (performance.now() < endMs) await sleep(REACH_PAUSE_MS);
    } while (performance.now() < endMs);
    return false;
  }

  async #remember({ policy }: Wanted, firewall: HostFirewall): Promise<void> {
    const digest = await firewall.digest();
    if (digest === undefined) return;
    this.#inForce = {
      digest,
      confirmedAtMs: this.#context.now(),
      mode: policy.mode,
      defaultIn: policy.defaultAction.in,
      allowList: policy.allowList,
      administrators: [...this.#administrators],
      policyDigest: this.#policyDigest,
    };
    writeInForce(this.#context.stateDirectory, this.#inForce);
  }

  async #wanted(policy: HostFirewallPolicy): Promise<Wanted> {
    const { server } = this.#context;
    const sshPorts = sshPortsNow();
    const present = administratorsNow(sshPorts);
    this.#administrators = this.#administrators.filter((one) => present.includes(one));
    // A machine whose network is down for a moment keeps the ways that it had.
    const before = (kind: string): readonly string[] =>
      this.#inForce?.allowList.filter(({ id }) => id.startsWith(`auto.${kind}`)).map(({ peer }) => peer) ??
      [];
    const orBefore = (now: readonly string[], kind: string): readonly string[] =>
      now.length > 0 ? now : before(kind);
    const own = allowListOf({
      server: await this.#platformAddresses(before('platform')),
      serverPort: portOf(server),
      gateways: orBefore(gatewaysNow(), 'gateway'),
      nameServers: orBefore(nameServersNow(), 'dns'),
      sshPorts,
      administrators: this.#administrators,
    });
    const effective = { ...policy, allowList: [...own, ...policy.allowList] };
    const localAddresses = localAddressesNow();
    const contexts = [...contextsOf(effective, localAddresses)].toSorted();
    const key = createHash('sha256')
      .update(JSON.stringify([effective, contexts]))
      .digest('hex');
    return { policy: effective, localAddresses, key };
  }

  async #platformAddresses(before: readonly string[]): Promise<readonly string[]> {
    const nowMs = this.#context.now();
    if (this.#platform.size === 0) for (const address of before) this.#platform.set(address, nowMs);
    try {
      for (const address of await addressesOf(this.#context.server)) this.#platform.set(address, nowMs);
    } catch (error) {
      this.#context.log('the platform’s name is not known at the moment', { because: String(error) });
    }
    const byAge = [...this.#platform].toSorted(([, a], [, b]) => b - a);
    for (const [index, [address, seenAtMs]] of byAge.entries())
      if (index >= PLATFORM_ADDRESSES_MAX || nowMs - seenAtMs > PLATFORM_ADDRESS_KEPT_MS)
        this.#platform.delete(address);
    return [...this.#platform.keys()];
  }

  #provide(): void {
    const firewall = this.#firewall;
    if (firewall === undefined || this.#abort.signal.aborted) return;
    // What is in force may be another policy than the one that is asked for.
    const mode = (): InForce['mode'] | undefined => this.#inForce?.mode;
    const allowList = (): InForce['allowList'] => this.#inForce?.allowList ?? [];
    this.#context.provide('network-blocking', {
      get drops() {
        return mode() === 'inline';
      },
      allowed: () => [...new Set(allowList().map(({ peer }) => peer))],
      block: async (range, seconds) => {
        await firewall.block(range, seconds);
        if (this.#blocked.size < BLOCKS_REMEMBERED_MAX)
          this.#blocked.set(range, this.#context.now() + seconds * 1_000);
      },
      unblock: async (range) => {
        this.#blocked.delete(range);
        await firewall.unblock(range);
      },
      blocked: async () => (await firewall.blocks()).map(({ address }) => address),
      isolate: (except, seconds) => this.#isolate(except, seconds),
    });
  }

  async #isolate(except: readonly string[] | undefined, seconds: number): Promise<void> {
    const { nft } = this.#firewall ?? {};
    const { log } = this.#policy ?? {};
    if (nft === undefined || log === undefined) return;
    const before = this.#isolation;
    const wanted =
      except === undefined ? undefined : { except, untilMs: this.#context.now() + seconds * 1_000 };
    // Before the kernel is asked, in the order in which it is: whoever asks meanwhile, a person or rules that are
    // confirmed, has the last word then here as well as there.
    this.#isolation = wanted;
    try {
      if (wanted === undefined) await nft.inTurn(() => nft.run(REMOVE_ISOLATION));
      else await isolate(nft, this.#allowList(), wanted.except, seconds, log);
    } catch (error) {
      if (this.#isolation === wanted) this.#isolation = before;
      throw error;
    }
    this.#say();
  }

  /** After a change of the allow-list, which always wins. */
  async #isolateAgain(): Promise<void> {
    const seconds = Math.floor(((this.#isolation?.untilMs ?? 0) - this.#context.now()) / 1_000);
    if (this.#isolation !== undefined && seconds > 0) await this.#isolate(this.#isolation.except, seconds);
    else this.#isolation = undefined;
  }

  #allowList(): HostFirewallPolicy['allowList'] {
    return this.#inForce?.allowList ?? this.#policy?.allowList ?? [];
  }

  /** Are the rules in the kernel those that were confirmed? Otherwise they are put back. */
  async #check(): Promise<void> {
    const { host, now } = this.#context;
    const firewall = this.#firewall;
    if (firewall === undefined) return;
    this.#forgetBlocks();
    const confirmed = this.#inForce;
    const presentDigest = await firewall.digest();
    const isTampered = confirmed !== undefined && presentDigest !== confirmed.digest;
    let wasPutBack = false;
    if (isTampered) {
      const atMs = now();
      wasPutBack = await this.#putBack(confirmed, firewall);
      const what = presentDigest === undefined ? 'removed' : 'changed';
      const found = { atMs, what, confirmedDigest: confirmed.digest, presentDigest, putBack: wasPutBack };
      await this.#emit([tamperedToOcsf({ ...found, what }, host)]);
      this.#context.log(`somebody else ${what} the rules in the kernel`, { wasPutBack });
    }
    const isHeld =
      !isTampered && this.#refused === undefined && confirmed?.policyDigest === this.#policyDigest;
    this.#held = isHeld ? { confirmedAtMs: confirmed.confirmedAtMs, foundAtMs: now() } : undefined;
    const finding = rulesEvidence({
      confirmedDigest: confirmed?.digest,
      presentDigest,
      mode: confirmed?.mode ?? 'tap',
      defaultIn: confirmed?.defaultIn ?? 'allow',
      notInForce: this.#refused?.because,
      wasPutBack,
    });
    await this.#context.evidence([finding], now());
    this.#say();
  }

  async #putBack(confirmed: InForce, firewall: HostFirewall): Promise<boolean> {
    try {
      if (!(await firewall.putBack())) return false;
      this.#figures.putBack += 1;
      // The library may write the same rules otherwise since it was updated; what we loaded is what was confirmed.
      const digest = await firewall.digest();
      await this.#blockAgain(firewall);
      if (digest !== undefined && digest !== confirmed.digest) {
        this.#inForce = { ...confirmed, digest };
        writeInForce(this.#context.stateDirectory, this.#inForce);
      }
      return digest !== undefined;
    } catch (error) {
      this.#context.log('the rules could not be put back', { because: String(error) });
      return false;
    }
  }

  /** Of what is still in the kernel, nothing is changed: a longer block is not shortened. */
  async #blockAgain(firewall: HostFirewall): Promise<void> {
    this.#forgetBlocks();
    const present = new Set((await firewall.blocks()).map(({ address }) => address));
    for (const [range, untilMs] of this.#blocked)
      if (!present.has(range))
        await firewall.block(range, Math.max(1, Math.round((untilMs - this.#context.now()) / 1_000)));
  }

  #forgetBlocks(): void {
    for (const [range, untilMs] of this.#blocked)
      if (untilMs <= this.#context.now()) this.#blocked.delete(range);
  }

  async #probe(): Promise<void> {
    const { policy, localAddresses } = this.#effective ?? {};
    const contexts = policy === undefined ? new Set<string>() : contextsOf(policy, localAddresses ?? []);
    const finding = await this.#canary.probe(policy, contexts, this.#sensor?.missing, this.#abort.signal);
    if (this.#abort.signal.aborted) return;
    this.#figures.canaryMs = Math.round(Number(finding.raw['returnedAfterMs'] ?? 0));
    await this.#context.evidence([finding], this.#context.now());
  }

  async #tell({ logged, flows, lost, conntrackOverruns }: Seen): Promise<void> {
    const { host } = this.#context;
    const events = [
      ...logged.entries.map((entry) => loggedToOcsf(entry, this.#policy, host)),
      ...flows.entries.map((flow) => flowToOcsf(flow, host)),
    ];
    for (const { packets } of logged.entries) this.#figures.loggedPackets += packets;
    for (const { connections } of flows.entries) this.#figures.connections += connections;
    this.#figures.lostPackets += lost;
    this.#drop('more kinds of logged packets than are told apart', logged.beyond, true);
    this.#drop('more kinds of connections than are told apart', flows.beyond, true);
    this.#drop('logged packets that were not read in time', lost, false);
    this.#drop('connections that were not read in time, at least', conntrackOverruns, false);
    await this.#emit(events);
  }

  async #emit(events: readonly OcsfEvent[]): Promise<void> {
    for (let at = 0; at < events.length; at += EVENTS_PER_EMIT) {
      const some = events.slice(at, at + EVENTS_PER_EMIT);
      try {
        await this.#context.emit(some);
        this.#figures.events += some.length;
      } catch (error) {
        this.#drop('events that could not be kept', some.length, false);
        this.#context.log('events could not be kept', { because: String(error) });
      }
    }
  }

  #drop(reason: string, count: number, meant: boolean): void {
    if (count > 0) this.#context.dropped({ stage: OWN_STAGE, reason, count, meant });
  }

  #schedule({ checkSeconds, canarySeconds }: HostFirewallPolicy): void {
    const every = (ms: number, work: () => Promise<void>): void => {
      this.#timers.push(
        setInterval(() => void this.#inTurn(work).catch((error: unknown) => this.#failed(error)), ms),
      );
    };
    every(checkSeconds * 1_000, () => this.#check());
    every(SURROUNDINGS_EVERY_MS, async () => {
      await this.#watch();
      await this.#enforce();
    });
    every(canarySeconds * 1_000, () => this.#probe());
    for (const first of [() => this.#check(), () => this.#probe()])
      void this.#inTurn(first).catch((error: unknown) => this.#failed(error));
  }

  /** One after the other: a check never meets a trial. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#work.then(() => (this.#abort.signal.aborted ? undefined : work()));
    this.#work = turn.catch(() => undefined);
    return turn;
  }

  async #pause(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers = [];
    await this.#work;
  }

  #failed(error: unknown): void {
    if (this.#abort.signal.aborted) return;
    const because = error instanceof Error ? error.message : String(error);
    // Without its library nothing here works: the room is started again, with growing pauses.
    this.#become('failed', because);
  }

  #say(): void {
    const problems: string[] = [];
    if (this.#refused !== undefined) problems.push(this.#refused.because);
    if (this.#sensor?.missing !== undefined)
      problems.push(`what rules log cannot be read: ${this.#sensor.missing}`);
    const notes =
      this.#sensor?.flowsMissing === undefined
        ? ''
        : `; connections are not reported: ${this.#sensor.flowsMissing}`;
    const { mode, defaultIn } = this.#inForce ?? {};
    const isIsolated = this.#isolation !== undefined && this.#isolation.untilMs > this.#context.now();
    const what =
      mode === undefined
        ? 'no rules are in force'
        : mode === 'tap'
          ? 'watching only (tap mode): nothing is dropped'
          : `rules are in force; what none decides is ${defaultIn === 'deny' ? 'dropped' : 'let in'}`;
    const isolated = isIsolated ? '; the machine is isolated' : '';
    const said = `${what}${isolated}${notes}`;
    if (problems.length === 0 && mode !== undefined) this.#become('healthy', said);
    else this.#become('degraded', [...problems, said].join('; '));
  }

  #become(state: Health['state'], because: string): void {
    const text = because.slice(0, 1_000);
    if (this.#state.state === state && this.#state.because === text) return;
    this.#state = { state, because: text, sinceMs: this.#context.now() };
  }
}

/** The probe's own device comes and goes, and is no place where a machine is. */
function localAddressesNow(): readonly string[] {
  return Object.entries(networkInterfaces()).flatMap(([name, addresses]) =>
    name === CANARY.interface ? [] : (addresses ?? []).map(({ address }) => address),
  );
}
