import { type TestContext, test } from 'node:test';
import { attacksOf } from './attack.ts';

test('the tactics of ATT&CK 19 are known', (t: TestContext) => {
  t.assert.deepEqual(attacksOf(['attack.defense-impairment', 'attack.t1685']), [
    { technique: { uid: 'T1685' }, tactic: { uid: 'TA0112', name: 'defense-impairment' } },
  ]);
  // Two tactics, and no saying which one the technique is for.
  t.assert.deepEqual(attacksOf(['attack.stealth', 'attack.execution', 'attack.t1059']), [
    { technique: { uid: 'T1059' } },
  ]);
});
