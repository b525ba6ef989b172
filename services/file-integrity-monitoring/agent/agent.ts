/** Door: the room at work on one Linux host. */
import { mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join as joinPath } from 'node:path';
import type { Worker } from 'node:worker_threads';
import type { Health } from '@demarc/platform/contract';
import type { AgentRoom, AgentRoomContext, OcsfEvent, RunningRoom } from '@demarc/platform/contract/agent';
import type { ChangeManifest } from '@demarc/platform/contract/patching';
import * as z from 'zod';
import { fileIntegrityErrors } from '../errors.ts';
import { baselineEvidence, canaryEvidence } from '../evidence.ts';
import { FileIntegrityPolicy } from '../policy.ts';
import { fileIntegrityMonitoring } from '../service.ts';
import { Baseline, loadBaseline } from './baseline.ts';
import { compare } from './compare.ts';
import { Contents } from './contents.ts';
import { Differences } from './differences.ts';
import { Explainer } from './explain.ts';
import { fromLine, pathOfLine } from './line.ts';
import type { Lines } from './lines.ts';
import { Live, observed } from './live.ts';
import { excluder, fromUtf8, isBelow } from './paths.ts';
import { readNames } from './processes.ts';
import { type ScanResult, scan } from './scan.ts';
import type { SensorMessage, SensorTask } from './sensor.worker.ts';
import { announcementToOcsf, gapToOcsf } from './to-ocsf.ts';

export const fileIntegrityMonitoringAgent: AgentRoom = {
  service: fileIntegrityMonitoring,
  start: async (context) => new FileIntegrityRoom(context),
};

/** A canary that takes longer means that changes are not noticed in time. */
export const CANARY_BOUND_MS = 10_000;
const CANARY_NAME = 'demarc-canary';
const EVENTS_PER_EMIT = 500;
const SAVE_EVERY_MS = 60_000;
/** Gaps that come together are verified together. */
const GAP_GATHER_MS = 500;
/** Beyond that they are told again, which changes nothing. */
const TOLD_MAX = 1_000;

class FileIntegrityRoom implements RunningRoom {
  readonly #context: AgentRoomContext;
  readonly #contents: Contents;
  readonly #canaryFile: string;
  #policy: FileIntegrityPolicy | undefined;
  #baseline: Baseline | undefined;
  #signatureHolds = true;
  #sensor:
    | { readonly worker: Worker; readonly control: SharedArrayBuffer; alive: boolean; because: string }
    | undefined;
  #live: Live | undefined;
  #unwatchable: readonly { readonly path: string; readonly because: string }[] = [];
  /** Why the baseline on disk is older than the one in memory. */
  #unsaved: string | undefined;
  /** Why the parents of processes are not told by the kernel here. */
  #lineageMissing: string | undefined;
  #skippedCount = 0;
  #beyondBound = 0;
  #health: Health = { state: 'starting', because: 'waiting for policy', sinceMs: Date.now() };
  #timers: NodeJS.Timeout[] = [];
  #gaps = new Map<string, { readonly because: string; readonly sinceMs: number }>();
  #gapTimer: NodeJS.Timeout | undefined;
  #lastAliveMs: number;
  #work: Promise<void> = Promise.resolve();
  #abort = new AbortController();
  #canaryWaiting: ((seenAtMs: number) => void) | undefined;
  #disposed = false;
  readonly #explainer: Explainer;
  /** Announcements that the platform was told of. */
  readonly #told = new Set<string>();

  constructor(context: AgentRoomContext) {
    this.#context = context;
    this.#explainer = new Explainer(
      () => context.announcedChanges(),
      (manifest) => this.#heeded(manifest),
    );
    this.#contents = new Contents(context.stateDirectory);
    const canaryDirectory = joinPath(context.stateDirectory, 'canary');
    mkdirSync(canaryDirectory, { recursive: true, mode: 0o700 });
    this.#canaryFile = joinPath(realpathSync(canaryDirectory), CANARY_NAME);
    this.#lastAliveMs = context.now();
  }

  async apply(policy: unknown): Promise<void> {
    const parsed = FileIntegrityPolicy.safeParse(policy);
    if (!parsed.success)
      throw fileIntegrityErrors.make('FIM_POLICY_INVALID', { because: z.prettifyError(parsed.error) });
    await this.#stopWatching();
    this.#policy = parsed.data;
    this.#abort = new AbortController();
    this.#say('starting', 'starting the sensor');
    // Watching first, reading second: a change during the first reading is seen by one of the two.
    await this.#startSensor(parsed.data);
    this.#work = this.#firstReading(parsed.data).catch((error: unknown) => this.#failed(error));
  }

  health(): Health {
    const figures = {
      baselineEntries: this.#baseline?.size ?? 0,
      baselineEntriesMax: this.#policy?.entriesMax ?? 0,
      changesSeen: this.#live?.changesSeen ?? 0,
      changesPending: this.#live?.pendingCount ?? 0,
      pathsOnScheduleOnly: this.#unwatchable.length,
      skipped: this.#skippedCount,
      beyondBound: this.#beyondBound,
    };
    return { ...this.#health, figures };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    await this.#stopWatching();
    this.#save();
    this.#say('stopped', 'stopped');
  }

  /** The platform is told whose changes these are said to be: it knows which jobs it gave. */
  #heeded(manifest: ChangeManifest): void {
    const key = `${manifest.jobId} ${manifest.fromMs}`;
    if (this.#told.has(key)) return;
    if (this.#told.size >= TOLD_MAX) this.#told.clear();
    this.#told.add(key);
    const context = this.#context;
    const event = announcementToOcsf(manifest, context.host, context.now());
    context.emit([event]).catch((error: unknown) => {
      this.#told.delete(key);
      context.log('an announcement could not be told', { error: String(error) });
    });
  }

  #roots(policy: FileIntegrityPolicy): readonly string[] {
    // Real paths: on merged-/usr systems /bin is a link, and the kernel reports where it leads.
    const roots = policy.watch.flatMap((path) => {
      try {
        return [fromUtf8(realpathSync(path))];
      } catch {
        return [];
      }
    });
    const unique = [...new Set(roots)];
    return unique.filter((root) => !unique.some((other) => other !== root && isBelow(root, other)));
  }

  #exclude(policy: FileIntegrityPolicy): readonly string[] {
    return [...policy.exclude, this.#context.stateDirectory];
  }

  async #startSensor(policy: FileIntegrityPolicy): Promise<void> {
    const control = new SharedArrayBuffer(8);
    const canaryRoot = this.#canaryFile.slice(0, this.#canaryFile.lastIndexOf('/'));
    const task: SensorTask = {
      roots: [...this.#roots(policy), canaryRoot],
      exclude: policy.exclude,
      control,
    };
    const worker = this.#context.spawnWorker('sensor', task);
    const sensor = { worker, control, alive: false, because: 'starting' };
    this.#sensor = sensor;
    const ready = Promise.withResolvers<void>();
    worker.on('message', (message: SensorMessage) => {
      switch (message.kind) {
        case 'ready':
          sensor.alive = true;
          this.#unwatchable = message.unwatchable.filter(({ path }) => path !== canaryRoot);
          this.#lineageMissing = message.lineageMissing;
          for (const { path, because } of message.unwatchable)
            this.#context.log('cannot watch in real time', { path, because });
          ready.resolve();
          break;
        case 'failed':
          ready.reject(fileIntegrityErrors.make('FIM_NOT_PERMITTED', { because: message.because }));
          break;
        case 'changes':
          this.#take(message.changes);
          Atomics.sub(new Int32Array(control), 1, message.changes.length);
          break;
        case 'gap':
          this.#gap(message.path, message.because);
          break;
      }
    });
    worker.once('error', (error) => {
      sensor.because = error.message;
      ready.reject(error);
    });
    worker.once('exit', () => {
      const expected = Atomics.load(new Int32Array(control), 0) === 1;
      sensor.alive = false;
      if (expected || this.#disposed) return;
      sensor.because = `the sensor ended: ${sensor.because}`;
      this.#say('failed', sensor.because);
      ready.reject(new Error(sensor.because));
    });
    await ready.promise;
  }

  #early: Parameters<Live['take']>[0][number][] = [];

  /** Changes that arrive before the baseline is there are looked at after it. */
  #take(changes: Parameters<Live['take']>[0]): void {
    if (this.#live !== undefined) this.#live.take(changes);
    else {
      for (const change of changes)
        if (change.path === this.#canaryFile) this.#canaryWaiting?.(change.seenAtMs);
      this.#early.push(...changes);
      if (this.#early.length > 50_000) {
        this.#early = [];
        this.#gap(undefined, 'more changes during the first reading than can be kept');
      }
    }
  }

  async #firstReading(policy: FileIntegrityPolicy): Promise<void> {
    const { context, roots } = { context: this.#context, roots: this.#roots(policy) };
    const loaded = this.#load();
    const samePaths = loaded !== undefined && JSON.stringify(loaded.roots) === JSON.stringify(roots);
    const startedAtMs = context.now();
    if (samePaths) {
      const found = new Differences(loaded, roots);
      const result = await this.#scan(policy, roots, 'verification after the agent was away', (lines) =>
        found.take(lines),
      );
      this.#baseline = loaded;
      const because = 'the agent was not running';
      await this.#verified(found, result, roots, because, loaded.comparedAtMs, startedAtMs, true);
    } else {
      const baseline = new Baseline(roots, startedAtMs);
      const diffRoots = policy.diff.map(fromUtf8);
      await this.#scan(policy, roots, 'first baseline', (lines) => {
        baseline.add(lines);
        for (const line of lines.beginningWith(diffRoots)) this.#keepContent(policy, diffRoots, line);
      });
      this.#baseline = baseline;
    }
    this.#signatureHolds = true;
    this.#keep(this.#baseline);
    this.#startLive(policy);
    this.#healthy();
    this.#schedule(policy);
    await this.#heartbeat();
    await this.#canary();
  }

  #load(): Baseline | undefined {
    try {
      return loadBaseline(this.#context.stateDirectory, this.#context);
    } catch (error) {
      // A baseline that was tampered with is evidence against the host; a new one is taken all the same.
      this.#signatureHolds = false;
      this.#context.log('the baseline is not believed', { error: String(error) });
      const finding = baselineEvidence({
        nowMs: this.#context.now(),
        baseline: { takenAtMs: 0, entryCount: 0, digest: '', signatureHolds: false },
        lastComparisonAtMs: undefined,
        rescanIntervalSeconds: this.#policy?.rescanIntervalSeconds ?? 0,
        sensor: { alive: this.#sensor?.alive === true, because: '' },
        unwatchable: [],
      });
      void this.#context.evidence([finding], this.#context.now());
      return undefined;
    }
  }

  #startLive(policy: FileIntegrityPolicy): void {
    if (this.#baseline === undefined) return;
    const { host, now } = this.#context;
    this.#live = new Live({
      baseline: this.#baseline,
      contents: this.#contents,
      policy,
      host,
      emit: (events) => this.#context.emit(events),
      onGap: (path, because) => this.#gap(path, because),
      isCanary: (path) => path === this.#canaryFile,
      isExcluded: excluder(this.#exclude(policy)),
      explainer: this.#explainer,
      onCanary: (_path, seenAtMs) => this.#canaryWaiting?.(seenAtMs),
      now,
    });
    const early = this.#early;
    this.#early = [];
    this.#live.take(early);
  }

  #scan(
    policy: FileIntegrityPolicy,
    roots: readonly string[],
    what: string,
    onLines: (lines: Lines) => void,
  ): Promise<ScanResult> {
    return scan({
      onLines,
      roots,
      policy: { ...policy, exclude: [...this.#exclude(policy)] },
      spawn: (task) => this.#context.spawnWorker('scan', task),
      signal: this.#abort.signal,
      onProgress: (done, remainingSeconds) => {
        this.#health = {
          state: this.#baseline === undefined ? 'starting' : 'healthy',
          because: what,
          sinceMs: this.#health.sinceMs,
          progress: {
            done: Math.min(1, done),
            what,
            ...(remainingSeconds === undefined ? {} : { remainingSeconds }),
          },
        };
      },
    }).then((result) => {
      this.#skippedCount = result.skippedCount;
      this.#beyondBound = result.beyondBound;
      return result;
    });
  }

  /** Compares a reading of `roots` with the baseline, says what differs, and says that it had to be looked for. */
  async #verified(
    found: Differences,
    result: ScanResult,
    roots: readonly string[],
    because: string,
    fromMs: number,
    toMs: number,
    isGap: boolean,
  ): Promise<void> {
    const baseline = this.#baseline;
    const policy = this.#policy;
    if (baseline === undefined || policy === undefined) return;
    const users = readNames('/etc/passwd');
    const groups = readNames('/etc/group');
    const diffRoots = policy.diff.map(fromUtf8);
    const noticed = { atMs: toMs, notBeforeMs: fromMs };
    let events: OcsfEvent[] = [];
    const counts = new Map(roots.map((root) => [root, 0]));
    const say = async (path: string, change: ReturnType<typeof compare>): Promise<void> => {
      if (change === undefined) return;
      const root = roots.find((candidate) => isBelow(path, candidate));
      if (root !== undefined) counts.set(root, (counts.get(root) ?? 0) + 1);
      const names = { owner: users.get(change.entry.uid) ?? '', group: groups.get(change.entry.gid) ?? '' };
      const { host } = this.#context;
      const options = { contents: this.#contents, policy, host, explainer: this.#explainer };
      events.push(observed(change, 'verification', undefined, noticed, options, diffRoots, names));
      if (events.length >= EVENTS_PER_EMIT) {
        await this.#context.emit(events);
        events = [];
      }
    };
    for (const line of found.lines()) {
      const now = fromLine(line);
      const change = compare(baseline.get(now.path), now);
      baseline.set(now);
      await say(now.path, change);
    }
    for (const path of result.beyondBound > 0 ? [] : found.gone()) {
      const change = compare(baseline.get(path), undefined);
      baseline.delete(path);
      await say(path, change);
    }
    if (isGap) {
      for (const [path, changes] of counts)
        events.push(gapToOcsf({ path, because, fromMs, toMs, changes }, this.#context.host));
    }
    if (events.length > 0) await this.#context.emit(events);
    if (roots.length === baseline.roots.length) baseline.comparedAtMs = toMs;
  }

  #gap(path: string | undefined, because: string): void {
    const key = path ?? '';
    if (!this.#gaps.has(key)) this.#gaps.set(key, { because, sinceMs: this.#lastAliveMs });
    this.#gapTimer ??= setTimeout(() => {
      this.#gapTimer = undefined;
      this.#work = this.#work.then(() => this.#closeGaps()).catch((error: unknown) => this.#failed(error));
    }, GAP_GATHER_MS);
  }

  async #closeGaps(): Promise<void> {
    const policy = this.#policy;
    if (policy === undefined || this.#baseline === undefined || this.#disposed) return;
    const gaps = [...this.#gaps];
    this.#gaps.clear();
    const whole = gaps.find(([path]) => path === '');
    const wanted = whole === undefined ? gaps.map(([path]) => path) : [...this.#roots(policy)];
    const roots = wanted.filter((root) => !wanted.some((other) => other !== root && isBelow(root, other)));
    const because = (whole ?? gaps[0])?.[1].because ?? '';
    const fromMs = Math.min(...gaps.map(([, gap]) => gap.sinceMs));
    const found = new Differences(this.#baseline, roots);
    const result = await this.#scan(policy, roots, 'verifying what was not watched', (lines) =>
      found.take(lines),
    );
    await this.#verified(found, result, roots, because, fromMs, this.#context.now(), true);
    this.#healthy();
  }

  #schedule(policy: FileIntegrityPolicy): void {
    const every = (seconds: number, work: () => Promise<void>): void => {
      this.#timers.push(
        setInterval(() => {
          this.#work = this.#work.then(work).catch((error: unknown) => this.#failed(error));
        }, seconds * 1_000),
      );
    };
    every(policy.heartbeatSeconds, () => this.#heartbeat());
    every(policy.canarySeconds, () => this.#canary());
    every(policy.rescanIntervalSeconds, () => this.#rescan());
    this.#timers.push(setInterval(() => this.#save(), SAVE_EVERY_MS));
  }

  async #rescan(): Promise<void> {
    const policy = this.#policy;
    if (policy === undefined || this.#baseline === undefined) return;
    const roots = this.#roots(policy);
    const from = this.#baseline.comparedAtMs;
    const found = new Differences(this.#baseline, roots);
    const because = 'scheduled verification';
    const result = await this.#scan(policy, roots, because, (lines) => found.take(lines));
    await this.#live?.settled();
    await this.#verified(found, result, roots, because, from, this.#context.now(), false);
    this.#save();
    this.#healthy();
  }

  async #heartbeat(): Promise<void> {
    const { now } = this.#context;
    this.#lastAliveMs = now();
    const baseline = this.#baseline;
    const finding = baselineEvidence({
      nowMs: now(),
      baseline:
        baseline === undefined
          ? undefined
          : {
              takenAtMs: baseline.takenAtMs,
              entryCount: baseline.size,
              digest: baseline.digest,
              signatureHolds: this.#signatureHolds,
            },
      lastComparisonAtMs: baseline?.comparedAtMs,
      rescanIntervalSeconds: this.#policy?.rescanIntervalSeconds ?? 0,
      sensor: { alive: this.#sensor?.alive === true, because: this.#sensor?.because ?? 'not started' },
      unwatchable: this.#unwatchable.map(({ path }) => path),
    });
    await this.#context.evidence([finding], now());
  }

  /** Touches a watched file and waits for the change to come back through the same sensor as everything else. */
  async #canary(): Promise<void> {
    const startedAtMs = this.#context.now();
    const back = Promise.withResolvers<number | undefined>();
    this.#canaryWaiting = (seenAtMs) => back.resolve(Math.max(0, seenAtMs - startedAtMs));
    const timer = setTimeout(() => back.resolve(undefined), CANARY_BOUND_MS);
    let obstacle: string | undefined;
    try {
      writeFileSync(this.#canaryFile, `${startedAtMs}\n`, { mode: 0o600 });
    } catch (error) {
      obstacle = error instanceof Error ? error.message : String(error);
      back.resolve(undefined);
    }
    const returnedAfterMs = await back.promise;
    clearTimeout(timer);
    this.#canaryWaiting = undefined;
    const facts = {
      returnedAfterMs,
      boundMs: CANARY_BOUND_MS,
      ...(obstacle === undefined ? {} : { obstacle }),
    };
    await this.#context.evidence([canaryEvidence(facts)], this.#context.now());
  }

  #keepContent(policy: FileIntegrityPolicy, diffRoots: readonly string[], line: string): void {
    const path = pathOfLine(line);
    if (!diffRoots.some((root) => isBelow(path, root))) return;
    const entry = fromLine(line);
    if (entry.type === 'file' && entry.size <= policy.diffSizeBytesMax)
      this.#contents.keep(path, entry.sha256, policy.diffSizeBytesMax);
  }

  #save(): void {
    const baseline = this.#baseline;
    if (baseline === undefined) return;
    baseline.comparedAtMs = Math.max(
      baseline.comparedAtMs,
      this.#sensor?.alive === true ? this.#lastAliveMs : 0,
    );
    this.#keep(baseline);
  }

  /** A disk without room is no reason to stop watching; the older baseline stays, and is compared with later. */
  #keep(baseline: Baseline | undefined): void {
    try {
      baseline?.save(this.#context.stateDirectory, this.#context);
      if (this.#unsaved === undefined) return;
      this.#unsaved = undefined;
    } catch (error) {
      const because = error instanceof Error ? error.message : String(error);
      if (this.#unsaved === undefined) this.#context.log('the baseline could not be written', { because });
      this.#unsaved = because;
    }
    this.#healthy();
  }

  #healthy(): void {
    const count = this.#baseline?.size ?? 0;
    const lineage =
      this.#lineageMissing === undefined
        ? ''
        : `; of processes that live for a moment, user and parent may be missing: ${this.#lineageMissing}`;
    if (this.#unsaved !== undefined)
      this.#say('degraded', `watching ${count} files and directories; not kept on disk: ${this.#unsaved}`);
    else if (this.#unwatchable.length === 0)
      this.#say('healthy', `watching ${count} files and directories in real time${lineage}`);
    else {
      const paths = this.#unwatchable.map(({ path, because }) => `${path} (${because})`).join(', ');
      this.#say('degraded', `watching ${count} files and directories; on schedule only: ${paths}${lineage}`);
    }
  }

  #failed(error: unknown): void {
    if (this.#disposed || this.#abort.signal.aborted) return;
    this.#say('failed', error instanceof Error ? error.message : String(error));
  }

  #say(state: Health['state'], because: string): void {
    this.#health = { state, because: because.slice(0, 1_000), sinceMs: this.#context.now() };
  }

  async #stopWatching(): Promise<void> {
    this.#abort.abort();
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers = [];
    clearTimeout(this.#gapTimer);
    this.#gapTimer = undefined;
    this.#live?.stop();
    await this.#live?.settled();
    this.#live = undefined;
    const sensor = this.#sensor;
    this.#sensor = undefined;
    if (sensor !== undefined) {
      const control = new Int32Array(sensor.control);
      Atomics.store(control, 0, 1);
      Atomics.notify(control, 0);
      await Promise.race([
        new Promise((resolve) => sensor.worker.once('exit', resolve)),
        new Promise((resolve) => setTimeout(resolve, 2_000)),
      ]);
      await sensor.worker.terminate();
    }
    await this.#work;
  }
}
