/** The road through the server; read it top to bottom. */
import { setImmediate as breath } from 'node:timers/promises';
import type { OcsfEvent } from '@demarc/platform/contract/agent';
import type { Receipt } from '@demarc/platform/link';
import type { TenantScope } from '@demarc/platform/tenancy';
import { accept, type Rejected } from './accept.ts';
import { recall, remember } from './batches.ts';
import { detect } from './detect/detect.ts';
import { enrich } from './enrich.ts';
import { siemErrors } from './errors.ts';
import { storedBefore, storedElsewhere } from './known.ts';
import { type Load, newLoad } from './load.ts';
import { publish } from './publish.ts';
import type { TenantRules } from './rules/rulesets.ts';
import type { Siem } from './siem.ts';
import { store } from './store.ts';

/** Events that are worked on without letting anyone else have the event loop: some two milliseconds. */
const EVENTS_PER_STEP = 250;

export interface Batch {
  /** SHA-256 (hex) of the record lines: the same bytes have the same token, however often they come. */
  readonly batchToken: string;
  readonly assetId: string;
  /** Read once or twice, from the start each time; records that cannot be read come as their rejection. */
  readonly events: Iterable<BatchEvent | Rejected>;
  /** Records that are neither; they end in quarantine and in the receipt like invalid events. */
  readonly malformed?: readonly Rejected[];
  /** About how many bytes the rows will take. */
  readonly bytesHint?: number;
  /**
   * No other batch ever had these uids, nor will, and this one has none twice: they were given here, and the cut
   * is written down. Nothing is looked for in the store then, whatever clocks the records have.
   */
  readonly isSoleOwner?: boolean;
}

export interface BatchEvent {
  /** The record's place in the batch, for the receipt. */
  readonly index: number;
  readonly event: OcsfEvent;
  /** The JSON it was read from, to be kept as it was sent; without it the event is written anew. */
  readonly json?: Uint8Array | undefined;
  /**
   * Made here for this reading alone, by a parser that validated it: it is not validated again, and what the
   * server knows is put into the event itself. Never of what somebody sent as OCSF.
   */
  readonly isMadeHere?: true;
}

/**
 * Carries one batch from the link to the store and to whoever watches.
 *
 * Any step may be cut off by a crash; sending the same batch again ends in the same rows, counted once.
 *
 * @throws SIEM_STORE_UNAVAILABLE, SIEM_LEDGER_UNAVAILABLE, SIEM_BUSY; then nothing was acknowledged and
 *   the sender keeps the batch
 */
export async function carry(siem: Siem, tenant: TenantScope, batch: Batch): Promise<Receipt> {
  return siem.turns.take(tenant.tenantId, batch.assetId, async () => {
    let load = await prepare(siem, tenant, batch, siem.now());
    if (load.isEmpty) return receiptOf(batch, load);
    const arrival = await recall(siem, tenant, batch, load.timeMaxMs);
    if (arrival.receipt !== undefined) return repeated(siem, arrival.receipt);
    // One that was cut off is judged by the instant of its first arrival, and gives the same rows.
    if (arrival.isRepeat) load = await prepare(siem, tenant, batch, arrival.receivedAtMs);
    const stored = arrival.isRepeat ? await storedBefore(siem, tenant, batch, load) : new Set<string>();
    if (batch.isSoleOwner !== true) load.leaveOut(await storedElsewhere(siem, tenant, batch, arrival, load));
    await store(siem, tenant, batch, load, stored);
    // Before the receipt: a batch that comes again is observed again, and one that was received never is.
    const found = await siem.correlator.observe(tenant, load.counted);
    const receipt = receiptOf(batch, load);
    await remember(siem, tenant, batch, receipt, load.counts);
    publish(siem, tenant, load.live);
    siem.deliveries.hand(tenant, found);
    return receipt;
  });
}

/** The part of the road that needs nobody else: what is an event, what does the server know, which rule matches. */
async function prepare(siem: Siem, tenant: TenantScope, batch: Batch, receivedAtMs: number): Promise<Load> {
  const [load, rules] = await Promise.all([
    newLoad(siem, tenant, batch, receivedAtMs),
    // The batch is judged as a whole by what holds now; a change in between is for the next one.
    rulesOf(siem, tenant),
  ]);
  load.rejected.push(...(batch.malformed ?? []));
  const source = batch.events[Symbol.iterator]();
  while (step(siem, tenant, rules, batch, load, source)) await breath();
  return load;
}

/** Rules that cannot be had are a reason to come again: an event that nobody judged would be lost to detection. */
async function rulesOf(siem: Siem, tenant: TenantScope): Promise<TenantRules> {
  try {
    return await siem.rulesets.of(tenant);
  } catch (error) {
    const because = error instanceof Error ? error.message.slice(0, 300) : String(error);
    throw siemErrors.make('SIEM_LEDGER_UNAVAILABLE', { because }, { cause: error });
  }
}

/**
 * Takes the next events into the load; false when there are no more.
 *
 * A function of its own so that nothing of a step is held while others have their turn: what is held when
 * the collector runs is copied by it.
 */
function step(
  siem: Siem,
  tenant: TenantScope,
  rules: TenantRules,
  batch: Batch,
  load: Load,
  source: Iterator<BatchEvent | Rejected>,
): boolean {
  const events: (BatchEvent | Rejected)[] = [];
  // Not `take`, which would close the source for the steps after this one.
  for (let next = source.next(); next.done !== true; next = source.next()) {
    if (events.push(next.value) === EVENTS_PER_STEP) break;
  }
  const accepted = accept(events, load);
  const enriched = enrich(tenant, batch.assetId, load.receivedAtMs, accepted);
  const { findings, counted } = detect(siem, tenant, rules, enriched);
  load.add(enriched, findings);
  load.count(counted);
  return events.length === EVENTS_PER_STEP;
}

function receiptOf({ batchToken }: Batch, load: Load): Receipt {
  return {
    batchToken,
    acceptedCount: load.counts.accepted,
    duplicateCount: load.duplicateCount,
    rejected: load.rejected.map(({ index, code, detail }) => ({ index, code, detail })),
  };
}

/** What was accepted then is a duplicate now. */
function repeated(siem: Siem, receipt: Receipt): Receipt {
  siem.figures.repeatedBatches += 1;
  return { ...receipt, acceptedCount: 0, duplicateCount: receipt.acceptedCount + receipt.duplicateCount };
}
