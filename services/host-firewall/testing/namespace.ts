/** A host and a peer, each in a network namespace of its own, with a cable between them. Needs root. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';

export interface Pair {
  /** Names of the namespaces. */
  readonly host: string;
  readonly peer: string;
  readonly hostAddress: string;
  readonly peerAddress: string;
  readonly hostInterface: string;
  /** Runs to its end in the host or the peer and gives back what it printed. */
  inside(where: 'host' | 'peer', command: readonly string[]): string;
  start(where: 'host' | 'peer', command: readonly string[], stdio?: 'ignore' | 'pipe'): ChildProcess;
  /** Ends every process of the host at once, its watchdogs too. */
  powerOff(): void;
  /** Ends every process in both, then both. */
  [Symbol.dispose](): void;
}

export const HOST_ADDRESS = '10.99.0.1';
export const PEER_ADDRESS = '10.99.0.2';
export const HOST_ADDRESS_6 = 'fd99::1';
export const PEER_ADDRESS_6 = 'fd99::2';

export function openPair(): Pair {
  // Another run at the same time has other names; interfaces have 15 characters.
  const tag = `dfw${randomBytes(3).toString('hex')}`;
  const [host, peer] = [`${tag}h`, `${tag}p`];
  const ip = (...args: readonly string[]): void => void execFileSync('ip', args, { stdio: 'pipe' });
  const processes = (name: string): readonly number[] =>
    execFileSync('ip', ['netns', 'pids', name], { encoding: 'utf8' }).split('\n').filter(Boolean).map(Number);
  const killAll = (name: string): void => {
    for (const pid of processes(name))
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended by itself.
      }
  };
  const close = (): void => {
    for (const name of [host, peer])
      try {
        killAll(name);
        ip('netns', 'delete', name);
      } catch {
        // It was never made.
      }
  };
  try {
    ip('netns', 'add', host);
    ip('netns', 'add', peer);
    ip('link', 'add', `${host}0`, 'netns', host, 'type', 'veth', 'peer', 'name', `${peer}0`, 'netns', peer);
    for (const [name, four, six] of [
      [host, HOST_ADDRESS, HOST_ADDRESS_6],
      [peer, PEER_ADDRESS, PEER_ADDRESS_6],
    ] as const) {
      ip('-n', name, 'address', 'add', `${four}/24`, 'dev', `${name}0`);
      ip('-n', name, 'address', 'add', `${six}/64`, 'dev', `${name}0`, 'nodad');
      ip('-n', name, 'link', 'set', 'lo', 'up');
      ip('-n', name, 'link', 'set', `${name}0`, 'up');
    }
  } catch (error) {
    close();
    throw error;
  }
  const inside = (where: 'host' | 'peer', command: readonly string[]): string =>
    execFileSync('ip', ['netns', 'exec', where === 'host' ? host : peer, ...command], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 268_435_456,
    });
  return {
    host,
    peer,
    hostAddress: HOST_ADDRESS,
    peerAddress: PEER_ADDRESS,
    hostInterface: `${host}0`,
    inside,
    start: (where, command, stdio = 'ignore') =>
      spawn('ip', ['netns', 'exec', where === 'host' ? host : peer, ...command], {
        stdio: ['pipe', stdio, 'inherit'],
      }),
    powerOff: () => killAll(host),
    [Symbol.dispose]: close,
  };
}
