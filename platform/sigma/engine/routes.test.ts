/** A view may know more log sources of an event than the engine was compiled with. */
import { type TestContext, test } from 'node:test';
import { loadRules } from '../sigma.ts';
import { compileEngine } from './engine.ts';

const RULES = `
title: Of the source
logsource: { product: windows, service: security }
detection: { selection: { EventID: 4625 }, condition: selection }
---
title: Of the class
logsource: { category: authentication }
detection: { selection: { status_id: 2 }, condition: selection }
---
title: Of another source
logsource: { product: linux }
detection: { selection: { EventID: 4625 }, condition: selection }
`;

const { detections } = loadRules([{ file: 'rules.yml', text: RULES }]);
const engine = compileEngine(detections, {
  recognitions: [
    { when: { Channel: ['Security'] }, is: { product: 'windows', service: 'security' } },
    { when: { Channel: ['auth.log'] }, is: { product: 'linux' } },
  ],
});

test('rules for a log source that only the view knows look at the event too', (t: TestContext) => {
  const { rules } = engine.match({
    logsources: [{ product: 'windows', service: 'security' }, { category: 'authentication' }],
    fields: { Channel: 'Security', EventID: 4625, status_id: 2 },
  });
  t.assert.deepEqual(
    rules.toSorted((a, b) => a - b),
    [0, 1],
  );
});

test('an event of known sources alone is still looked at by their rules alone', (t: TestContext) => {
  const { rules } = engine.match({
    logsources: [{ product: 'windows', service: 'security' }],
    fields: { Channel: 'Security', EventID: 4625, status_id: 2 },
  });
  t.assert.deepEqual([...rules], [0]);
});
