import { type TestContext, test } from 'node:test';
import { KINDS } from '../network/detection.ts';
import { OpenShield, SHIELD_KINDS } from '../shield/shield.ts';
import { againstText, draftFor, SHIELD_KIND_TITLES, type ShieldDraft, shieldAsked } from './shield-view.ts';

const draft: ShieldDraft = {
  assetId: '6a1f9d2e-6f0b-4d1b-9a43-2f5d7c1e8a91',
  vulnerability: ' CVE-2020-0796 ',
  against: 'smbghost',
  port: '',
  soakSeconds: '86400',
  because: 'found by the scan of today',
};

test('a shield can be opened against every kind, in the words of the list of attacks', (t: TestContext) => {
  t.assert.deepEqual(
    SHIELD_KIND_TITLES,
    Object.fromEntries(SHIELD_KINDS.map((kind) => [kind, KINDS[kind].title])),
  );
});

test('what is typed is what the route takes', (t: TestContext) => {
  t.assert.deepEqual(OpenShield.parse(shieldAsked(draft)).against, { what: 'attacks', kinds: ['smbghost'] });
  const port = OpenShield.parse(shieldAsked({ ...draft, against: 'udp', port: '53', soakSeconds: '0' }));
  t.assert.deepEqual(
    [port.against, port.soakSeconds, port.vulnerability],
    [{ what: 'port', protocol: 'udp', port: 53 }, 0, 'CVE-2020-0796'],
  );
});

test('nothing is asked while something is missing', (t: TestContext) => {
  for (const missing of [
    { assetId: '' },
    { vulnerability: '  ' },
    { because: 'no' },
    { against: 'tcp' as const },
    { against: 'tcp' as const, port: '8o' },
  ])
    t.assert.equal(shieldAsked({ ...draft, ...missing }), undefined);
});

test('what it looks at is said in words', (t: TestContext) => {
  t.assert.equal(
    againstText({ against: { what: 'attacks', kinds: ['ms17-010', 'double-pulsar'] } }),
    'Exploit of MS17-010 (EternalBlue), DoublePulsar',
  );
  t.assert.equal(
    againstText({ against: { what: 'port', protocol: 'tcp', port: 445 } }),
    'everything that comes to tcp port 445',
  );
});

test('who comes from a finding finds it filled in, and the shield names the finding', (t: TestContext) => {
  t.assert.equal(draftFor({ asset: 'a' }), undefined);
  const asset = '11111111-2222-4333-8444-555555555555';
  const smb = draftFor({ for: 'CVE-2020-0796', asset, finding: 'f-1' });
  if (smb === undefined) throw new Error('there is a draft');
  t.assert.equal(shieldAsked(smb), undefined, 'why is for a person to say');
  t.assert.partialDeepStrictEqual(OpenShield.parse(shieldAsked({ ...smb, because: 'no patch yet' })), {
    assetId: asset,
    vulnerability: 'CVE-2020-0796',
    findingUid: 'f-1',
    against: { what: 'attacks', kinds: ['smbghost'] },
  });
  t.assert.equal(draftFor({ for: 'CVE-2026-1000' })?.against, 'tcp');
});
