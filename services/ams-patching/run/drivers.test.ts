/**
 * What managers print, and what it is taken for. Of apt, dnf and zypper the integration tests have it at first hand;
 * of apk there is only what its documentation shows (https://wiki.alpinelinux.org/wiki/Alpine_Package_Keeper).
 */
import { type TestContext, test } from 'node:test';
import { apkDriver } from './apk.ts';
import { aptDriver } from './apt.ts';
import type { Ran } from './command.ts';
import { dnfDriver } from './dnf.ts';
import { beyond, type Target } from './driver.ts';
import { zypperDriver } from './zypper.ts';

const said = (stdout: string, more: Partial<Ran> = {}): Ran => ({ code: 0, stdout, stderr: '', ...more });
const target = (name: string, version: string, arch = 'amd64'): Target => ({ name, version, arch });

test('a plan is the job, or it is said what else it is', (t: TestContext) => {
  const targets = [target('a', '2'), target('b', '2')];
  const change = (name: string, to: string) => ({
    action: 'change' as const,
    name,
    arch: 'amd64',
    from: '1',
    to,
  });
  t.assert.deepEqual(beyond([change('a', '2'), change('b', '2')], targets), []);
  t.assert.deepEqual(
    beyond(
      [
        change('a', '3'),
        change('c', '2'),
        { action: 'install', name: 'd', arch: 'amd64', to: '1' },
        { action: 'remove', name: 'e', arch: 'amd64', from: '1' },
        { action: 'configure', name: 'half', arch: 'amd64', to: '1' },
      ],
      targets,
    ),
    [
      'changes a:amd64 to 3 instead of 2',
      'changes c:amd64 1 to 2 too',
      'installs d:amd64 1 anew',
      'removes e:amd64 1',
      'leaves b:amd64 as it is, not 2',
    ],
  );
});

test('apt: versions, architectures and origins of every form', (t: TestContext) => {
  const apt = aptDriver({ root: '/' });
  const text = `NOTE: This is only a simulation!
Remv old [1.0]
Inst libc6 [2.36-9+deb12u1] (2.36-9+deb12u4 Debian:12.4/stable, Debian-Security:12/stable-security [amd64]) []
Inst libc6:i386 [2.36-9+deb12u1] (2.36-9+deb12u4 Debian:12.4/stable [i386])
Inst new (1:2.0~rc1-1 [all])
Conf libc6 (2.36-9+deb12u4 Debian:12.4/stable [amd64])
Conf waiting (1 Debian:12.4/stable [amd64])
`;
  t.assert.deepEqual(apt.parsePlanned(said(text)), [
    { action: 'remove', name: 'old', arch: '', from: '1.0' },
    { action: 'change', name: 'libc6', arch: 'amd64', from: '2.36-9+deb12u1', to: '2.36-9+deb12u4' },
    { action: 'change', name: 'libc6', arch: 'i386', from: '2.36-9+deb12u1', to: '2.36-9+deb12u4' },
    { action: 'install', name: 'new', arch: 'all', to: '1:2.0~rc1-1' },
    { action: 'configure', name: 'waiting', arch: 'amd64', to: '1' },
  ]);
  t.assert.throws(() => apt.parsePlanned(said('Inst what is this\n')), { code: 'PATCH_OUTPUT_UNREADABLE' });
  const long = `Inst a [1] (2 ${'['.repeat(1_000_000)}\n`;
  t.assert.throws(() => apt.parsePlanned(said(long)), { code: 'PATCH_OUTPUT_UNREADABLE' });
  const { argv } = apt.apply([target('libc6', '2.36-9+deb12u4'), target('tzdata', '1', 'all')], 'upgrade');
  t.assert.deepEqual(argv.slice(-3), ['install', 'libc6:amd64=2.36-9+deb12u4', 'tzdata=1']);
  for (const option of ['-y', '--only-upgrade', '--no-install-recommends', '--no-remove'])
    t.assert.ok(argv.includes(option), option);
  t.assert.ok(!argv.includes('--allow-downgrades'));
  t.assert.ok(apt.apply([], 'downgrade').argv.includes('--allow-downgrades'));
  t.assert.match(apt.refreshProblem(said('Err:1 http://deb.example.org x\n')) ?? '', /^Err:1 http/);
  // As apt 2.6 says it of a repository that has its list in one form only.
  const forms = 'Get:3 file:/r ./ Packages\nErr:3 file:/r ./ Packages\n  Method gave a blank filename\n';
  t.assert.match(apt.refreshProblem(said(forms)) ?? '', /^Err:3/);
  t.assert.equal(apt.refreshProblem(said(`${forms}Get:3 file:/r ./ Packages [486 B]\n`)), undefined);
});

test('dnf: a table of every section, also when it is wrapped', (t: TestContext) => {
  const dnf = dnfDriver('/');
  const text = `Dependencies resolved.
================================================================================
 Package         Architecture       Version              Repository        Size
================================================================================
Installing:
 kernel          x86_64             5.14.0-503.el9       baseos            1.2 M
Upgrading:
 bash            x86_64             5.1.8-9.el9          baseos            1.7 M
 a-package-with-a-name-that-is-very-long-indeed
                 noarch             2:1-1                appstream         512
     replacing  older.noarch 1-1
Removing dependent packages:
 gone            noarch             1-1                  @baseos           10 k

Transaction Summary
================================================================================
`;
  t.assert.deepEqual(dnf.parsePlanned(said(text, { code: 1 })), [
    { action: 'install', name: 'kernel', arch: 'x86_64', to: '0:5.14.0-503.el9' },
    { action: 'change', name: 'bash', arch: 'x86_64', to: '0:5.1.8-9.el9' },
    { action: 'change', name: 'a-package-with-a-name-that-is-very-long-indeed', arch: 'noarch', to: '2:1-1' },
    { action: 'remove', name: 'older', arch: 'noarch', from: '1-1' },
    { action: 'remove', name: 'gone', arch: 'noarch', from: '0:1-1' },
  ]);
  const header = text.slice(0, text.indexOf('Installing:'));
  t.assert.throws(() => dnf.parsePlanned(said(`${header}Something new:\n`)), {
    code: 'PATCH_OUTPUT_UNREADABLE',
  });
  t.assert.throws(() => dnf.parsePlanned(said(header)), { code: 'PATCH_OUTPUT_UNREADABLE' });
  t.assert.deepEqual(dnf.parsePlanned(said('Nothing to do.\n')), []);
});

test('zypper: its summary, and what it says when it cannot', (t: TestContext) => {
  const zypper = zypperDriver('/');
  const text = `<stream><install-summary packages-to-change="3">
<to-upgrade><solvable type="package" name="bash" edition="5-2" arch="x86_64" edition-old="5-1" arch-old="x86_64">
<description>x</description></solvable></to-upgrade>
<to-install><solvable type="patch" name="of-suse" edition="1" arch="noarch"/><solvable type="package" name="new" edition="1:1-1" arch="noarch"/></to-install>
<to-remove><solvable type="package" name="gone" edition="1-1" arch="noarch"/></to-remove>
</install-summary></stream>`;
  t.assert.deepEqual(zypper.parsePlanned(said(text)), [
    { action: 'change', name: 'bash', arch: 'x86_64', to: '0:5-2', from: '0:5-1' },
    { action: 'install', name: 'new', arch: 'noarch', to: '1:1-1' },
    { action: 'remove', name: 'gone', arch: 'noarch', from: '0:1-1' },
  ]);
  const wrong = `<message type="error">No provider of &apos;x&apos; found.</message>`;
  t.assert.equal(
    zypper.parsePlanned(said(wrong, { code: 104 })),
    "exit status 104: No provider of 'x' found.",
  );
  const long = `<install-summary><solvable ${'a'.repeat(1_000_000)}></install-summary>`;
  t.assert.throws(() => zypper.parsePlanned(said(long)), { code: 'PATCH_OUTPUT_UNREADABLE' });
  t.assert.throws(() => zypper.parsePlanned(said('<stream></stream>')), { code: 'PATCH_OUTPUT_UNREADABLE' });
});

test('apk, as its documentation has it: NO apk WAS RUN', (t: TestContext) => {
  const apk = apkDriver('/');
  t.assert.deepEqual(
    apk.parseInstalled(said('libssl3-3.1.4-r1 x86_64 {openssl} (Apache-2.0) [installed]\n')),
    [{ name: 'libssl3', arch: 'x86_64', version: '3.1.4-r1', isWhole: true }],
  );
  const planned = apk.parsePlanned(
    said(`(1/3) Upgrading libssl3 (3.1.4-r1 -> 3.1.4-r5)
(2/3) Installing new (1.0-r0)
(3/3) Purging old (1.0-r0)
OK: 9 MiB in 15 packages
`),
  );
  t.assert.ok(typeof planned !== 'string');
  t.assert.deepEqual(beyond(planned, [target('libssl3', '3.1.4-r5', 'x86_64')]), [
    'installs new 1.0-r0 anew',
    'removes old 1.0-r0',
  ]);
  const offers = apk.parseOffers(
    said(`musl policy:
  1.2.4-r2:
    lib/apk/db/installed
    https://dl-cdn.alpinelinux.org/alpine/v3.19/main
  1.2.4-r1:
    lib/apk/db/installed
`),
  );
  t.assert.deepEqual([...offers], ['musl 1.2.4-r2']);
  t.assert.match(
    apk.parsePlanned(
      said('', { code: 1, stderr: 'ERROR: unable to select packages:\n  x (no such package)\n' }),
    ) as string,
    /no such package/,
  );
});
