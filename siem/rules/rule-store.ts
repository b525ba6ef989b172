/** A tenant's own rule files and what it changed of rules, in PostgreSQL: every version is kept. */
import type { AnyDatabase, InTenant } from '@demarc/platform/stores';
import type { TenantScope } from '@demarc/platform/tenancy';
import { type Kysely, sql } from 'kysely';
import { ruleErrors } from './errors.ts';
import type { StoredOverlay } from './overlay.ts';

/** Files of one tenant; a public rule set has some four thousand. */
export const FILES_MAX = 20_000;
const VERSIONS_SHOWN_MAX = 100;

export interface RuleFile {
  readonly file: string;
  readonly version: number;
  readonly text: string;
}

export interface RuleFileVersion {
  readonly version: number;
  readonly text: string | null;
  readonly by: string;
  readonly atMs: number;
}

export interface OverlayRow {
  readonly ruleId: string;
  readonly version: number;
  readonly overlay: StoredOverlay;
  readonly by: string;
  readonly atMs: number;
}

export class RuleStore {
  readonly #inTenant: InTenant;
  readonly #now: () => number;

  constructor(options: { readonly inTenant: InTenant; now(): number }) {
    this.#inTenant = options.inTenant;
    this.#now = options.now;
  }

  /** As they are now, by name. */
  async files(tenant: TenantScope): Promise<readonly RuleFile[]> {
    return this.#inTenant(tenant, (db) => currentFiles(db, tenant));
  }

  async overlays(tenant: TenantScope): Promise<readonly OverlayRow[]> {
    return this.#inTenant(tenant, async (db) => {
      const { rows } = await sql<OverlayRow>`
        SELECT DISTINCT ON (rule_id) rule_id AS "ruleId", version, overlay, account_id AS by, at_ms AS "atMs"
        FROM siem_rule_overlay WHERE tenant_id = ${tenant.tenantId}
        ORDER BY rule_id, version DESC`.execute(db);
      return rows;
    });
  }

  /** Newest first. */
  async versionsOf(tenant: TenantScope, file: string): Promise<readonly RuleFileVersion[]> {
    return this.#inTenant(tenant, async (db) => {
      const { rows } = await sql<RuleFileVersion>`
        SELECT version, text, account_id AS by, at_ms AS "atMs" FROM siem_rule_file
        WHERE tenant_id = ${tenant.tenantId} AND file = ${file}
        ORDER BY version DESC LIMIT ${VERSIONS_SHOWN_MAX}`.execute(db);
      return rows;
    });
  }

  /**
   * Writes what is new or another text; `text` null takes a file away.
   *
   * @returns the names of the files that changed
   * @throws RULE_FILES_TOO_MANY; then nothing is written
   */
  async write(
    tenant: TenantScope,
    accountId: string,
    files: readonly { readonly file: string; readonly text: string | null }[],
  ): Promise<ReadonlySet<string>> {
    const atMs = this.#now();
    return this.#inTenant(tenant, async (db) => {
      await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`siem_rule_file ${tenant.tenantId}`}, 0))`.execute(
        db,
      );
      const before = new Map((await currentFiles(db, tenant)).map((found) => [found.file, found]));
      const changed = files.filter(({ file, text }) => (before.get(file)?.text ?? null) !== text);
      const added = changed.filter(({ file, text }) => text !== null && !before.has(file));
      if (before.size + added.length > FILES_MAX)
        throw ruleErrors.make('RULE_FILES_TOO_MANY', { filesMax: FILES_MAX });
      for (const { file, text } of changed) {
        await sql`
          INSERT INTO siem_rule_file (tenant_id, file, version, text, account_id, at_ms)
          SELECT ${tenant.tenantId}, ${file}, coalesce(max(version), 0) + 1, ${text}, ${accountId}, ${atMs}
          FROM siem_rule_file WHERE tenant_id = ${tenant.tenantId} AND file = ${file}`.execute(db);
      }
      return new Set(changed.map(({ file }) => file));
    });
  }

  /** @throws RULE_OVERLAY_OUTDATED when somebody changed it since `basedOn` */
  async setOverlay(
    tenant: TenantScope,
    accountId: string,
    change: { readonly ruleId: string; readonly basedOn: number; readonly overlay: StoredOverlay },
  ): Promise<void> {
    const atMs = this.#now();
    const written = await this.#inTenant(tenant, async (db) => {
      const result = await sql<{ readonly version: number }>`
        INSERT INTO siem_rule_overlay (tenant_id, rule_id, version, overlay, account_id, at_ms)
        SELECT ${tenant.tenantId}, ${change.ruleId}, ${change.basedOn} + 1,
          ${JSON.stringify(change.overlay)}::jsonb, ${accountId}, ${atMs}
        WHERE coalesce((SELECT max(version) FROM siem_rule_overlay
          WHERE tenant_id = ${tenant.tenantId} AND rule_id = ${change.ruleId}), 0) = ${change.basedOn}
        ON CONFLICT DO NOTHING RETURNING version`.execute(db);
      return result.rows.length > 0;
    });
    if (!written) throw ruleErrors.make('RULE_OVERLAY_OUTDATED', { ruleId: change.ruleId });
  }
}

async function currentFiles(db: Kysely<AnyDatabase>, tenant: TenantScope): Promise<readonly RuleFile[]> {
  const { rows } = await sql<RuleFile & { readonly text: string | null }>`
    SELECT DISTINCT ON (file) file, version, text FROM siem_rule_file
    WHERE tenant_id = ${tenant.tenantId} ORDER BY file, version DESC`.execute(db);
  return rows.filter(({ text }) => text !== null);
}
