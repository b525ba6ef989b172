import { type TestContext, test } from 'node:test';
import { HostFirewallPolicy } from '../policy.ts';
import {
  allowListOf,
  connectionsOf,
  gatewaysOf,
  gatewaysOf6,
  isLoggedIn,
  nameServersOf,
  portOf,
} from './lifelines.ts';

test('default gateways are read as the kernel writes them', (t: TestContext) => {
  const route = [
    'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
    'eth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0',
    'eth0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0',
    'ppp0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0',
  ].join('\n');
  t.assert.deepEqual(gatewaysOf(route), ['192.168.1.1']);
  const none = '0'.repeat(32);
  const route6 = [
    `${none} 00 ${none} 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003     eth0`,
    `${none} 00 ${none} 00 ${none} ffffffff 00000001 00000000 00200200       lo`,
    `fe800000000000000000000000000000 40 ${none} 00 ${none} 00000100 00000001 00000000 00000001     eth0`,
  ].join('\n');
  t.assert.deepEqual(gatewaysOf6(route6), ['fe80::1']);
});

test('name servers are those that are addresses of another machine', (t: TestContext) => {
  const resolv =
    '# a comment\nnameserver 192.0.2.53\nnameserver 127.0.0.53\nnameserver 2001:db8::53%eth0\nsearch a b\n';
  t.assert.deepEqual(nameServersOf(resolv), ['192.0.2.53', '2001:db8::53']);
});

test('sessions come from where they come, also over a socket for both families', (t: TestContext) => {
  const tcp = [
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
    '   0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 111 1 0 100 0 0 10 0',
    '   1: 0A00000A:0016 076433C6:C001 01 00000000:00000000 02:00000000 00000000     0        0 112 1 0 20 4 30 10 -1',
  ].join('\n');
  t.assert.deepEqual(connectionsOf(tcp), [
    { localPort: 22, remote: '0.0.0.0', state: 'listening', inode: '111' },
    { localPort: 22, remote: '198.51.100.7', state: 'established', inode: '112' },
  ]);
  const tcp6 =
    '   0: 0000000000000000FFFF00000A00000A:0016 0000000000000000FFFF0000076433C6:C001 01 00000000:00000000 02:0 0 0 0 9 1\n' +
    '   1: B80D0120000000000000000001000000:0016 B80D0120000000000000000002000000:C002 01 00000000:00000000 02:0 0 0 0 9 1';
  t.assert.deepEqual(
    connectionsOf(tcp6).map(({ remote }) => remote),
    ['198.51.100.7', '2001:db8::2'],
  );
});

test('only a session of sshd is somebody who is logged in', (t: TestContext) => {
  for (const title of ['sshd: root@pts/0', 'sshd: ada@notty ', 'sshd-session: ada@pts/1,pts/2', 'sshd: ada'])
    t.assert.ok(isLoggedIn(title), title);
  for (const title of [
    'sshd: /usr/sbin/sshd -D [listener] 1 of 10-100 startups',
    'sshd: [accepted]',
    'sshd: root [priv]',
    'sshd: unknown [net]',
    'sshd-session: ada [pam]',
    '/usr/sbin/sshd -D',
  ])
    t.assert.ok(!isLoggedIn(title), title);
});

test('lifelines make a valid allow-list, the same for the same, in whatever order they were found', (t: TestContext) => {
  const lifelines = {
    server: ['192.0.2.10', '2001:db8::10'],
    serverPort: portOf(new URL('https://demarc.example')),
    gateways: ['10.0.0.1', 'fe80::1'],
    nameServers: ['10.0.0.53', 'nonsense'],
    sshPorts: [2_222, 22],
    administrators: ['198.51.100.7', '198.51.100.7'],
  };
  const allowList = allowListOf(lifelines);
  const { data, error } = HostFirewallPolicy.safeParse({ allowList });
  t.assert.deepEqual(data?.allowList, allowList, String(error));
  const turned = { ...lifelines, server: lifelines.server.toReversed(), sshPorts: [22, 2_222] };
  t.assert.deepEqual(allowListOf(turned), allowList);
  t.assert.deepEqual(
    allowList.map(({ peer, protocol, localPorts, remotePorts }) =>
      [peer, protocol, localPorts.join('+'), remotePorts.join('+')].join(' '),
    ),
    [
      '192.0.2.10 tcp  443',
      '2001:db8::10 tcp  443',
      '10.0.0.1 any  ',
      'fe80::1 any  ',
      '10.0.0.53 tcp  53',
      '10.0.0.53 udp  53',
      '198.51.100.7 tcp 22+2222 ',
    ],
  );
});
