import { type TestContext, test } from 'node:test';
import * as fc from 'fast-check';
import {
  atInstant,
  changed,
  isInForce,
  layersOf,
  OpenShield,
  openShield,
  type Shield,
  type ShieldAct,
} from './shield.ts';

const T = Date.parse('2026-11-26T12:00:00.000Z');
const HOUR = 3_600_000;
const ID = '0b5e9d2e-6f0b-4d1b-9a43-2f5d7c1e8a90';
const asset = '6a1f9d2e-6f0b-4d1b-9a43-2f5d7c1e8a91';
const attacks = { what: 'attacks', kinds: ['ms17-010'] } as const;
const port = { what: 'port', protocol: 'tcp', port: 445 } as const;
const open = (given: object = {}, id = ID): Shield =>
  openShield(
    OpenShield.parse({
      assetId: asset,
      vulnerability: 'CVE-2017-0144',
      against: attacks,
      because: 'found by the scan of today',
      ...given,
    }),
    id,
    { accountId: 's-1', name: 'scanner' },
    T,
  );
const act = (name: ShieldAct['act']): ShieldAct => ({
  act: name,
  by: { accountId: 'a-1', name: 'Ann' },
  because: 'she said so',
});
const after = (shield: Shield | { readonly refused: string }): Shield => {
  if ('refused' in shield) throw new Error(shield.refused);
  return shield;
};

test('it watches first, and prevents after a day in which it was never wrong', (t: TestContext) => {
  const shield = open();
  t.assert.equal(atInstant(shield, T + 23 * HOUR).state, 'detect');
  const later = atInstant(shield, T + 30 * HOUR);
  t.assert.equal(later.state, 'prevent');
  t.assert.deepEqual(later.history.at(-1), {
    atMs: T + 24 * HOUR,
    action: 'prevents',
    by: { accountId: null, name: 'time' },
    because: 'It was not wrong for 24 hours.',
  });
});

test('once it was wrong it watches again, for as long again', (t: TestContext) => {
  const wrong = after(changed(open(), act('was-wrong'), T + 30 * HOUR));
  t.assert.equal(wrong.state, 'detect');
  t.assert.equal(atInstant(wrong, T + 53 * HOUR).state, 'detect');
  t.assert.equal(atInstant(wrong, T + 54 * HOUR).state, 'prevent');
});

test('it ends when the patch is proved, or with its time, and nothing brings it back', (t: TestContext) => {
  const withdrawn = after(changed(open(), act('withdraw'), T + HOUR));
  t.assert.equal(atInstant(withdrawn, T + 1_000 * HOUR).state, 'withdrawn');
  const expired = atInstant(open({ expiresAfterDays: 1, soakSeconds: 7_200 }), T + 48 * HOUR);
  t.assert.deepEqual(
    expired.history.map(({ action, atMs }) => [action, (atMs - T) / HOUR]),
    [
      ['opened', 0],
      ['prevents', 2],
      ['expired', 24],
    ],
  );
  for (const shield of [withdrawn, expired])
    for (const name of ['prevent', 'was-wrong', 'withdraw'] as const)
      t.assert.ok('refused' in changed(shield, act(name), T + 49 * HOUR));
});

test('what it adds to policies', (t: TestContext) => {
  t.assert.deepEqual(layersOf([open()]), {
    'host-intrusion-detection': { network: { responses: { 'ms17-010': 'observe' } } },
  });
  const prevents = after(changed(open(), act('prevent'), T));
  const both = [open({}, 'a'), prevents, open({}, 'b')];
  t.assert.deepEqual(layersOf(both)['host-intrusion-detection'], {
    network: { responses: { 'ms17-010': 'block' } },
  });
  const shut = after(changed(open({ against: port }), act('prevent'), T));
  t.assert.deepEqual(layersOf([shut])['host-firewall'], {
    rules: [
      {
        id: `shield-${ID}`,
        name: 'CVE-2017-0144 is not patched yet',
        direction: 'in',
        action: 'deny',
        priority: 4,
        protocol: 'tcp',
        destinationPorts: [445],
      },
    ],
  });
  t.assert.deepEqual(layersOf([after(changed(shut, act('withdraw'), T))]), {});
});

test('whatever is done to it, it is in one state, its history is bounded and in order, and ends stay ends', () => {
  const acts = fc.array(
    fc.record({
      act: fc.constantFrom('prevent', 'was-wrong', 'withdraw'),
      hours: fc.integer({ min: 0, max: 40 }),
    }),
    { maxLength: 300 },
  );
  fc.assert(
    fc.property(acts, fc.integer({ min: 0, max: 200 }), (steps, soakHours) => {
      let shield = open({ soakSeconds: soakHours * 3_600, expiresAfterDays: 366 });
      let now = T;
      for (const { act: name, hours } of steps) {
        now += hours * HOUR;
        const wasInForce = isInForce(atInstant(shield, now));
        const next = changed(shield, act(name), now);
        if ('refused' in next) {
          if (wasInForce && name !== 'prevent') throw new Error(next.refused);
          continue;
        }
        if (!wasInForce) throw new Error('an end was no end');
        shield = next;
      }
      shield = atInstant(shield, now);
      // Asking twice is asking once.
      if (atInstant(shield, now) !== shield && isInForce(shield)) throw new Error('time passed twice');
      if (shield.history.length > 200) throw new Error('the history has no bound');
      if (shield.history[0]?.action !== 'opened') throw new Error('who opened it was forgotten');
      const times = shield.history.map(({ atMs }) => atMs);
      if (times.some((atMs, index) => index > 0 && atMs < (times[index - 1] ?? 0)))
        throw new Error('out of order');
    }),
  );
});
