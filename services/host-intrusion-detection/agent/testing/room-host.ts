/**
 * The room in a process of its own, which a test starts inside a network namespace. Its firewall is a set of nftables
 * that drops. Tells what the room says as lines of JSON; takes orders as lines of JSON.
 */
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import { testRoomContext } from '@demarc/platform/contract/testing';
import { openLibnftables } from '@demarc/platform/netfilter';
import { hostIntrusionDetectionAgent } from '../agent.ts';

const [stateDirectory = '', policy = '{}', firewall = 'drops'] = process.argv.slice(2);
const say = (what: object): void => void process.stdout.write(`${JSON.stringify(what)}\n`);

const context = testRoomContext({
  stateDirectory,
  emit: async (events) => {
    for (const event of events) say({ event });
  },
  evidence: async (findings) => {
    for (const evidence of findings) say({ evidence });
  },
  dropped: (dropped) => say({ dropped }),
  log: (log, details) => say({ log, details }),
  spawnWorker: (name, data) =>
    new Worker(new URL(`../${name}.worker.ts`, import.meta.url), { workerData: { data } }),
});

if (firewall !== 'none') {
  const nft = openLibnftables();
  nft.run(`table inet test_wall {
    set blocked { type ipv4_addr; flags interval, timeout; }
    chain input { type filter hook input priority 0; ip saddr @blocked drop; }
  }`);
  context.provide('network-blocking', {
    drops: true,
    allowed: () => ['10.232.2.0/24'],
    block: async (range, seconds) => {
      nft.run(`add element inet test_wall blocked { ${range} timeout ${seconds}s }`);
    },
    unblock: async (range) => {
      nft.run(`delete element inet test_wall blocked { ${range} }`);
    },
    blocked: async () =>
      [...nft.run('list set inet test_wall blocked').matchAll(/"val": ?"([\d.]+)"/g)].map(
        ([, address]) => address ?? '',
      ),
    isolate: async (except, seconds) => say({ isolate: except ?? null, seconds }),
  });
}

const room = await hostIntrusionDetectionAgent.start(context);
await room.apply(JSON.parse(policy));
say({ applied: room.health() });
createInterface(process.stdin).on('line', (line) => {
  const asked = JSON.parse(line) as { orders?: never; policy?: unknown; health?: true; end?: true };
  if (asked.orders !== undefined)
    void room.carryOut?.(asked.orders).then(() => say({ states: room.orders?.() }));
  if (asked.policy !== undefined)
    void room.apply(asked.policy).catch((error: unknown) => say({ refused: String(error) }));
  if (asked.health === true) say({ health: room.health() });
  if (asked.end === true) void room[Symbol.asyncDispose]().then(() => process.exit(0));
});
