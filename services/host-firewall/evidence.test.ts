import { type TestContext, test } from 'node:test';
import { closedPort } from './agent/canary.ts';
import { canaryEvidence, type RuleFacts, rulesEvidence } from './evidence.ts';
import { HostFirewallPolicy } from './policy.ts';

const good: RuleFacts = {
  confirmedDigest: 'a',
  presentDigest: 'a',
  mode: 'inline',
  defaultIn: 'deny',
  notInForce: undefined,
  wasPutBack: false,
};

test('only confirmed rules that close by default pass', (t: TestContext) => {
  t.assert.equal(rulesEvidence(good).result, 'pass');
  const said = (changed: Partial<RuleFacts>): string => {
    const { result, because } = rulesEvidence({ ...good, ...changed });
    return `${result}: ${because}`;
  };
  t.assert.match(said({ mode: 'tap' }), /^fail: .*watches only/);
  t.assert.match(said({ defaultIn: 'allow' }), /^fail: .*lets in what no rule denies/);
  t.assert.match(said({ presentDigest: 'b', wasPutBack: true }), /^fail: Somebody else changed.*put back/);
  t.assert.match(said({ presentDigest: undefined }), /^fail: Somebody else removed.*could not/);
  t.assert.match(said({ notInForce: 'taken back' }), /^fail: .*not in force: taken back/);
  t.assert.match(said({ confirmedDigest: undefined, notInForce: 'no library' }), /^error: .*no library/);
});

test('a probe passes when it was dropped and seen in time', (t: TestContext) => {
  const facts = { returnedAfterMs: 120.4, boundMs: 10_000, port: 2_323, droppedBy: ':default' };
  t.assert.equal(canaryEvidence(facts).result, 'pass');
  t.assert.equal(canaryEvidence({ ...facts, returnedAfterMs: undefined }).result, 'fail');
  t.assert.equal(canaryEvidence({ ...facts, returnedAfterMs: 10_001 }).result, 'fail');
  t.assert.equal(canaryEvidence({ ...facts, obstacle: 'no device' }).result, 'error');
});

test('the probe goes to a port that the policy closes, where it closes one that it logs', (t: TestContext) => {
  const port = (policy: object): number | undefined =>
    closedPort(HostFirewallPolicy.parse(policy), new Set());
  const closed = { mode: 'inline', defaultAction: { in: 'deny' } };
  t.assert.equal(port(closed), 2_323);
  const open = { id: 'a', direction: 'in', action: 'allow', protocol: 'tcp', destinationPorts: ['1-5000'] };
  t.assert.equal(port({ ...closed, rules: [open] }), 6_667);
  t.assert.equal(port({ ...closed, mode: 'tap' }), undefined);
  t.assert.equal(port({ ...closed, log: { drops: false } }), undefined);
  t.assert.equal(port({ mode: 'inline' }), undefined);
});
