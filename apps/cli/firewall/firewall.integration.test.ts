/** The commands as a CI would run them, and their rules as the real nft reads them. Needs root. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const POLICY = `
mode: inline
defaultAction: { in: deny }
addressLists:
  office: [198.51.100.0/24, 2001:db8:1::/48, 192.0.2.10-192.0.2.20]
portLists:
  web: [80, 443, 8000-8100]
schedules:
  working_hours: [{ weekdays: [mon, tue, wed, thu, fri], from: "08:00", to: "18:00" }]
contexts:
  domain_connected: { localAddresses: [10.0.0.0/8] }
allowList:
  - { id: management, peer: 203.0.113.5, protocol: tcp, remotePorts: [443] }
stateful:
  newConnectionsPerSource: { perSecond: 50, burst: 100 }
  synPerSource: { perSecond: 200, burst: 400 }
rules:
  - { id: web, direction: in, action: allow, protocol: tcp, destinationPorts: ["@web"] }
  - { id: ssh-office, direction: in, action: allow, protocol: tcp, destinationPorts: [22], source: ["@office"], schedule: working_hours }
  - { id: no-smb, direction: out, action: deny, priority: 3, protocol: tcp, destinationPorts: [445, 139], context: domain_connected }
  - { id: xmas, direction: in, action: log-only, protocol: tcp, tcpFlags: { mask: [fin, psh, urg], value: [fin, psh, urg] } }
  - { id: ping, direction: in, action: allow, protocol: icmp, icmp: [{ type: 8, code: 0 }] }
  - { id: not-there, direction: in, action: deny, priority: 4, source: ["!198.51.100.0/24", "!@office"], interfaces: [eth1], sourceMac: ["02:00:00:00:00:01"] }
`;

const directory = mkdtempSync(join(tmpdir(), 'demarc-firewall-cli-'));
test.after(() => rmSync(directory, { recursive: true, force: true }));
const write = (name: string, text: string): string => {
  const file = join(directory, name);
  writeFileSync(file, text);
  return file;
};
const policyFile = write('policy.yaml', POLICY);

function demarc(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['apps/cli/main.ts', 'firewall', ...args], {
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

test('compiled rules are what nft -j -f takes', (t) => {
  const { status, stdout, stderr } = demarc(
    'compile',
    '--policy',
    policyFile,
    '--local',
    '10.0.0.4',
    '--counters',
  );
  t.assert.equal(status, 0, stderr);
  const file = write('rules.json', stdout);
  // In a network of its own: -c looks at the kernel's rules too.
  for (const options of [
    ['-j', '-c', '-f', file],
    ['-j', '-f', file],
  ]) {
    const checked = spawnSync('unshare', ['--net', 'nft', ...options], { encoding: 'utf8' });
    t.assert.equal(checked.status, 0, checked.stderr);
  }
  t.assert.match(stdout, /no-smb/);
  t.assert.doesNotMatch(demarc('compile', '--policy', policyFile).stdout, /no-smb/);
});

test('explain names the verdict, the rule and why', (t) => {
  const said = demarc(
    'explain',
    '--policy',
    policyFile,
    '--packet',
    'tcp 198.51.100.7:1234 > 10.0.0.2:22 in flags=S state=new iface=eth0',
    'tcp 203.0.113.5:443 > 10.0.0.2:50000 in flags=A state=invalid',
    '--at',
    '2026-01-05T09:00:00Z',
    '--json',
  );
  t.assert.equal(said.status, 0, said.stderr);
  const lines = said.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { verdict: string; rule: string });
  t.assert.deepEqual(
    lines.map(({ verdict, rule }) => [verdict, rule]),
    [
      ['accept', 'ssh-office'],
      ['accept', 'management'],
    ],
  );
  const night = demarc(
    'explain',
    '--policy',
    policyFile,
    '--packet',
    'tcp 198.51.100.7:1 > 10.0.0.2:22',
    '--at',
    '2026-01-05T19:00:00Z',
  );
  t.assert.match(night.stdout, /^drop: no rule decides; the default in is deny; logged by :default\n$/);
});

test('check names what a rule is hidden by and shows a packet, and fails', (t) => {
  const file = write(
    'shadowed.yaml',
    `defaultAction: { in: deny }
stateful: { scanFlags: judge }
rules:
  - { id: late, direction: in, action: allow, protocol: tcp, destinationPorts: [22], source: [10.0.0.0/24] }
  - { id: early, direction: in, action: deny, protocol: tcp, destinationPorts: ["1-1023"], source: [10.0.0.0/8] }
`,
  );
  const { status, stdout, stderr } = demarc('check', '--policy', file);
  t.assert.equal(status, 1, stderr);
  t.assert.match(stdout, /^shadowed: late: .*early/m);
  const shown = /such as: (.*)/.exec(stdout)?.[1] ?? '';
  const explained = demarc('explain', '--policy', file, '--packet', shown);
  t.assert.match(explained.stdout, /would be dropped: deny rule "early"/, explained.stderr);
  const clean = demarc('check', '--policy', write('clean.yaml', '{}'), '--json');
  t.assert.deepEqual([clean.status, clean.stdout], [0, '']);
});

test('a policy in JSON is the same policy', (t) => {
  const file = write(
    'policy.json',
    '{"mode":"inline","rules":[{"id":"a","direction":"in","action":"deny"}]}',
  );
  t.assert.match(
    demarc('explain', '--policy', file, '--packet', 'udp 10.0.0.1:1 > 10.0.0.2:2').stdout,
    /^drop: deny rule "a"/,
  );
});

test('a bad policy is refused with its line', (t) => {
  const cases = [
    [
      'rules:\n  - id: a\n    direction: in\n    action: deny\n  - id: b\n    direction: sideways\n    action: deny\n',
      /:6 rules\.1\.direction/,
    ],
    ['rules:\n  - id: a\n    direction: in\n    action: deny\n    colour: red\n', /:2 rules\.0/],
    ['rules: [\n', /HFW_POLICY_INVALID.*:\d/],
    [
      '{"rules":[\n{"id":"a","direction":"in","action":"deny","source":["10.0.0.0/33"]}]}',
      /:2 rules\.0\.source\.0/,
    ],
    [
      'rules:\n  - { id: a, direction: in, action: deny, source: ["@nobody"] }\n',
      /:2 rules\.0\.source\.0.*nobody/,
    ],
  ] as const;
  for (const [text, because] of cases) {
    const { status, stderr } = demarc('compile', '--policy', write('bad.yaml', text));
    t.assert.equal(status, 2, text);
    t.assert.match(stderr, /^HFW_POLICY_INVALID: /);
    t.assert.match(stderr, because);
  }
  const missing = demarc('compile', '--policy', join(directory, 'nowhere.yaml'));
  t.assert.equal(missing.status, 2);
  t.assert.match(missing.stderr, /CLI_FILE_UNREADABLE/);
  t.assert.equal(demarc('explain', '--policy', policyFile, '--packet', 'what').status, 2);
});
