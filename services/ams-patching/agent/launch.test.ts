import { type TestContext, test } from 'node:test';
import { commandOf } from './launch.ts';

const PROGRAM = { file: '/opt/demarc-agent/node', args: ['/opt/demarc-agent/agent.mjs', 'worker', 'x/work'] };

test('without systemd it is the program itself', (t: TestContext) => {
  t.assert.deepEqual(commandOf(PROGRAM, '/state/orders/1', '1', false), [
    '/opt/demarc-agent/node',
    '/opt/demarc-agent/agent.mjs',
    'worker',
    'x/work',
    '/state/orders/1',
  ]);
});

test('with systemd it is a unit of its own, and nothing of it is read as an option', (t: TestContext) => {
  const command = commandOf(PROGRAM, '/state/orders/1', '1', true);
  t.assert.equal(command[0], '/usr/bin/systemd-run');
  const end = command.indexOf('--');
  t.assert.ok(command.slice(1, end).every((option) => option.startsWith('--')));
  t.assert.ok(command.includes('--unit=demarc-patch-1'));
  t.assert.ok(command.includes('--property=KillMode=process'));
  t.assert.deepEqual(command.slice(end + 1), commandOf(PROGRAM, '/state/orders/1', '1', false));
});
