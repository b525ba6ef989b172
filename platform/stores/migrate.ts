/** Brings the schema to what the code expects; runs as the owner, in one transaction a migration. */
import { Kysely, PostgresDialect } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import pg from 'pg';
import { storesErrors } from './errors.ts';
import { clientConfig, type PostgresConnection } from './postgres.ts';

/**
 * @param migrations by name; names sort in the order they run, and carry their owner's prefix
 * @returns the names that ran now
 * @throws STORES_MIGRATION_FAILED
 */
export async function migrate(
  ownerConnection: PostgresConnection,
  migrations: Readonly<Record<string, Migration>>,
): Promise<readonly string[]> {
  const pool = new pg.Pool({ ...clientConfig(ownerConnection), max: 2 });
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  try {
    const migrator = new Migrator({
      db,
      provider: { getMigrations: async () => ({ ...migrations }) },
      // Rooms bring migrations of their own: a later one of one room may sort before an older one of another.
      allowUnorderedMigrations: true,
    });
    const { results, error } = await migrator.migrateToLatest();
    if (error !== undefined) {
      const failed = results?.find((result) => result.status === 'Error')?.migrationName ?? '(none)';
      const because = error instanceof Error ? error.message : String(error);
      throw storesErrors.make('STORES_MIGRATION_FAILED', { migration: failed, because }, { cause: error });
    }
    return (results ?? [])
      .filter((result) => result.status === 'Success')
      .map((result) => result.migrationName);
  } finally {
    await db.destroy();
  }
}
