import { type TestContext, test } from 'node:test';
import { BESIDE, OTHERWISE, RECOGNITIONS } from './taxonomy.ts';
import { openView } from './view.ts';

const view = openView({ mappings: [], recognitions: RECOGNITIONS, otherwise: OTHERWISE, beside: BESIDE });
const sourcesOf = (event: Readonly<Record<string, unknown>>) => view.ofOcsf(event).logsources;

test('an event is of its class besides what its source says', (t: TestContext) => {
  t.assert.deepEqual(sourcesOf({ class_uid: 3002, unmapped: { Channel: 'Security', EventID: 4625 } }), [
    { product: 'windows', service: 'security' },
    { category: 'authentication' },
  ]);
});

test('its class does not keep what follows from class and activity from being asked', (t: TestContext) => {
  t.assert.deepEqual(sourcesOf({ class_uid: 4001, activity_id: 6 }), [
    { category: 'network_connection' },
    { category: 'network_activity' },
  ]);
});

test('what the class alone says is said once', (t: TestContext) => {
  t.assert.deepEqual(sourcesOf({ class_uid: 1001, activity_id: 14 }), [
    { category: 'file_activity' },
    { category: 'file_access' },
  ]);
});

test('a base event is looked at by every rule', (t: TestContext) =>
  t.assert.deepEqual(sourcesOf({ class_uid: 0, activity_id: 99, message: 'text' }), []));
