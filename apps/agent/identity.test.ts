import { type TestContext, test } from 'node:test';
import { familyOf } from './identity.ts';

test('a distribution is known by its id, or by what it is like', (t: TestContext) => {
  // ID and ID_LIKE as os-release(5) has them there.
  const releases = {
    'debian ': 'debian',
    'linuxmint ubuntu debian': 'debian',
    'almalinux rhel centos fedora': 'rhel',
    'opensuse-leap suse opensuse': 'suse',
    'alpine ': 'alpine',
    'manjaro arch': 'arch',
    ' ': 'other',
  };
  for (const [ids, family] of Object.entries(releases)) t.assert.equal(familyOf(ids), family, ids);
});
