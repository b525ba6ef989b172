/** The stores that somebody else runs, as parts of the status: reached or not, and since when. */
import { connect } from 'node:net';
import type { PartState } from '@demarc/platform/supervisor';
import type { CliConfig } from './config.ts';

const REACH_TIMEOUT_MS = 2_000;
const POSTGRES_PORT = 5432;

interface Place {
  readonly name: string;
  readonly setting: string;
  readonly host: string;
  readonly port: number;
}

/** One part for each store that a URL names. */
export async function externalParts(
  config: CliConfig,
  before: readonly PartState[],
  nowMs: number,
): Promise<readonly PartState[]> {
  return Promise.all(
    places(config).map(async ({ name, setting, host, port }) => {
      const problem = await reach(host, port);
      const state = problem === undefined ? 'healthy' : 'failed';
      const because = `yours (${setting}), at ${host}:${port}: ${problem ?? 'reached'}`;
      const last = before.find((part) => part.name === name)?.health;
      const sinceMs = last?.state === state ? last.sinceMs : nowMs;
      return { name, pid: null, restartCount: 0, health: { state, because, sinceMs } };
    }),
  );
}

function places({ settings }: CliConfig): readonly Place[] {
  const found: Place[] = [];
  if (settings.DEMARC_POSTGRES_URL !== undefined) {
    const url = new URL(settings.DEMARC_POSTGRES_URL);
    // A directory of sockets may stand in the place of a host (PostgreSQL, libpq-connect).
    const host = url.searchParams.get('host') ?? (url.hostname || 'localhost');
    const port = Number(url.port || POSTGRES_PORT);
    found.push({ name: 'postgres', setting: 'DEMARC_POSTGRES_URL', host, port });
  }
  if (settings.DEMARC_CLICKHOUSE_URL !== undefined) {
    const url = new URL(settings.DEMARC_CLICKHOUSE_URL);
    // What the client itself takes where the URL names none.
    const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
    found.push({ name: 'clickhouse', setting: 'DEMARC_CLICKHOUSE_URL', host: url.hostname, port });
  }
  return found;
}

/** Undefined when a connection came about. */
function reach(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const options = host.startsWith('/')
      ? { path: `${host}/.s.PGSQL.${port}` }
      : { host: host.replace(/^\[|\]$/g, ''), port };
    const socket = connect(options);
    const end = (problem: string | undefined): void => {
      socket.destroy();
      resolve(problem);
    };
    socket.setTimeout(REACH_TIMEOUT_MS, () => end(`no answer in ${REACH_TIMEOUT_MS / 1_000} s`));
    socket.once('connect', () => end(undefined));
    socket.once('error', (error) => end(error.message));
  });
}
