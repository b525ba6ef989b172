/**
 * The real agent, from its own entry, in a process of its own: identity, policy and spool on disk, its server
 * away, so that what it costs is what it costs the machine that it guards.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readFrames } from '@demarc/agent/spool/frame';
import { openAuthority } from '@demarc/platform/identity';
import { makeRequest } from '@demarc/platform/identity/request';
import { readNote } from '@demarc/platform/notes';

interface RoomHealth {
  readonly state: string;
  readonly because: string;
  readonly figures?: Readonly<Record<string, number>>;
}
export interface AgentState {
  readonly pid: number;
  readonly rooms: readonly { readonly serviceId: string; readonly health: RoomHealth }[];
  readonly figures: Readonly<Record<string, number>>;
  readonly dropsUntold: readonly unknown[];
}

/** What the room says that watches files. */
export const watching = (state: AgentState | undefined): RoomHealth | undefined =>
  state?.rooms.find(({ serviceId }) => serviceId === 'file-integrity-monitoring')?.health;

interface SpoolRecord {
  readonly kind: string;
  readonly event?: {
    readonly class_uid: number;
    readonly activity_id: number;
    readonly message: string;
    readonly file: { readonly path: string };
    readonly actor: {
      readonly process?: {
        readonly pid: number;
        readonly cmd_line?: string;
        readonly file?: { readonly path: string };
        readonly user?: { readonly uid: string };
        readonly parent_process?: { readonly pid: number };
      };
    };
  };
}

/** As the package starts it. */
const HEAP_BOUND = '--max-old-space-size=256';
const WAIT_MS = 120_000;
const ASSET = '00000000-0000-4000-8000-000000000001';

export class BenchAgent implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #directory: string;

  private constructor(directory: string, process_: ChildProcess) {
    this.#directory = directory;
    this.#process = process_;
  }

  static async start(policy: object): Promise<BenchAgent> {
    const directory = mkdtempSync(join(tmpdir(), 'demarc-bench-agent-'));
    const authority = await openAuthority(join(directory, 'authority'), Date.now());
    const { key, csr } = await makeRequest();
    const owner = { tenantId: 'bench', assetId: ASSET };
    const { pem } = await authority.signClient(csr, owner, 86_400, Date.now());
    const state = join(directory, 'agent');
    mkdirSync(state, { mode: 0o700 });
    const identity = {
      server: 'https://127.0.0.1:9',
      ...owner,
      authority: authority.certificatePem,
      certificate: pem,
      key,
    };
    const policies = [{ serviceId: 'file-integrity-monitoring', policyVersion: '1', policy }];
    writeFileSync(join(state, 'identity.json'), JSON.stringify(identity), { mode: 0o600 });
    writeFileSync(join(state, 'policies.json'), JSON.stringify(policies), { mode: 0o600 });
    const agent = new BenchAgent(
      directory,
      spawn(process.execPath, [HEAP_BOUND, 'apps/agent/main.ts', 'run'], {
        stdio: ['ignore', 'ignore', 'ignore'],
        env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', DEMARC_AGENT_DIR: state },
      }),
    );
    await agent.until('it watches', (now) => watching(now)?.state === 'healthy');
    return agent;
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  state(): AgentState | undefined {
    return readNote(join(this.#directory, 'agent', 'status.json')) as AgentState | undefined;
  }

  async until(what: string, holds: (state: AgentState) => boolean): Promise<void> {
    const deadline = Date.now() + WAIT_MS;
    for (let state = this.state(); state === undefined || !holds(state); state = this.state()) {
      if (this.#process.exitCode !== null) throw new Error(`the agent ended with ${this.#process.exitCode}`);
      if (Date.now() > deadline) throw new Error(`gave up waiting until ${what}: ${JSON.stringify(state)}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** Nothing left to look at, for two readings of its status in a row. */
  async settled(): Promise<void> {
    let quiet = 0;
    let seen = -1;
    await this.until('it has looked at everything', (now) => {
      const { changesPending = 1, changesSeen = 0 } = watching(now)?.figures ?? {};
      quiet = changesPending === 0 && changesSeen === seen ? quiet + 1 : 0;
      seen = changesSeen;
      return quiet > 25;
    });
  }

  /** Processor seconds of all its threads so far (proc(5)). */
  cpuSeconds(): number {
    const stat = readFileSync(`/proc/${this.pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }

  /** Highest resident size so far, in bytes. */
  peakBytes(): number {
    const peak = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${this.pid}/status`, 'latin1'))?.[1];
    return Number(peak ?? 0) * 1_024;
  }

  /** The file events that lie in its spool. */
  events(): readonly NonNullable<SpoolRecord['event']>[] {
    const spool = join(this.#directory, 'agent', 'spool');
    return readdirSync(spool)
      .filter((name) => name.endsWith('.seg'))
      .sort()
      .flatMap((name) => {
        const { payloads } = readFrames(readFileSync(join(spool, name)), 0, {
          records: Number.MAX_SAFE_INTEGER,
          bytes: Number.MAX_SAFE_INTEGER,
        });
        return payloads.map((payload) => JSON.parse(payload.toString('utf8')) as SpoolRecord);
      })
      .flatMap(({ event }) => (event === undefined ? [] : [event]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode === null) {
      this.#process.kill('SIGTERM');
      await once(this.#process, 'exit');
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
