/** The agent at work: rooms, spool, ship, and a status file that says how they are. */

import { fstatSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { HostIdentity } from '@demarc/platform/contract/agent';
import { openLog } from '@demarc/platform/log';
import { writeNote } from '@demarc/platform/notes';
import type { AgentConfig } from './config.ts';
import { Drops } from './drops.ts';
import { readState, writeState } from './files.ts';
import { certificateExpiresAtMs, hostFacts, loadIdentity, saveIdentity, signerOf } from './identity.ts';
import { type PolicySet, Rooms } from './rooms.ts';
import { ROOMS } from './services.ts';
import { Ship, type ShipState } from './ship.ts';
import { Spool } from './spool/spool.ts';
import { AGENT_VERSION } from './version.ts';

const STATUS_EVERY_MS = 1_000;
const RECONCILE_EVERY_MS = 5_000;
export const STATUS_FILE = 'status.json';
/** Room for every room's health; taken once, so that it is also written when the disk is full. */
const STATUS_BYTES = 16_384;

export interface AgentStatus {
  readonly pid: number;
  readonly version: string;
  readonly writtenAtMs: number;
  readonly assetId: string;
  readonly tenantId: string;
  readonly server: string;
  readonly connected: boolean;
  readonly because: string;
  readonly lastExchangeAtMs: number | null;
  readonly clockOffsetMs: number | null;
  readonly certificateExpiresAtMs: number;
  readonly rooms: ReturnType<Rooms['states']>;
  readonly dropsUntold: ReturnType<Drops['pending']>;
  /** Bounds and what is used of them. */
  readonly figures: Readonly<Record<string, number>>;
}

/** Runs until SIGTERM, SIGINT, or the end of standard input when it is a parent's pipe. */
export async function run(config: AgentConfig, entry: URL): Promise<void> {
  const { directory } = config;
  let identity = loadIdentity(directory);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const facts = hostFacts();
  const host: HostIdentity = { assetId: identity.assetId, ...facts };
  const say = openLog();
  const log = (line: string, details?: Readonly<Record<string, unknown>>): void =>
    say(`${line}${details === undefined ? '' : ` ${JSON.stringify(details)}`}`);
  const drops = new Drops(directory);
  const spool = new Spool({
    directory: join(directory, 'spool'),
    bytesMax: config.spoolBytesMax,
    dropped: (record) => drops.add(record),
  });
  let signer = signerOf(identity);
  const rooms = new Rooms({
    rooms: ROOMS,
    host,
    directory,
    entry,
    server: new URL(identity.server),
    reachServer: () => ship.reach(),
    append: async (lines) => {
      await spool.append(lines);
      ship.notify();
    },
    dropped: (record) => drops.add(record),
    sign: (bytes) => signer.sign(bytes),
    verify: (bytes, signature) => signer.verify(bytes, signature),
    log,
  });
  const policiesFile = join(directory, 'policies.json');
  let policies = readState<PolicySet>(policiesFile) ?? [];
  let link: ShipState = {
    connected: false,
    because: 'not connected yet',
    lastExchangeAtMs: null,
    clockOffsetMs: null,
  };
  const ship = new Ship({
    identity,
    host,
    spool,
    spoolBytesMax: config.spoolBytesMax,
    rooms: () => {
      const orders = rooms.orders();
      return rooms.states().map((state) => ({ ...state, orders: [...(orders.get(state.serviceId) ?? [])] }));
    },
    drops: () => drops.pending(),
    told: (records) => drops.told(records),
    onPolicies: (received) => {
      if (JSON.stringify(received) === JSON.stringify(policies)) return;
      policies = received;
      try {
        // Kept, so that the machine stays protected when it starts without the server.
        writeState(policiesFile, policies);
      } catch (error) {
        log('the policies could not be kept', { because: String(error) });
      }
      rooms.reconcile(policies);
    },
    onIdentity: (renewed) => {
      identity = renewed;
      saveIdentity(directory, renewed);
      signer = signerOf(renewed);
    },
    onState: (state) => {
      const changed = state.connected !== link.connected;
      link = state;
      if (changed) writeStatus();
    },
    log,
    random: Math.random,
  });

  const writeStatus = (): void => {
    const memory = process.memoryUsage.rss();
    const status: AgentStatus = {
      pid: process.pid,
      version: AGENT_VERSION,
      writtenAtMs: Date.now(),
      assetId: identity.assetId,
      tenantId: identity.tenantId,
      server: identity.server,
      ...link,
      certificateExpiresAtMs: certificateExpiresAtMs(identity),
      rooms: rooms.states(),
      dropsUntold: drops.pending(),
      figures: {
        spoolBytes: spool.bytes,
        spoolBytesMax: config.spoolBytesMax,
        spoolDiskFull: spool.diskFull ? 1 : 0,
        memoryBytes: memory,
      },
    };
    try {
      writeNote(join(directory, STATUS_FILE), status, STATUS_BYTES, 0o600);
    } catch (error) {
      log('the status could not be written', { because: String(error) });
    }
  };
  rooms.reconcile(policies);
  const timers = [
    setInterval(writeStatus, STATUS_EVERY_MS),
    setInterval(() => rooms.reconcile(policies), RECONCILE_EVERY_MS),
  ];
  const stopped = stopRequested();
  void stopped.then(() => ship.stop());
  await ship.run();
  for (const timer of timers) clearInterval(timer);
  await rooms.stop();
  await spool.close();
  writeStatus();
}

/** Under the supervisor, standard input is a pipe whose end says that the parent is gone. */
function stopRequested(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
    // systemd and terminals give something else as standard input: only a pipe is a parent's.
    const { isFIFO, isSocket } = inputKind();
    if (isFIFO || isSocket)
      process.stdin
        .once('end', resolve)
        .once('error', () => resolve())
        .resume();
  });
}

function inputKind(): { readonly isFIFO: boolean; readonly isSocket: boolean } {
  const stats = fstatSync(0);
  return { isFIFO: stats.isFIFO(), isSocket: stats.isSocket() };
}
