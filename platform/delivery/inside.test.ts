import { type TestContext, test } from 'node:test';
import { isInside } from './inside.ts';

test('what is no host’s of the Internet is inside, however it is written', (t: TestContext) => {
  for (const address of [
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '169.254.169.254',
    '172.31.255.255',
    '192.0.0.192',
    '192.168.0.1',
    '198.18.0.1',
    '198.19.255.255',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:10.0.0.1',
    '::ffff:a00:1',
    '::ffff:a9fe:a9fe',
    '::10.0.0.1',
    '64:ff9b::a9fe:a9fe',
    '64:ff9b::10.0.0.1',
    '64:ff9b:1::a00:1',
    '2001::1',
    '2001:db8::1',
    '2002:a00:1::',
    '2002:a9fe:a9fe::1',
    'fc00::1',
    'fd00:ec2::254',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'ff02::1',
    '3fff::1',
    '100::1',
    'localhost',
    '',
  ])
    t.assert.equal(isInside(address), true, address);
});

test('what is one of the Internet is not', (t: TestContext) => {
  for (const address of [
    '1.1.1.1',
    '172.15.255.255',
    '172.32.0.1',
    '192.0.1.1',
    '198.17.255.255',
    '198.20.0.1',
    '223.255.255.255',
    '::ffff:1.1.1.1',
    '2001:4860:4860::8888',
    '2606:4700::1111',
    '2a00:1450::1',
  ])
    t.assert.equal(isInside(address), false, address);
});
