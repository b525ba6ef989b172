import { test } from 'node:test';
import { inherit } from './inherit.ts';
import { HostFirewallPolicy } from './policy.ts';

const TENANT = {
  mode: 'inline',
  defaultAction: { in: 'deny' },
  addressLists: { office: ['10.0.0.0/8'], backup: ['10.9.0.1'] },
  allowList: [{ id: 'management', peer: '192.0.2.1' }],
  rules: [
    {
      id: 'ssh',
      direction: 'in',
      action: 'allow',
      protocol: 'tcp',
      source: ['@office'],
      destinationPorts: [22],
    },
    { id: 'web', direction: 'in', action: 'allow', protocol: 'tcp', destinationPorts: [443] },
  ],
} as const satisfies object;

test('the more specific document wins, field by field, and rules by id keep their place', (t) => {
  const merged = HostFirewallPolicy.parse(
    inherit(
      TENANT as never,
      { addressLists: { office: ['10.1.0.0/16'] }, defaultAction: { out: 'deny' } },
      {
        mode: 'tap',
        rules: [
          { id: 'ssh', enabled: false },
          { id: 'db', direction: 'in', action: 'allow', protocol: 'tcp', destinationPorts: [5432] },
        ],
      },
    ),
  );
  t.assert.equal(merged.mode, 'tap');
  t.assert.deepEqual(merged.defaultAction, { in: 'deny', out: 'deny' });
  t.assert.deepEqual(merged.addressLists, { office: ['10.1.0.0/16'], backup: ['10.9.0.1'] });
  t.assert.deepEqual(
    merged.rules.map(({ id, enabled }) => [id, enabled]),
    [
      ['ssh', false],
      ['web', true],
      ['db', true],
    ],
  );
  t.assert.deepEqual(merged.rules[0]?.destinationPorts, [22]);
});

test('the allow-list only grows', (t) => {
  const { allowList } = inherit(
    TENANT as never,
    { allowList: [] },
    { allowList: [{ id: 'dns', peer: '192.0.2.53' }] },
  );
  t.assert.deepEqual(
    allowList?.map(({ id }) => id),
    ['management', 'dns'],
  );
});

test('nothing said stays nothing said, so that the defaults are written once', (t) => {
  t.assert.deepEqual(inherit({}), {});
});
