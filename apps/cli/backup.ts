/**
 * Backup and restore of everything that is state: both stores and the keys, in one private directory with a
 * manifest of digests.
 *
 * Each store is consistent in itself. Events that arrive between the two are in the later one only; agents
 * still hold what no receipt named.
 */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { loadOrMakeSecrets } from '@demarc/platform/config/secrets';
import * as z from 'zod';
import { dumpEvents, EVENT_FILES, restoreEvents } from './backup-events.ts';
import { dumpState, restoreState } from './backup-state.ts';
import type { CliConfig } from './config.ts';
import { cliErrors } from './errors.ts';
import { supervisorPid } from './state.ts';
import { VERSION } from './version.ts';

const FORMAT = 2;
const STATE_FILE = 'postgres.dump';

const Manifest = z.strictObject({
  format: z.literal(FORMAT),
  version: z.string(),
  madeAt: z.iso.datetime(),
  /** Path within the backup → SHA-256. */
  files: z.record(z.string().regex(/^[\w./-]+$/), z.string().regex(/^[0-9a-f]{64}$/)),
});
export type Manifest = z.infer<typeof Manifest>;

/** Told before each step: what comes next, and the share of the steps that is done. */
export type OnStep = (what: string, done: number) => void;

/** @throws CLI_NOT_RUNNING, CLI_RESTORE_NOT_EMPTY when `to` holds something, CLI_BACKUP_FAILED, CLI_BACKUP_TOOL_MISSING */
export async function backUp(config: CliConfig, to: string, onStep: OnStep): Promise<Manifest> {
  if (supervisorPid(config) === undefined)
    throw cliErrors.make('CLI_NOT_RUNNING', { dataDirectory: config.settings.DEMARC_DATA_DIR });
  if (existsSync(to) && readdirSync(to).length > 0)
    throw cliErrors.make('CLI_RESTORE_NOT_EMPTY', { directory: to });
  mkdirSync(join(to, 'keys'), { recursive: true, mode: 0o700 });
  chmodSync(to, 0o700);
  const secrets = loadOrMakeSecrets(config.paths);
  onStep('copying PostgreSQL', 0);
  await dumpState(config, secrets, join(to, STATE_FILE));
  await dumpEvents(config, secrets, to, (table, done) => onStep(`copying ${table}`, 0.2 + done * 0.6));
  for (const name of readdirSync(config.paths.keys))
    copyFileSync(join(config.paths.keys, name), join(to, 'keys', name));
  const files: Record<string, string> = {};
  const keys = readdirSync(join(to, 'keys')).map((key) => `keys/${key}`);
  for (const [index, name] of [STATE_FILE, ...EVENT_FILES, ...keys].entries()) {
    onStep(`checking ${name}`, 0.8 + (index / (1 + EVENT_FILES.length + keys.length)) * 0.2);
    chmodSync(join(to, name), 0o600);
    files[name] = await digestOf(join(to, name));
  }
  const manifest: Manifest = { format: FORMAT, version: VERSION, madeAt: new Date().toISOString(), files };
  // Last: a directory with a manifest is a whole backup.
  writeFileSync(join(to, 'manifest.json'), JSON.stringify(manifest, null, 2), { mode: 0o600 });
  return manifest;
}

/** Into an empty data directory, and stores without tables. @throws CLI_BACKUP_UNREADABLE, CLI_RESTORE_NOT_EMPTY, CLI_BACKUP_FAILED */
export async function restore(config: CliConfig, from: string, onStep: OnStep): Promise<Manifest> {
  onStep('checking the backup', 0);
  const manifest = await checked(from);
  const directory = config.settings.DEMARC_DATA_DIR;
  if (existsSync(directory) && readdirSync(directory).length > 0)
    throw cliErrors.make('CLI_RESTORE_NOT_EMPTY', { directory });
  mkdirSync(directory, { recursive: true, mode: 0o711 });
  mkdirSync(config.paths.run, { recursive: true, mode: 0o711 });
  mkdirSync(config.paths.log, { recursive: true, mode: 0o700 });
  mkdirSync(config.paths.keys, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(join(from, 'keys'))) {
    copyFileSync(join(from, 'keys', name), join(config.paths.keys, name));
    chmodSync(join(config.paths.keys, name), 0o600);
  }
  const secrets = loadOrMakeSecrets(config.paths);
  onStep('restoring PostgreSQL', 0.2);
  await restoreState(config, secrets, join(from, STATE_FILE));
  await restoreEvents(config, secrets, from, (table, done) => onStep(`restoring ${table}`, 0.4 + done * 0.6));
  return manifest;
}

async function checked(from: string): Promise<Manifest> {
  const unreadable = (because: string) => cliErrors.make('CLI_BACKUP_UNREADABLE', { file: from, because });
  let manifest: Manifest;
  try {
    manifest = Manifest.parse(JSON.parse(readFileSync(join(from, 'manifest.json'), 'utf8')));
  } catch {
    throw unreadable('it has no readable manifest.json');
  }
  if (newerThan(manifest.version, VERSION))
    throw unreadable(`it was made by version ${manifest.version}, this is ${VERSION}`);
  for (const [name, digest] of Object.entries(manifest.files)) {
    if (name.includes('..') || !existsSync(join(from, name))) throw unreadable(`${name} is missing`);
    if ((await digestOf(join(from, name))) !== digest)
      throw unreadable(`${name} is not what was written: its digest differs`);
  }
  return manifest;
}

/** Numbers, part by part: 0.10.0 is newer than 0.9.0. */
function newerThan(a: string, b: string): boolean {
  const [left, right] = [a, b].map((text) => text.split('.').map(Number));
  for (let part = 0; part < 3; part += 1) {
    const difference = (left?.[part] ?? 0) - (right?.[part] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return false;
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  if (statSync(file).size > 0) for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
