import { type TestContext, test } from 'node:test';
import { hashPassword, verifyPassword } from './passwords.ts';

// Here and not with the units: each try costs what it costs whoever guesses, a second of a core.
test('passwords: the right one, a wrong one, nobody, a weak one', async (t: TestContext) => {
  const stored = await hashPassword('correct horse battery');
  t.assert.equal(await verifyPassword('correct horse battery', stored), true);
  t.assert.equal(await verifyPassword('correct horse batterz', stored), false);
  t.assert.equal(await verifyPassword('correct horse battery', undefined), false);
  await t.assert.rejects(hashPassword('short'), { code: 'IDENTITY_PASSWORD_WEAK' });
});
