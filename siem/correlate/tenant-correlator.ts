/** One tenant's engine and its journal. Calls come one at a time (`correlator.ts`); one that throws is the last. */
import {
  type BaseMatch,
  CorrelationEngine,
  type CorrelationFinding,
  type LinkedCorrelations,
} from '@demarc/platform/sigma/correlation';
import type { TenantScope } from '@demarc/platform/tenancy';
import type { CorrelatorFigures, CorrelatorOptions } from './correlator.ts';
import {
  findingsOf,
  type Made,
  prune,
  ROWS_PER_READ,
  readClock,
  readJournal,
  readWaiting,
  writeClock,
  writeFindings,
  writeMatches,
} from './ledger.ts';
import { keptOf } from './values.ts';

const PRUNE_EVERY_MS = 60_000;
/** As long as batches are known (`batches.ts`): what comes again after that is no repetition to anyone. */
const FINDINGS_KEPT_MS = 45 * 86_400_000;
/** Who was handed a finding has this long to store it. */
const HAND_OUT_AGAIN_MS = 60_000;
const HAND_OUT_MAX = 1_000;
/** int8 has no minus infinity. */
const CLOCK_MS_MIN = 0;

interface HandedOut {
  readonly finding: CorrelationFinding;
  atMs: number;
}

export class TenantCorrelator {
  readonly #tenant: TenantScope;
  readonly #options: CorrelatorOptions;
  readonly #engine: CorrelationEngine;
  readonly #fieldsWanted: LinkedCorrelations['fieldsWanted'];
  readonly #handedOut = new Map<string, HandedOut>();
  #prunedAtMs = 0;

  private constructor(tenant: TenantScope, options: CorrelatorOptions, linked: LinkedCorrelations) {
    this.#tenant = tenant;
    this.#options = options;
    this.#engine = new CorrelationEngine(linked.correlations, options.limits);
    this.#fieldsWanted = linked.fieldsWanted;
  }

  static async open(
    tenant: TenantScope,
    options: CorrelatorOptions,
    linked: LinkedCorrelations,
  ): Promise<TenantCorrelator> {
    const opened = new TenantCorrelator(tenant, options, linked);
    await opened.#replay();
    return opened;
  }

  async observe(matches: readonly BaseMatch[]): Promise<readonly CorrelationFinding[]> {
    const wanted = matches
      .filter(({ ruleId }) => this.#engine.listensTo(ruleId))
      .map((match) => keptOf(match, this.#fieldsWanted.get(match.ruleId) ?? []))
      .sort((a, b) => a.timeMs - b.timeMs);
    if (wanted.length === 0) return [];
    const nowMs = this.#options.now();
    // A clock that is ahead must not make everybody else late.
    const clockMs = Math.min(wanted.at(-1)?.timeMs ?? 0, nowMs);
    return this.#decide(wanted, clockMs, nowMs);
  }

  async tick(nowMs: number): Promise<readonly CorrelationFinding[]> {
    const again = this.#handOutAgain(nowMs);
    const isDue = this.#engine.nextClockMs <= nowMs || nowMs - this.#prunedAtMs >= PRUNE_EVERY_MS;
    // Where nothing is decided, nothing needs to be written down.
    if (!isDue) this.#engine.advance(nowMs);
    return isDue ? [...again, ...(await this.#decide([], nowMs, nowMs))] : again;
  }

  forgetDelivered(uids: readonly string[]): void {
    for (const uid of uids) this.#handedOut.delete(uid);
  }

  figures(): CorrelatorFigures {
    return { ...this.#engine.figures(), waiting: this.#handedOut.size };
  }

  async #decide(
    wanted: readonly BaseMatch[],
    clockMs: number,
    nowMs: number,
  ): Promise<readonly CorrelationFinding[]> {
    const tenant = this.#tenant;
    const engine = this.#engine;
    const findings = await this.#options.inTenant(tenant, async (db) => {
      const fresh = await writeMatches(db, tenant, wanted, Math.max(engine.clockMs, CLOCK_MS_MIN));
      const made: Made[] = fresh.flatMap((match) =>
        engine.add(match).map((finding) => ({ finding, causeUid: match.eventUid })),
      );
      made.push(...engine.advance(clockMs).map((finding) => ({ finding, causeUid: undefined })));
      const found = await writeFindings(db, tenant, made, nowMs);
      if (made.length > 0 || fresh.length > 0)
        await writeClock(db, tenant, Math.max(engine.clockMs, CLOCK_MS_MIN));
      await this.#prune(db, nowMs);
      if (fresh.length === wanted.length) return found;
      const repeated = await findingsOf(db, tenant, repeatedOf(wanted, fresh));
      return [...new Map([...repeated, ...found].map((finding) => [finding.uid, finding])).values()];
    });
    for (const finding of findings) this.#handedOut.set(finding.uid, { finding, atMs: nowMs });
    return findings;
  }

  async #prune(db: Parameters<typeof prune>[0], nowMs: number): Promise<void> {
    if (nowMs - this.#prunedAtMs < PRUNE_EVERY_MS) return;
    this.#prunedAtMs = nowMs;
    const matchesMs = this.#engine.watermarkMs - this.#engine.keepMsMax;
    if (!Number.isFinite(matchesMs)) return;
    await prune(db, this.#tenant, { matchesMs, findingsMs: nowMs - FINDINGS_KEPT_MS });
  }

  /** The engine as it was: what it finds now was written down with the matches that it follows from. */
  async #replay(): Promise<void> {
    const engine = this.#engine;
    let seq = 0;
    for (let isWhole = false; !isWhole; ) {
      const journal = await this.#options.inTenant(this.#tenant, (db) => readJournal(db, this.#tenant, seq));
      for (const entry of journal) {
        engine.advance(entry.clockMs);
        engine.add(entry.match);
        ({ seq } = entry);
      }
      isWhole = journal.length < ROWS_PER_READ;
    }
    const { clockMs, waiting } = await this.#options.inTenant(this.#tenant, async (db) => ({
      clockMs: await readClock(db, this.#tenant),
      waiting: await readWaiting(db, this.#tenant),
    }));
    if (clockMs !== undefined) engine.advance(clockMs);
    // The batches that they were handed to come again first, as a rule.
    const atMs = this.#options.now();
    for (const finding of waiting) this.#handedOut.set(finding.uid, { finding, atMs });
  }

  #handOutAgain(nowMs: number): readonly CorrelationFinding[] {
    const again: CorrelationFinding[] = [];
    for (const handedOut of this.#handedOut.values()) {
      if (nowMs - handedOut.atMs < HAND_OUT_AGAIN_MS) continue;
      handedOut.atMs = nowMs;
      if (again.push(handedOut.finding) === HAND_OUT_MAX) break;
    }
    return again;
  }
}

function repeatedOf(wanted: readonly BaseMatch[], fresh: readonly BaseMatch[]): readonly string[] {
  const isFresh = new Set(fresh);
  return [...new Set(wanted.filter((match) => !isFresh.has(match)).map(({ eventUid }) => eventUid))];
}
