/** The room in a process of its own inside a namespace of a test: asked by lines, and everything that it says. */
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { EvidenceFinding, Health } from '@demarc/platform/contract';
import type { OcsfEvent } from '@demarc/platform/contract/agent';
import { openPair, type Pair, PEER_ADDRESS } from './namespace.ts';

const ROOM = fileURLToPath(new URL('./room.ts', import.meta.url));
const LISTEN = fileURLToPath(new URL('./listen.ts', import.meta.url));
/** On a machine that others keep busy. */
export const PATIENCE_MS = 60_000;
export const SERVER_PORT = 8_621;

export interface Said {
  readonly event?: OcsfEvent & {
    readonly message: string;
    readonly firewall_rule?: { readonly uid: string };
    readonly count?: number;
  };
  readonly finding?: EvidenceFinding;
  readonly done?: number;
  readonly error?: string;
  readonly result?: unknown;
  readonly log?: string;
}

export class RoomAgent implements Disposable {
  readonly said: Said[] = [];
  readonly #child: ChildProcess;
  #next = 0;

  /** @param server what the agent is told; the platform itself is always at the peer */
  constructor(pair: Pair, directory: string, server = `https://${PEER_ADDRESS}:${SERVER_PORT}`) {
    const reach = `${PEER_ADDRESS}:${SERVER_PORT}`;
    this.#child = pair.start('host', [process.execPath, ROOM, directory, server, reach], 'pipe');
    if (this.#child.stdout === null) throw new Error('a pipe was asked for');
    createInterface(this.#child.stdout).on('line', (line) => this.said.push(JSON.parse(line) as Said));
  }

  async ask(name: string, argument?: unknown): Promise<unknown> {
    const id = this.#next++;
    this.#child.stdin?.write(`${JSON.stringify([id, name, argument])}\n`);
    const { error, result } = await this.until((said) => said.done === id);
    if (error !== undefined) throw new Error(error);
    return result;
  }

  async apply(policy: object): Promise<Health> {
    return (await this.ask('apply', policy)) as Health;
  }

  /** The first that is so, said since the start or since `from`. */
  async until(holds: (said: Said) => boolean, from = 0): Promise<Said> {
    const endMs = Date.now() + PATIENCE_MS;
    while (Date.now() < endMs) {
      const found = this.said.slice(from).find(holds);
      if (found !== undefined) return found;
      await sleep(20);
    }
    throw new Error(`never said: ${holds}; but ${JSON.stringify(this.said).slice(-3_000)}`);
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  [Symbol.dispose](): void {
    this.kill();
  }
}

/** A host with an agent’s directory, and a peer where the platform listens. */
export async function withPair(
  work: (pair: Pair, directory: string, platform: ChildProcess) => Promise<void>,
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'demarc-hfw-'));
  using pair = openPair();
  try {
    const platform = await listen(pair, 'peer', SERVER_PORT);
    await work(pair, directory, platform);
  } finally {
    pair.powerOff();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Resolves when somebody listens. */
export async function listen(pair: Pair, where: 'host' | 'peer', port: number): Promise<ChildProcess> {
  const server = pair.start(where, [process.execPath, LISTEN, String(port)], 'pipe');
  await new Promise((resolve) => server.stdout?.once('data', resolve));
  return server;
}
