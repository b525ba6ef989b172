/** Door: the embedded engines, for the supervisor and for tests that need the real thing. */
export {
  CLICKHOUSE_USER,
  type ClickHouseEngineOptions,
  EVENTS_DATABASE,
  EVENTS_READER,
  EVENTS_WRITER,
  startClickHouse,
} from './clickhouse-engine.ts';
export { type EngineProcess, spawnEngine } from './engine-process.ts';
export { engineUser, privateDirectory, type SystemUser, systemUser } from './owner.ts';
export { embeddedBinaries, postgresBinaries } from './postgres-binaries.ts';
export { connectionAs, DATABASE, type PostgresEngineOptions, startPostgres } from './postgres-engine.ts';
export { type Where, whereStoresAre } from './where.ts';
