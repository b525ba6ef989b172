import { type TestContext, test } from 'node:test';
import type { RiskRow } from '@demarc/platform/contract/assurance/workbook';
import { bandOf, heatRows, risksOf, scoreText, wouldHelp } from './risks-view.ts';

const level = (likelihood: number, impact: number) => ({
  likelihood,
  impact,
  score: likelihood * impact,
  sourceScore: (likelihood * impact) / 5,
});
const risk = (riskId: string, changes: Partial<RiskRow> = {}): RiskRow => ({
  riskId,
  title: riskId,
  scenario: '',
  threat: '',
  version: 1,
  state: 'open',
  inherent: level(4, 4),
  residual: level(4, 3),
  mitigations: [],
  treatment: 'mitigate',
  owner: 'CISO',
  reviewAt: null,
  reviewOverdue: false,
  aboveAppetite: false,
  aboveSince: null,
  tasks: [],
  exceptionIds: [],
  poamIds: [],
  log: [],
  recordId: 'ledger:1',
  ...changes,
});

test('both scales stand side by side', (t: TestContext) => {
  t.assert.equal(scoreText(level(4, 5)), '4 × 5 = 20 (4.0 of 5)');
});

test('the map has likelihood 5 on top and impact 1 on the left', (t: TestContext) => {
  const heat = [1, 2, 3, 4, 5].flatMap((impact) =>
    [1, 2, 3, 4, 5].map((likelihood) => ({
      likelihood,
      impact,
      score: likelihood * impact,
      aboveAppetite: false,
      inherent: [],
      residual: [],
    })),
  );
  const rows = heatRows(heat);
  t.assert.deepEqual(
    [rows[0]?.[0], rows[4]?.[4]].map((field) => [field?.likelihood, field?.impact]),
    [
      [5, 1],
      [1, 5],
    ],
  );
  t.assert.deepEqual(
    [1, 4, 5, 9, 10, 12, 15, 25].map((score) => bandOf(score)),
    ['low', 'low', 'moderate', 'moderate', 'high', 'high', 'very-high', 'very-high'],
  );
});

test('closed risks are shown when they are asked for', (t: TestContext) => {
  const risks = [risk('R-1'), risk('R-2', { state: 'closed' }), risk('R-3', { aboveAppetite: true })];
  const ids = (search: Record<string, string>): string[] =>
    risksOf(risks, search).map(({ riskId }) => riskId);
  t.assert.deepEqual(ids({}), ['R-1', 'R-3']);
  t.assert.deepEqual(ids({ show: 'closed' }), ['R-2']);
  t.assert.deepEqual(ids({ show: 'above' }), ['R-3']);
  t.assert.deepEqual(ids({ text: 'r-1' }), ['R-1']);
});

test('what would help: only what changes the score, most first', (t: TestContext) => {
  const mitigation = (controlId: string, scoreIfHeld: number | null) => ({
    controlId,
    title: controlId,
    reduces: 'likelihood' as const,
    steps: 1,
    status: 'not-satisfied' as const,
    takes: 0,
    scoreIfHeld,
  });
  const mitigations = [mitigation('A', 9), mitigation('B', 12), mitigation('C', 6), mitigation('D', null)];
  t.assert.deepEqual(
    wouldHelp(risk('R-1', { mitigations })).map(({ controlId }) => controlId),
    ['C', 'A'],
  );
});
