/** What the tests of this folder share: an intake over a directory of its own, and a road that is only pretended. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SourceAccounting, SourceSettings } from '@demarc/platform/contract/intake';
import type { Receipt } from '@demarc/platform/link';
import type { TenantScope } from '@demarc/platform/tenancy';
import type { Batch, BatchEvent } from '../carry.ts';
import { total } from './accounting.ts';
import { baseEvent } from './batch.ts';
import type { Block } from './record.ts';
import type { SourceDefinition, SourceDeps } from './source.ts';

export function scratch(): { readonly directory: string } & Disposable {
  const directory = mkdtempSync(join(tmpdir(), 'demarc-intake-'));
  return { directory, [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }) };
}

export function definitionFor(
  tenant: TenantScope,
  settings: SourceSettings,
  more: Partial<SourceDefinition> = {},
): SourceDefinition {
  return {
    tenant,
    sourceId: randomUUID(),
    name: settings.kind,
    settings,
    limits: { eventsPerSecond: 10_000_000, bytesPerSecond: 10_000_000_000 },
    enabled: true,
    tokenHash: undefined,
    signingSecret: undefined,
    fingerprint: undefined,
    ...more,
  };
}

/** Takes batches as the road does: a uid counts once. */
export class PretendedRoad {
  readonly texts = new Map<string, string>();
  readonly tokens: string[] = [];
  failure: Error | undefined;

  async carry(batch: Batch): Promise<Receipt> {
    if (this.failure !== undefined) throw this.failure;
    let acceptedCount = 0;
    let duplicateCount = 0;
    for (const { event } of batch.events as Iterable<BatchEvent>) {
      if (this.texts.has(event.metadata.uid)) duplicateCount += 1;
      else acceptedCount += 1;
      this.texts.set(event.metadata.uid, String(event['raw_data']));
    }
    this.tokens.push(batch.batchToken);
    return { batchToken: batch.batchToken, acceptedCount, duplicateCount, rejected: [] };
  }
}

export function depsFor(directory: string, road: PretendedRoad, more: Partial<SourceDeps> = {}): SourceDeps {
  return {
    directory,
    normalise: baseEvent,
    carry: (_tenant, batch) => road.carry(batch),
    spoolBytesMax: 67_108_864,
    freeBytesMin: 0,
    lingerMs: 5,
    now: Date.now,
    monotonic: () => performance.now(),
    log: () => undefined,
    ...more,
  };
}

/** Texts as one block. */
export function blockOf(texts: readonly string[], more: Partial<Block> = {}): Block {
  const bytes = Buffer.from(texts.join(''));
  const bounds = new Uint32Array(texts.length * 2);
  let at = 0;
  for (const [index, text] of texts.entries()) {
    bounds[index * 2] = at;
    at += Buffer.byteLength(text);
    bounds[index * 2 + 1] = at;
  }
  return { format: 'text', receivedAtMs: Date.now(), peer: '192.0.2.7', about: {}, bounds, bytes, ...more };
}

/** Whether the two sums hold (`accounting.ts`); says what does not. */
export function imbalance(found: SourceAccounting): string | undefined {
  const { received, waiting, parsed, unparsed, stored, duplicates } = found;
  const arrived = total(found.refused) + total(found.dropped) + waiting + parsed + unparsed;
  const left = stored + duplicates + total(found.quarantined);
  if (received !== arrived) return `received ${received} is not ${arrived}`;
  return parsed + unparsed === left ? undefined : `parsed and unparsed ${parsed + unparsed} is not ${left}`;
}

export async function untilTrue(what: () => boolean | Promise<boolean>, timeoutMs = 15_000): Promise<void> {
  for (const deadline = Date.now() + timeoutMs; !(await what()); ) {
    if (Date.now() > deadline) throw new Error(`it did not come about in ${timeoutMs / 1_000} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
