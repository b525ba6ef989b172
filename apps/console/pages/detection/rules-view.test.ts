import { type TestContext, test } from 'node:test';
import type { RuleSummary } from '@demarc/platform/contract/detection';
import { diffOf } from './diff.ts';
import { countsOf, looksFor, ordered, rulesOf, sourcesOf, standingOf, summaryOf } from './rules-view.ts';

const rule = (ruleId: string, changes: Partial<RuleSummary> = {}): RuleSummary => ({
  ruleId,
  title: ruleId,
  kind: 'detection',
  level: 'medium',
  status: null,
  tags: [],
  logsource: { product: 'windows', category: 'process_creation', service: null },
  origin: 'shipped',
  file: 'a.yml',
  line: 1,
  state: 'loaded',
  because: null,
  version: 1,
  isTuned: false,
  firedCount: 0,
  lastFiredAt: null,
  reach: 'can fire',
  reachBecause: null,
  ...changes,
});

const RULES = [
  rule('b', { firedCount: 3, lastFiredAt: '2026-01-02T00:00:00.000Z', tags: ['attack.t1059.001'] }),
  rule('a', { level: 'critical', reach: 'never', reachBecause: 'No source sends it.' }),
  rule('c', { state: 'refused', because: 'The modifier is not known.', origin: 'tenant' }),
  rule('d', { state: 'disabled', logsource: { product: null, category: null, service: null } }),
];
const ids = (search: Record<string, string>): string =>
  rulesOf(ordered(RULES, search['sort']), search)
    .map(({ ruleId }) => ruleId)
    .join('');

test('the counts are of what the page must say: refused, off, never fired, cannot fire', (t: TestContext) => {
  t.assert.deepEqual(countsOf(RULES), {
    all: 4,
    loaded: 2,
    refused: 1,
    off: 1,
    quiet: 1,
    never: 1,
    tuned: 0,
  });
  t.assert.match(
    summaryOf(RULES, 30),
    /^2 of 4 rules are loaded. In 30 days 1 fired; 1 cannot fire here, 1 refused/,
  );
  t.assert.deepEqual(standingOf(RULES[1] ?? rule('')), { is: 'never', because: 'No source sends it.' });
  t.assert.deepEqual(sourcesOf(RULES), [
    ['windows / process_creation', 3],
    ['any', 1],
  ]);
});

test('filters narrow together, and the order is the one that was asked for', (t: TestContext) => {
  t.assert.equal(ids({}), 'abcd');
  t.assert.equal(ids({ sort: 'fired' }), 'bacd');
  t.assert.equal(ids({ sort: 'level' }), 'abcd');
  t.assert.equal(ids({ text: 'MODIFIER known' }), 'c');
  t.assert.equal(ids({ technique: 't1059' }), 'b');
  t.assert.equal(ids({ show: 'never' }), 'a');
  t.assert.equal(ids({ origin: 'tenant', level: 'medium' }), 'c');
  t.assert.equal(ids({ source: 'any' }), 'd');
});

test('what a rule looks for is in its text: fields and conditions, not searches or values', (t: TestContext) => {
  const text = `title: x
detection:
    selection:
        Image|endswith: '\\a.exe'
        'Odd Field': 1
    other:
        - CommandLine|contains:
            - 'rpc::'
    condition: selection or other
falsepositives:
    - Field: none
`;
  t.assert.deepEqual(looksFor(text), {
    fields: ['Image', 'Odd Field', 'CommandLine'],
    conditions: ['selection or other'],
  });
});

test('the difference of two versions shows what went and what came, with a little around it', (t: TestContext) => {
  t.assert.equal(diffOf('a\nb\nc\nd\ne\nf', 'a\nb\nc\nd\nX\nf'), '@@ line 2 @@\n b\n c\n d\n-e\n+X\n f');
  t.assert.equal(diffOf('a', 'a'), '');
  t.assert.equal(diffOf('a\nb\nc', 'b\nc\nd'), '@@ line 1 @@\n-a\n b\n c\n+d');
});
