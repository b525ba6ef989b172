/** The parts that are no process: the record of the tenant, and the rules that everything is judged by. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Integrity } from '@demarc/assurance';
import type { PlatformStatus } from '@demarc/platform/contract/api';

type Part = PlatformStatus['parts'][number];

const NAMED_MAX = 5;

/** Ledger and evidence of one tenant as a part that is healthy or failed. */
export function recordParts(
  { recordCount, brokenAt, missing, evidenceCount, changed }: Integrity & { readonly missing: number },
  nowMs: number,
): readonly Part[] {
  const ledger =
    brokenAt !== undefined
      ? `record ${brokenAt} was changed after it was written`
      : missing > 0
        ? `it ends at record ${recordCount}, and ${missing} more were written: an older state was restored`
        : undefined;
  const evidence =
    changed.length === 0
      ? undefined
      : `${changed.length} of ${evidenceCount} were changed after they were signed: ${changed
          .slice(0, NAMED_MAX)
          .map(({ rule, uid }) => `${rule} ${uid.slice(0, 16)}`)
          .join(', ')}`;
  return [
    part('ledger', ledger, `${recordCount} records hold`, nowMs),
    part('evidence store', evidence, `${evidenceCount} pieces of evidence hold`, nowMs),
  ];
}

/** Files that decide what counts and what is found: as they are on disk, against as they were when they were read. */
export class RuleFiles {
  readonly #files: readonly string[];
  readonly #then: string;
  readonly #now: () => number;

  /** @param locations files, and folders of which every file counts, also those in folders within */
  constructor(locations: readonly URL[], now: () => number) {
    this.#files = locations.flatMap((location) =>
      location.pathname.endsWith('/')
        ? readdirSync(location, { recursive: true, withFileTypes: true })
            .filter((entry) => entry.isFile())
            .map(({ parentPath, name }) => join(parentPath, name))
            .sort()
        : [fileURLToPath(location)],
    );
    this.#then = fingerprint(this.#files);
    this.#now = now;
  }

  /** No part where the files may not be read any more: the server gave its rights up, and says nothing of them. */
  parts(): readonly Part[] {
    let changed: string | undefined;
    try {
      if (fingerprint(this.#files) !== this.#then)
        changed = 'catalogue or detections on disk are not those that were read at start';
    } catch (error) {
      if ((error as { readonly code?: string }).code === 'EACCES') return [];
      changed = `catalogue or detections cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    }
    return [part('rules', changed, `${this.#files.length} files are as they were read`, this.#now())];
  }
}

function fingerprint(files: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of files) hash.update(file).update('\0').update(readFileSync(file));
  return hash.digest('hex');
}

function part(name: string, failed: string | undefined, healthy: string, sinceMs: number): Part {
  const health = { state: failed === undefined ? ('healthy' as const) : ('failed' as const), sinceMs };
  return {
    name,
    pid: null,
    restartCount: 0,
    health: { ...health, because: (failed ?? healthy).slice(0, 1_000) },
  };
}
