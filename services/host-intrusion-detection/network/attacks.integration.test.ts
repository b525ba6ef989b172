/**
 * Real attacks, from a network namespace of their own, captured where they arrive: each kind is detected with its
 * source within two seconds, and a client that is served meanwhile is never blocked.
 */
import { type TestContext, test } from 'node:test';
import type { Frame } from '@demarc/platform/packets';
import { ATTACKS, attack, cannotAttack, SMB_PORT } from './testing/attacks.ts';
import { ADDRESS, Range } from './testing/range.ts';
import { framesOf, replay } from './testing/replay.ts';

const DETECTED_MS_MAX = 2_000;
const { attacker, client } = ADDRESS;

test('attacks', { skip: cannotAttack, timeout: 120_000 }, async (t: TestContext) => {
  await using range = new Range();
  await range.build();
  range.launch('target', ['python3', '-m', 'http.server', '80', '--directory', range.directory]);
  await range.serveFiles(SMB_PORT);
  await range.startCapture(1_024);
  range.launch('client', [
    'sh',
    '-c',
    `while sleep 0.05; do curl -s -o /dev/null http://${ADDRESS.targetForClient}/; done`,
  ]);
  const made = new Map<string, readonly [fromMs: number, toMs: number]>();
  for (const name of Object.keys(ATTACKS)) {
    const fromMs = Date.now();
    await attack(range, name);
    made.set(name, [fromMs, Date.now() + 1_500]);
  }
  await range.stopCapture();
  const frames = framesOf(range.capture);

  for (const [name, { kind, sources = [attacker] }] of Object.entries(ATTACKS))
    await t.test(`${name} is detected within two seconds, with its source`, (t: TestContext) => {
      const [fromMs, toMs] = made.get(name) ?? [0, 0];
      // Each by itself: what was said of the one before is not said again for a while.
      const within = frames.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs);
      const { detections, blocked } = replay(within);
      const found = detections.find((one) => one.kind === kind);
      t.assert.ok(
        found,
        `said: ${detections.map(({ because, ...said }) => `${said.kind}: ${because}`).join('; ')}`,
      );
      t.assert.ok(
        found.sources.every((source) => sources.includes(source)),
        found.sources.join(),
      );
      t.assert.equal(found.sources.length > 0, sources.length > 0);
      const seconds = (found.lastAtMs - found.firstAtMs) / 1_000;
      t.assert.ok(seconds <= DETECTED_MS_MAX / 1_000, `after ${seconds} s`);
      t.assert.ok(!blocked.includes(client));
      t.diagnostic(`${seconds.toFixed(2)} s: ${found.because}`);
    });

  await t.test('the client that is served meanwhile is never named', (t: TestContext) => {
    const { detections, blocked, packets } = replay(frames);
    t.assert.ok(!blocked.includes(client));
    t.assert.deepEqual(
      detections.filter(({ sources }) => sources.includes(client)),
      [],
    );
    t.assert.ok(blocked.includes(attacker));
    t.diagnostic(`${packets} packets, ${detections.length} detections, blocked: ${blocked.join(', ')}`);
  });

  await t.test('whoever is allowed is attacked with in vain: detected, and not blocked', (t: TestContext) => {
    const { detections, blocked } = replay(frames, { allow: [attacker], protect: ['10.232.0.0/16'] });
    t.assert.ok(detections.some(({ sources }) => sources.includes(attacker)));
    t.assert.ok(!blocked.includes(attacker));
  });

  await t.test('a scan of one port per 15 s is detected, in the time of its packets', (t: TestContext) => {
    const [fromMs, toMs] = made.get('connect scan (nmap -sT)') ?? [0, 0];
    const within = frames.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs);
    const { detections } = replay(slowed(within, 15_000));
    t.assert.deepEqual(
      [...new Set(detections.map(({ kind, sources }) => `${kind} ${sources.join()}`))],
      [`slow-scan ${attacker}`],
    );
  });
});

/** The attacker’s and only the attacker’s packets, each opening with its answers so long after the one before. */
function slowed(frames: readonly Frame[], everyMs: number): readonly Frame[] {
  let openings = 0;
  const [first] = frames;
  return frames.flatMap((frame) => {
    const ip = Buffer.from(frame.bytes).indexOf(Uint8Array.of(10, 232, 1, 66));
    if (ip < 0) return [];
    // Source and destination address are the last eight bytes of an IPv4 header without options; flags are at 33.
    const [start, isFromAttacker] = frame.bytes[ip - 12] === 0x45 ? [ip - 12, true] : [ip - 16, false];
    if (isFromAttacker && frame.bytes[start + 33] === 2) openings += 1;
    return [{ ...frame, atMs: (first?.atMs ?? 0) + openings * everyMs }];
  });
}
