import { type TestContext, test } from 'node:test';
import { validateOcsf } from '@demarc/platform/ocsf';
import fc from 'fast-check';
import { hostAt } from './address.ts';
import { instantOf, toText } from './instant.ts';
import { Inspector, LINE_CHARACTERS_MAX } from './lines.ts';
import { SESSIONS_MAX } from './sessions.ts';
import { match, shape } from './shape.ts';
import { findTimestamp } from './timestamp.ts';
import { toOcsf } from './to-ocsf.ts';

const clock = { referenceMs: Date.parse('2026-11-26T12:00:00Z'), timeZone: 'UTC' };
const host = {
  assetId: '0b5f6d0e-8c1f-4e0e-9f0a-3f6f1b1d2c3d',
  hostname: 'web-1',
  machineId: 'm',
  os: { name: 'Debian', version: '12', kernel: '6.1', family: 'debian' as const },
};
const inspector = (): Inspector => new Inspector({ clock, mode: 'aggressive' });
/** Pieces that decoders look for, so that random lines go deep into them. */
const PIECES = [
  'Nov 26 03:00:00 web-1 ',
  '2026-11-26T03:00:00Z ',
  '[Sat Jun 01 02:17:42 2013] ',
  '<34>1 ',
  'sshd[1]: ',
  'sshd[2]: ',
  'postfix/smtpd[3]: ',
  'dovecot: ',
  'imap-login: ',
  'exim[4]: ',
  'sendmail[5]: ',
  'mysqld: ',
  'named[6]: ',
  'proftpd[7]: ',
  'asterisk[8]: ',
  'slapd[9]: ',
  '[error] ',
  '[client 1.2.3.4] ',
  '[client ',
  'Failed password for ',
  'invalid user ',
  ' from ',
  '192.0.2.1',
  '::1',
  '2001:db8::1',
  ' port 1 ssh2',
  'user=<',
  'rip=',
  '(auth failed, 1 attempts',
  '): ',
  'reject: RCPT from ',
  '[',
  ']',
  '(',
  ')',
  '"',
  "'",
  ':',
  ', client: ',
  ' H=',
  ' authenticator failed for ',
  'authentication failure; ',
  ' ruser=',
  ' rhost=',
  ' user=',
  'Access denied for user ',
  '@',
  ' - - [',
  '"GET / HTTP/1.1" ',
  ' 404 ',
  ' conn=1 ',
  'RESULT tag=97 err=49 ',
  'ACCEPT from IP=',
  '[conn1] ',
  'Failed to authenticate ',
  ' <co ts="',
  '|user|',
  '#',
  '\0',
  '\u{1F600}',
  'é',
  '\t',
  ' ',
];
const anyLine = fc
  .array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 12 })), { maxLength: 24 })
  .map((parts) => parts.join(''));

test('no line makes a decoder throw, and what comes out is an event or nothing', (t: TestContext) => {
  const one = inspector();
  fc.assert(
    fc.property(anyLine, (text) => {
      const said = one.inspect(text);
      const event = toOcsf(said, { log: '/var/log/x', text, readAtMs: clock.referenceMs }, host);
      if (event !== undefined) t.assert.deepEqual(validateOcsf(event), { ok: true });
    }),
    { numRuns: 3_000 },
  );
});

test('the same lines say the same, with the same uids', (t: TestContext) => {
  fc.assert(
    fc.property(fc.array(anyLine, { maxLength: 6 }), (lines) => {
      const [first, second] = [inspector(), inspector()].map((one) =>
        lines.map((text) => {
          const said = one.inspect(text);
          return [said, toOcsf(said, { log: 'x', text, readAtMs: 0 }, host)?.metadata.uid];
        }),
      );
      t.assert.deepEqual(first, second);
    }),
    { numRuns: 200 },
  );
});

/** What makes backtracking explode: many places at which each part of a pattern could begin. */
const CRAFTED = PIECES.flatMap((piece) => [
  piece.repeat(Math.ceil(LINE_CHARACTERS_MAX / piece.length)),
  `Nov 26 03:00:00 web-1 sshd[1]: Failed password for ${piece.repeat(Math.ceil(LINE_CHARACTERS_MAX / piece.length))}`,
  `Nov 26 03:00:00 mx dovecot: imap-login: Disconnected: ${`a: ${piece}`.repeat(LINE_CHARACTERS_MAX / 8)}`,
  `Nov 26 03:00:00 mx postfix/smtpd[1]: NOQUEUE: reject: RCPT from ${piece.repeat(Math.ceil(LINE_CHARACTERS_MAX / piece.length))}`,
]);
/** A line of 64 KB that was quadratic would take a minute. */
const CRAFTED_MS_MAX = 400;

test('a crafted line of 64 KB takes no longer than others of its length', (t: TestContext) => {
  const one = inspector();
  let worst = 0;
  for (const line of CRAFTED) {
    const from = performance.now();
    one.inspect(line);
    worst = Math.max(worst, performance.now() - from);
  }
  t.diagnostic(`${CRAFTED.length} crafted lines, the slowest ${worst.toFixed(1)} ms`);
  t.assert.ok(worst < CRAFTED_MS_MAX, `${worst} ms`);
});

test('sessions are bounded, and those that are forgotten are counted', (t: TestContext) => {
  const one = inspector();
  for (let pid = 0; pid < SESSIONS_MAX + 100; pid += 1)
    one.inspect(`Nov 26 03:00:00 web-1 sshd[${pid}]: Connection from 192.0.2.1 port ${pid}`);
  t.assert.equal(one.sessions.size, SESSIONS_MAX);
  t.assert.equal(one.sessions.forgotten, 100);
});

test('a year that a line leaves out is the last one in which it is not in the future', (t: TestContext) => {
  const at = (text: string, referenceMs = clock.referenceMs, timeZone = 'UTC'): string => {
    const found = findTimestamp(text);
    const instant = found === undefined ? undefined : instantOf(found.timestamp, { referenceMs, timeZone });
    return instant === undefined ? 'never' : toText(instant, timeZone);
  };
  t.assert.equal(at('Nov 26 03:00:00 x'), '2026-11-26T03:00:00Z');
  t.assert.equal(at('Nov 27 03:00:00 x'), '2026-11-27T03:00:00Z', 'clocks differ by up to a day');
  t.assert.equal(at('Dec  1 03:00:00 x'), '2025-12-01T03:00:00Z');
  t.assert.equal(at('Dec 31 23:59:59 x', Date.parse('2026-01-01T00:00:01Z')), '2025-12-31T23:59:59Z');
  t.assert.equal(at('Jan  1 00:00:01 x', Date.parse('2025-12-31T23:59:59Z')), '2026-01-01T00:00:01Z');
  t.assert.equal(at('Feb 29 12:00:00 x'), '2024-02-29T12:00:00Z');
  t.assert.equal(at('Feb 30 12:00:00 x'), 'never');
  t.assert.equal(at('Jul  1 12:00:00 x', clock.referenceMs, 'Europe/Berlin'), '2026-07-01T12:00:00+02:00');
  t.assert.equal(
    at('2026-11-26 03:00:00,123 x', clock.referenceMs, 'America/St_Johns'),
    '2026-11-26T03:00:00-03:30',
  );
  t.assert.equal(at('@400000004c91b044077a9e94 x'), '2010-09-16T05:50:50Z');
  t.assert.equal(at('[18/Aug/2024:21:08:39 +0100] x'), '2024-08-18T20:08:39Z');
});

test('an address ends where it ends', (t: TestContext) => {
  for (const [text, found] of [
    ['192.0.2.1:28783 x', '192.0.2.1'],
    ['192.0.2.1.1080: x', '192.0.2.1'],
    ['192.0.2.1-1780;', '192.0.2.1'],
    ['192.0.2.1.example.com[', '192.0.2.1.example.com'],
    ['::ffff:192.0.2.1:60495', '192.0.2.1'],
    ['::FFFF:192.0.2.1: Invalid', '192.0.2.1'],
    ['2001:db8::1]:51548', '2001:db8::1'],
    ['fe80::1%eth0 x', 'fe80::1'],
    ['host.example.com. x', 'host.example.com'],
    ['999.0.2.1 x', '999.0.2.1'],
  ] as const)
    t.assert.equal(hostAt(text, 0)?.text, found, text);
});

test('a shape takes the most where the sender chooses, and the least elsewhere', (t: TestContext) => {
  const most = shape(String.raw`user $$user from $host port $port`);
  t.assert.deepEqual(
    { ...match(most, 'user a from 1.1.1.1 port 1 from 192.0.2.1 port 22') },
    {
      user: 'a from 1.1.1.1 port 1',
      host: '192.0.2.1',
      port: '22',
    },
  );
  const least = shape(String.raw`user $user from $host( port $port|)$end`);
  t.assert.equal(match(least, 'user a from 192.0.2.1')?.['user'], 'a');
  t.assert.equal(match(least, 'user a from 192.0.2.1 and more'), undefined);
  t.assert.throws(() => shape('$user$host'));
});

test('what is behind the bound of a line is not looked at, and said so', (t: TestContext) => {
  const said = inspector().inspect(
    `Nov 26 03:00:00 web-1 sshd[1]: Invalid user x from 192.0.2.1${' '.repeat(LINE_CHARACTERS_MAX)}`,
  );
  t.assert.equal(said.isCut, true);
  t.assert.equal(said.source, '192.0.2.1');
});
