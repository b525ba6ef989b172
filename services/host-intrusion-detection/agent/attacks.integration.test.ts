/**
 * The room at work against every kind of attack that real tools make: detected and, where its source can be named,
 * dropped by the kernel within two seconds of the first packet, while a client is served all the while. Needs root.
 */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { OcsfEvent } from '@demarc/platform/contract/agent';
import { KINDS } from '../network/detection.ts';
import { ATTACKS, attack, cannotAttack, SMB_PORT } from '../network/testing/attacks.ts';
import { ADDRESS, Range } from '../network/testing/range.ts';

const HOST = fileURLToPath(new URL('./testing/room-host.ts', import.meta.url));
const STOPPED_MS_MAX = 2_000;
const SWEPT_ADDRESSES = 30;
/** After an attack is over, what only time tells is told. */
const SETTLE_MS = 1_500;

interface Said {
  readonly applied?: unknown;
  readonly event?: OcsfEvent & {
    readonly start_time?: number;
    readonly unmapped?: {
      readonly detection?: { readonly kind: string };
      readonly block?: { readonly action: string; readonly range: string; readonly dropped: boolean };
    };
  };
}

test('attacks on a machine at work', { skip: cannotAttack, timeout: 240_000 }, async (t: TestContext) => {
  await using range = new Range();
  await range.build();
  const state = join(range.directory, 'state');
  mkdirSync(state, { mode: 0o700 });
  writeFileSync(join(range.directory, 'auth.log'), '');
  range.launch('target', ['python3', '-m', 'http.server', '80', '--directory', state]);
  await range.serveFiles(SMB_PORT);
  // A sweep is seen by a machine that has many of the addresses that are asked for.
  for (let host = 1; host <= SWEPT_ADDRESSES; host += 1)
    await range.run('target', ['ip', 'addr', 'add', `10.232.3.${host}/32`, 'dev', 'to-client']);
  const policy = {
    logs: { files: [join(range.directory, 'auth.log')], journal: 'never' },
    // Each attack is a first one: what the one before led to is over.
    network: { blocks: { seconds: 10 }, repeatSeconds: 5 },
    canarySeconds: 43_200,
  };
  const host = range.launch('target', [process.execPath, HOST, state, JSON.stringify(policy)], 'pipe');
  const said: (Said & { readonly atMs: number })[] = [];
  if (host.stdout === null) throw new Error('a pipe was asked for');
  createInterface(host.stdout).on('line', (line) =>
    said.push({ ...(JSON.parse(line) as Said), atMs: Date.now() }),
  );
  for (let tries = 0; !said.some(({ applied }) => applied !== undefined); tries += 1) {
    if (tries > 300) throw new Error('the room did not start');
    await delay(50);
  }
  const client = range.launch('client', [
    'sh',
    '-c',
    `while sleep 0.05; do curl -s -m 2 -o /dev/null -w '%{http_code}\\n' http://${ADDRESS.targetForClient}/; done`,
  ]);
  const answers: string[] = [];
  if (client.stdout === null) throw new Error('a pipe was asked for');
  createInterface(client.stdout).on('line', (line) => answers.push(line));

  for (const [name, { kind, sources = [ADDRESS.attacker] }] of inOrder())
    await t.test(name, async (t: TestContext) => {
      // A block of the one before drops what this one sends.
      await range.run('target', ['nft', 'flush', 'set', 'inet', 'test_wall', 'blocked']);
      const fromMs = Date.now();
      await attack(range, name);
      await delay(SETTLE_MS);
      const events = said.filter(({ atMs, event }) => atMs >= fromMs && event !== undefined);
      const found = events.find(({ event }) => event?.unmapped?.detection?.kind === kind);
      assert.ok(
        found?.event,
        `said: ${events.map(({ event }) => event?.unmapped?.detection?.kind ?? event?.unmapped?.block?.action).join(', ')}`,
      );
      // What was suspicious before may be part of it.
      const first = Math.max(fromMs, found.event.start_time ?? 0);
      assert.ok(
        found.atMs - first < STOPPED_MS_MAX,
        `detected ${found.atMs - first} ms after its first packet`,
      );
      if (KINDS[kind].response !== 'block' || sources.length === 0)
        return t.diagnostic(`detected ${found.atMs - first} ms after its first packet`);
      const stopped = events.find(
        ({ event }) =>
          event?.unmapped?.block?.dropped === true && sources.includes(event.unmapped.block.range),
      );
      assert.ok(stopped, 'nobody was blocked');
      const tookMs = stopped.atMs - first;
      assert.ok(tookMs < STOPPED_MS_MAX, `blocked after ${tookMs} ms`);
      t.diagnostic(`detected and dropped ${tookMs} ms after its first packet`);
    });

  await t.test('the client was served all the while', (t: TestContext) => {
    assert.ok(answers.length > 100, `${answers.length} answers`);
    const failed = answers.filter((answer) => answer !== '200');
    // Under a flood that fills the cable a request may be late.
    assert.ok(failed.length <= answers.length / 100, `${failed.length} of ${answers.length} failed`);
    assert.ok(!said.some(({ event }) => event?.unmapped?.block?.range === ADDRESS.client));
    t.diagnostic(`${answers.length} answers, ${failed.length} of them failures`);
  });
});

/**
 * What leaves half-open connections behind comes last, so that they are not what the next one is blocked for.
 */
function inOrder(): readonly (readonly [string, (typeof ATTACKS)[string]])[] {
  const rank = (name: string): number => (/SMB/.test(name) ? 0 : /flood|masscan/.test(name) ? 2 : 1);
  return Object.entries(ATTACKS).toSorted(([a], [b]) => rank(a) - rank(b));
}
