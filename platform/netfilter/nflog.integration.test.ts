/** Against the kernel: rules in a network namespace of its own log packets to a group. Needs root. */
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { test } from 'node:test';
import type { LoggedPacket } from './nflog.ts';

type Seen = Omit<LoggedPacket, 'payload'> & { readonly payload: string };

const RULES = `table inet watch {
  chain output { type filter hook output priority 0;
    icmp type { echo-request, echo-reply } log prefix "ping: " group 42 snaplen 60;
  }
  chain input { type filter hook input priority 0;
    udp dport 9 log group 42;
  }
}`;

test('packets of a rule arrive with prefix, payload, time, hook and device, and none is lost', {
  skip: process.getuid?.() !== 0,
}, async (t) => {
  using namespace = openNamespace();
  const reader = namespace.node(`
    import { openNflog } from ${JSON.stringify(new URL('./nflog.ts', import.meta.url).href)};
    const log = openNflog({ group: 42, copyBytes: 96 });
    console.log('open');
    const seen = [];
    const endMs = Date.now() + 15000;
    while (seen.length < 1006 && Date.now() < endMs)
      log.read(200, ({ payload, ...rest }) => seen.push({ ...rest, payload: payload.toString('hex') }));
    let refused;
    try { openNflog({ group: 42, copyBytes: 96 }); } catch (error) { refused = error.code; }
    log.close();
    console.log(JSON.stringify({ seen, lost: log.lost, overruns: log.overruns, refused }));
  `);
  const output: string[] = [];
  reader.stdout.setEncoding('utf8').on('data', (text: string) => output.push(text));
  await once(reader.stdout, 'data');
  const startedAtMs = Date.now();
  namespace.run(['ping', '-c', '3', '-i', '0.01', '-q', '127.0.0.1']);
  namespace.run([
    process.execPath,
    '-e',
    `const s = require('dgram').createSocket('udp4');
     let left = 1000;
     for (let i = 0; i < 1000; i += 1) s.send('x'.repeat(200), 9, '127.0.0.1', () => { if ((left -= 1) === 0) s.close(); });`,
  ]);
  await once(reader, 'exit');
  const { seen, lost, overruns, refused } = JSON.parse(output.join('').replace(/^open\n/, '')) as {
    seen: Seen[];
    lost: number;
    overruns: number;
    refused: string;
  };
  t.assert.deepEqual([lost, overruns, refused], [0, 0, 'NFLOG_REFUSED']);
  // Three requests and the answers to them that leave by the same loopback.
  const pings = seen.filter(({ prefix }) => prefix === 'ping: ');
  t.assert.equal(pings.length, 6);
  for (const { payload, hook, outDevice, inDevice } of pings) {
    t.assert.deepEqual([payload.length / 2, hook, outDevice, inDevice], [60, 3, 1, undefined]);
    t.assert.match(payload, /^45.{22}7f0000017f000001/);
  }
  const datagrams = seen.filter(({ prefix }) => prefix === '');
  t.assert.equal(datagrams.length, 1_000);
  for (const { payload, hook, inDevice, atMs } of datagrams) {
    t.assert.deepEqual([payload.length / 2, hook, inDevice], [96, 1, 1]);
    t.assert.equal(atMs >= startedAtMs - 1 && atMs <= Date.now(), true, `${atMs}`);
  }
});

function openNamespace() {
  // Another run at the same time has another name.
  const name = `dnl${randomBytes(3).toString('hex')}`;
  execFileSync('ip', ['netns', 'add', name]);
  const inside = ['netns', 'exec', name];
  const close = (): void => void execFileSync('ip', ['netns', 'delete', name]);
  try {
    execFileSync('ip', [...inside, 'ip', 'link', 'set', 'lo', 'up']);
    execFileSync('ip', [...inside, 'nft', '-f', '-'], { input: RULES, stdio: 'pipe' });
  } catch (error) {
    close();
    throw error;
  }
  const run = (command: readonly string[]): void =>
    void execFileSync('ip', [...inside, ...command], { stdio: 'pipe' });
  return {
    run,
    node: (source: string) =>
      spawn('ip', [...inside, process.execPath, '--input-type=module', '-e', source], {
        stdio: ['ignore', 'pipe', 'inherit'],
      }),
    [Symbol.dispose]: close,
  };
}
