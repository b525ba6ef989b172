import { type TestContext, test } from 'node:test';
import { lookOf, partyWord } from './party.ts';

test('a party is named in words, several as several, and nobody as nobody', (t: TestContext) => {
  t.assert.deepEqual(
    ['provider+customer', 'ams', 'acme', null].map((party) => partyWord(party)),
    ['Provider + Customer', 'AMS team', 'Acme', 'Nobody’s'],
  );
  t.assert.equal(partyWord(null, 'contested'), 'Disputed');
  t.assert.equal(partyWord('acme', 'owned', new Map([['acme', 'Acme Ltd']])), 'Acme Ltd');
});

test('each kind of party has a look of its own', (t: TestContext) => {
  const looks = ['provider', 'customer', 'ams', 'acme', 'provider+customer', null].map(
    (party) => lookOf(party, 'unowned').background,
  );
  t.assert.equal(new Set(looks).size, looks.length);
});
