import { type TestContext, test } from 'node:test';
import { loadCatalogue } from './catalogue.ts';

test('at least 66 of the 70 controls have a required rule that no person is needed for', (t: TestContext) => {
  const { controls, automaticKinds } = loadCatalogue();
  t.assert.equal(controls.size, 70);
  const byMachine = [...controls.values()].filter(({ evidence }) =>
    evidence.some(({ kind, required }) => required && automaticKinds.has(kind)),
  );
  const without = [...controls.keys()].filter((id) => !byMachine.some((control) => control.id === id));
  t.assert.ok(byMachine.length >= 66, `${byMachine.length}; not ${without.join(', ')}`);
});
