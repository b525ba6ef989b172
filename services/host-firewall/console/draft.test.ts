import { type TestContext, test } from 'node:test';
import { HostFirewallPolicy } from '../policy.ts';
import {
  draftOf,
  elementsOf,
  isDraft,
  movedUp,
  portsOf,
  ruleText,
  textOf,
  toggled,
  withoutRule,
  withRule,
} from './draft.ts';

const ssh = {
  id: 'ssh',
  direction: 'in',
  action: 'allow',
  protocol: 'tcp',
  source: ['@office'],
  destinationPorts: [22],
} as const;
const web = {
  id: 'web',
  direction: 'in',
  action: 'allow',
  protocol: 'tcp',
  destinationPorts: [80, 443],
} as const;

test('text that is no policy yet says why', (t: TestContext) => {
  for (const text of ['{', '[]', '4', 'null', '{"rules": {}}']) t.assert.ok(!isDraft(draftOf(text)), text);
  t.assert.deepEqual(draftOf(' '), {});
  t.assert.deepEqual(draftOf(textOf({ mode: 'tap' })), { mode: 'tap' });
});

test('rules are added, replaced in their place, moved, switched off and removed', (t: TestContext) => {
  const draft = withRule(withRule({}, ssh), web);
  t.assert.deepEqual(
    draft.rules?.map(({ id }) => id),
    ['ssh', 'web'],
  );
  t.assert.deepEqual(withRule(draft, { ...ssh, protocol: 'udp' }).rules?.[0]?.protocol, 'udp');
  t.assert.deepEqual(
    movedUp(draft, 'web').rules?.map(({ id }) => id),
    ['web', 'ssh'],
  );
  t.assert.equal(movedUp(draft, 'ssh'), draft);
  const off = toggled(draft, 'ssh');
  t.assert.equal(off.rules?.[0]?.enabled, false);
  t.assert.equal(toggled(off, 'ssh').rules?.[0]?.enabled, true);
  t.assert.deepEqual(withoutRule(draft, 'ssh').rules, [web]);
  t.assert.ok(HostFirewallPolicy.safeParse({ ...off, addressLists: { office: ['192.0.2.0/24'] } }).success);
});

test('what people type', (t: TestContext) => {
  t.assert.deepEqual(elementsOf(' @office,  !10.1.0.0/16 '), ['@office', '!10.1.0.0/16']);
  t.assert.deepEqual(portsOf('22, 8000-8080 @web'), [22, '8000-8080', '@web']);
  t.assert.equal(ruleText(ssh), 'in tcp from @office to port 22');
  t.assert.equal(ruleText(web), 'in tcp to ports 80, 443');
});
