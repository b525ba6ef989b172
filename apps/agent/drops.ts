/** Counts what was lost until the server has been told, also over restarts. */
import { join } from 'node:path';
import type { DropRecord } from '@demarc/platform/contract';
import { readState, writeState } from './files.ts';

const KINDS_MAX = 200;

export class Drops {
  readonly #file: string;
  readonly #counts = new Map<string, DropRecord>();

  constructor(directory: string) {
    this.#file = join(directory, 'drops.json');
    for (const record of readState<readonly DropRecord[]>(this.#file) ?? [])
      this.#counts.set(keyOf(record), record);
  }

  add(record: DropRecord): void {
    const known = this.#counts.get(keyOf(record));
    const reason = known === undefined && this.#counts.size >= KINDS_MAX ? 'other reasons' : record.reason;
    const merged = { ...record, reason, count: record.count + (known?.count ?? 0) };
    this.#counts.set(keyOf(merged), merged);
    this.#save();
  }

  pending(): readonly DropRecord[] {
    return [...this.#counts.values()];
  }

  /** Takes off what the server knows now; what was added meanwhile stays. */
  told(records: readonly DropRecord[]): void {
    if (records.length === 0) return;
    for (const record of records) {
      const left = (this.#counts.get(keyOf(record))?.count ?? 0) - record.count;
      if (left > 0) this.#counts.set(keyOf(record), { ...record, count: left });
      else this.#counts.delete(keyOf(record));
    }
    this.#save();
  }

  #save(): void {
    try {
      writeState(this.#file, this.pending(), false);
    } catch {
      // A full disk: they are still counted here, and told with the next exchange.
    }
  }
}

function keyOf(record: DropRecord): string {
  return `${record.stage}\0${record.reason}\0${record.meant}`;
}
