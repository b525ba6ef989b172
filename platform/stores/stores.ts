/** Door: what the server and the tests open stores with. The engines behind them are in `./engines`. */
export { type ClickHouseConnection, openClickHouse, prepareExternalClickHouse } from './clickhouse.ts';
export { storesErrors } from './errors.ts';
export { migrate } from './migrate.ts';
export {
  type AnyDatabase,
  type InTenant,
  openPostgres,
  type PostgresConnection,
  type PostgresStore,
} from './postgres.ts';
export { asServer, prepareExternalPostgres } from './postgres-external.ts';
export { grantPlatformTable, protectTenantTable, type TableGrant } from './tenant-table.ts';
