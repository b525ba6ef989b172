/** The agent's commands: `enroll`, `run`, `status`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { healthText } from '@demarc/platform/contract/health';
import { DemarcError } from '@demarc/platform/errors';
import { readNote } from '@demarc/platform/notes';
import { readConfig } from './config.ts';
import { enroll } from './enroll.ts';
import { agentErrors } from './errors.ts';
import { type AgentStatus, run, STATUS_FILE } from './run.ts';

/** A status older than this was written by an agent that is gone or hangs. */
const STATUS_FRESH_MS = 10_000;

/** @param entry the agent's own: workers start through it */
export async function main(entry: URL): Promise<void> {
  try {
    await command(entry);
  } catch (error) {
    report(error);
    process.exit(1);
  }
}

/** As every command of ours: JSON for programs, a sentence and the next step for people. */
function report(error: unknown): void {
  if (!(error instanceof DemarcError)) console.error(error);
  else if (process.argv.includes('--json')) {
    const { code, message, fix, retryable } = error;
    console.log(JSON.stringify({ error: { code, message, fix, retryable } }));
  } else console.error(`${error.code}: ${error.message}\nNext step: ${error.fix}`);
}

async function command(entry: URL): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      server: { type: 'string' },
      'token-file': { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const config = readConfig();
  switch (positionals[0]) {
    case 'enroll': {
      if (values.server === undefined)
        throw agentErrors.make('AGENT_USAGE', { because: 'enroll needs --server' });
      // From a file or standard input: arguments are read by every user of the machine.
      const token = readFileSync(values['token-file'] ?? 0, 'utf8');
      const identity = await enroll(config.directory, values.server, token);
      console.log(
        values.json ? JSON.stringify({ assetId: identity.assetId }) : `enrolled as asset ${identity.assetId}`,
      );
      return;
    }
    case 'run':
      await run(config, entry);
      // Worker threads and sockets are closed; anything that lingers must not keep a stopped agent alive.
      process.exit(0);
      break;
    case 'status':
      printStatus(config.directory, values.json);
      return;
    case undefined:
    default:
      throw agentErrors.make('AGENT_USAGE', { because: `"${positionals[0] ?? ''}" is not a command` });
  }
}

function printStatus(directory: string, json: boolean): void {
  const status = readNote(join(directory, STATUS_FILE)) as AgentStatus | undefined;
  if (status === undefined || Date.now() - status.writtenAtMs > STATUS_FRESH_MS) {
    throw agentErrors.make('AGENT_NOT_RUNNING', { directory });
  }
  if (json) return console.log(JSON.stringify(status));
  console.log(
    `agent ${status.version}, asset ${status.assetId}, ${status.connected ? 'connected to' : 'NOT connected to'} ${status.server}: ${status.because}`,
  );
  for (const { serviceId, health } of status.rooms)
    console.log(`${serviceId}: ${health.state}: ${healthText(health)}`);
  console.log(
    Object.entries(status.figures)
      .map(([name, value]) => `${name}=${value}`)
      .join(' '),
  );
}
