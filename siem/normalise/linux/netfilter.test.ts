import { type TestContext, test } from 'node:test';
import { normalise } from '../normalise.ts';

const CONTEXT = { uid: 'uid-1', receivedAtMs: Date.UTC(2026, 10, 27), peer: undefined };
const PACKET = 'IN=eth0 OUT= SRC=198.51.100.7 DST=10.0.0.5 LEN=44 PROTO=TCP SPT=40000 DPT=22 SYN';

/** What the firewall did, in ufw's words, with and without the kernel's uptime before it. */
const LINES = [
  ['[UFW BLOCK] ', 'deny', '[UFW BLOCK]'],
  ['[ 8812.119012] [UFW BLOCK] ', 'deny', '[UFW BLOCK]'],
  ['[12.1] DROP ', 'deny', 'DROP'],
  ['[UFW ALLOW] ', 'allow', '[UFW ALLOW]'],
  ['', undefined, ''],
] as const;

for (const [prefix, action, kept] of LINES) {
  test(`${JSON.stringify(prefix)} before a packet is ${action ?? 'no verdict'}`, (t: TestContext) => {
    const { event } = normalise(`Nov 26 03:00:00 web-1 kernel: ${prefix}${PACKET}`, CONTEXT);
    const unmapped = event['unmapped'] as Readonly<Record<string, unknown>>;
    t.assert.equal(unmapped['action'], action);
    t.assert.equal(unmapped['prefix'], kept);
  });
}
