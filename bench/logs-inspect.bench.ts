/**
 * Lines of logs per second on one core: our decoders with header, time, sessions and the choice of decoder,
 * against loops of regular expressions as OSSEC and fail2ban do it, over the same lines in one run.
 *
 * The long loop knows what the decoders know: every shape of theirs, written as a regular expression. The short
 * one knows a tenth of it, about what these lines need. Both do less: they read the header and try expressions
 * until one matches; they know no time and no session. The short loop and the decoders find the same address in
 * the lines of an attack, or the run stops.
 *
 * `node bench/logs-inspect.bench.ts [--smoke]`
 */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { Inspector } from '@demarc/host-intrusion-detection/logs';
import { interleaved, median, ratio, show, smoke } from './support/measure.ts';

const LINES = smoke ? 2_000 : 20_000;
const ROUNDS = smoke ? 1 : 5;

const TEMPLATES: readonly string[] = [
  'Nov 26 03:{m}:{s} web-1 sshd[{n}]: Failed password for invalid user admin from 198.51.100.{b} port 4{b} ssh2',
  'Nov 26 03:{m}:{s} web-1 sshd[{n}]: Invalid user oracle from 198.51.100.{b} port 4{b}',
  'Nov 26 03:{m}:{s} web-1 sshd[{n}]: Accepted publickey for deploy from 192.0.2.{b} port 4{b} ssh2: ED25519 SHA256:abcdefghijklmnopqrstuvwxyz',
  'Nov 26 03:{m}:{s} web-1 sshd[{n}]: pam_unix(sshd:session): session opened for user deploy(uid=1000) by (uid=0)',
  'Nov 26 03:{m}:{s} web-1 CRON[{n}]: (root) CMD (cd / && run-parts --report /etc/cron.hourly)',
  'Nov 26 03:{m}:{s} web-1 systemd[1]: Started Session {n} of user deploy.',
  'Nov 26 03:{m}:{s} web-1 kernel: [12345.678901] [UFW BLOCK] IN=eth0 OUT= MAC=00:00 SRC=198.51.100.{b} DST=192.0.2.1 LEN=40 PROTO=TCP SPT=4{b} DPT=23',
  'Nov 26 03:{m}:{s} mx postfix/smtpd[{n}]: warning: unknown[198.51.100.{b}]: SASL LOGIN authentication failed: UGFzc3dvcmQ6',
  'Nov 26 03:{m}:{s} mx postfix/smtpd[{n}]: NOQUEUE: reject: RCPT from unknown[198.51.100.{b}]: 554 5.7.1 <a@example.org>: Relay access denied; from=<x@example.com> to=<a@example.org> proto=ESMTP helo=<x>',
  'Nov 26 03:{m}:{s} mx postfix/qmgr[{n}]: 4BcDeF1234: from=<ann@example.org>, size=2345, nrcpt=1 (queue active)',
  'Nov 26 03:{m}:{s} mx dovecot: imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<ann>, method=PLAIN, rip=198.51.100.{b}, lip=192.0.2.1, TLS, session=<abcdef>',
  'Nov 26 03:{m}:{s} mx dovecot: imap(ann)<{n}><abcdef>: Logged out in=35 out=1096 deleted=0 expunged=0',
  '198.51.100.{b} - - [26/Nov/2026:03:{m}:{s} +0000] "GET /index.html HTTP/1.1" 200 5123 "-" "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"',
  '198.51.100.{b} - - [26/Nov/2026:03:{m}:{s} +0000] "GET /phpmyadmin/ HTTP/1.1" 404 123 "-" "Mozilla/5.0 zgrab/0.x"',
  '[Thu Nov 26 03:{m}:{s}.123456 2026] [auth_basic:error] [pid {n}] [client 198.51.100.{b}:4{b}] AH01617: user ann: authentication failure for "/private": Password Mismatch',
  '2026/11/26 03:{m}:{s} [error] {n}#0: *{n} user "ann": password mismatch, client: 198.51.100.{b}, server: www, request: "GET / HTTP/1.1", host: "www"',
  "2026-11-26T03:{m}:{s}.123456Z {n} [Warning] Access denied for user 'root'@'198.51.100.{b}' (using password: YES)",
  "Nov 26 03:{m}:{s} ns named[{n}]: client @0x7f 198.51.100.{b}#4{b} (example.com): query (cache) 'example.com/ANY/IN' denied",
  'Nov 26 03:{m}:{s} ftp proftpd[{n}]: ftp.example (198.51.100.{b}[198.51.100.{b}]) - USER ann (Login failed): Incorrect password.',
  'Nov 26 03:{m}:{s} web-1 sudo:   deploy : TTY=pts/0 ; PWD=/srv ; USER=root ; COMMAND=/usr/bin/systemctl reload nginx',
];

const LOOP: readonly RegExp[] = [
  /^(?:error: )?PAM: [aA]uthentication (?:failure|error) for .* from (\S+)/,
  /^Failed \S+ for (?:invalid user )?(?:.*) from (\S+)(?: port \d+)?(?: ssh\d)?/,
  /^ROOT LOGIN REFUSED FROM (\S+)/,
  /^[iI](?:llegal|nvalid) user .* from (\S+)/,
  /^User .+ from (\S+) not allowed because/,
  /^refused connect from \S+ \((\S+)\)/,
  /^Did not receive identification string from (\S+)/,
  /^Unable to negotiate with (\S+) port \d+/,
  /^Connection (?:closed|reset) by (?:authenticating user .* )?(\S+)(?: port \d+)? \[preauth\]/,
  /^Received disconnect from (\S+): 3: .*: Auth fail/,
  /^bad password attempt for '.*' from (\S+):\d+/i,
  /authentication failure; logname=\S* uid=\S* euid=\S* tty=\S* ruser=\S* rhost=(\S+)/,
  /^warning: [^[]*\[(\S+)\]: SASL \S+ authentication failed/,
  /^\S+: (?:milter-)?reject: \S+ from \S+\[(\S+)\]: [45]\d\d/,
  /^lost connection after \S+ from \S+\[(\S+)\]/,
  /^improper command pipelining after \S+ from [^[]*\[(\S+)\]/,
  /^too many errors after \S+ from [^[]*\[(\S+)\]/,
  /(?:imap|pop3|managesieve|submission)-login: (?:Info: )?.*\(auth failed, \d+ attempts(?: in \d+ secs)?\):.* rip=([^,]+)/,
  /(?:pam|passwd-file|sql|ldap)\([^,]*,(\S+?)(?:,\S*)?\): (?:unknown user|Password mismatch|pam_authenticate\(\) failed)/,
  /^LOGIN FAILED, (?:user|method)=.*, ip=\[(\S+)\]/,
  /^badlogin: [^[]*\[(\S+)\] \S+ .*SASL/,
  /^error,relay=(\S+?),.*(?:535|550)/,
  /(?:\S+ )?authenticator failed for [^[]*\[(\S+)\](?::\d+)?.*: 535/,
  /rejected RCPT .*|H=[^[]*\[(\S+)\].*rejected/,
  /^(?:\S+: )?[^[]*\[(\S+)\].*: possible SMTP attack/,
  /^ruleset=check_\S+, arg1=.*, relay=[^[]*\[(\S+)\].*, reject=/,
  /client denied by server configuration/,
  /^(?:AH\d+: )?user .*: authentication failure for "/,
  /\[client ([^\]]+?)(?::\d+)?\] (?:AH\d+: )?user .*(?:authentication failure|not found|password mismatch)/,
  /\[client ([^\]]+?)(?::\d+)?\] (?:AH\d+: )?(?:File does not exist|script not found)/,
  /\[client ([^\]]+?)(?::\d+)?\] (?:AH\d+: )?Invalid (?:URI|method) in request/,
  /\[client ([^\]]+?)(?::\d+)?\] ModSecurity: .*Access denied/,
  /user "[^"]*":? (?:password mismatch|was not found in "[^"]*"), client: (\S+), server:/,
  /limiting (?:requests|connections).*, client: (\S+), server:/,
  /access forbidden by rule, client: (\S+),/,
  /^(\S+) \S+ \S+ \[[^\]]+\] "[^"]*(?:phpmyadmin|pma|wp-login|cgi-bin)[^"]*" 404/,
  /^(\S+) \S+ \S+ \[[^\]]+\] "[^"]*" 400/,
  /^(\S+) \S+ \S+ \[[^\]]+\] "[^"]*" 401/,
  /^(\S+) \S+ \S+ \[[^\]]+\] "[^"]*" \d+ \d+ "[^"]*" "[^"]*(?:nikto|sqlmap|zgrab)[^"]*"/,
  /Access denied for user '[^']*'@'([^']+)'/,
  /client (?:@\S+ )?([^#\s]+)#\d+(?: \([^)]*\))?: (?:view [^:]+: )?(?:query|zone transfer)(?: \(cache\))? '.*' denied/,
  /\([^[]*\[(\S+)\]\) - USER .* \(Login failed\)/,
  /\([^[]*\[(\S+)\]\) - SECURITY VIOLATION/,
  /^\(\?@(\S+)\) \[WARNING\] Authentication failed/,
  /FAIL LOGIN: Client "(\S+)"/,
  /^failed login from \S+ \[(\S+)\]/,
  /Registration from '.*' failed for '([^':]+)(?::\d+)?' -/,
  /Call from '.*' \((\S+):\d+\) to extension/,
  /conn=\d+ op=\d+ RESULT tag=97 err=49/,
  /Login failed for .* from (\S+)/,
  /\[.*\] Ban (\S+)$/,
  /FAIL: \S+ (?:address|libwrap) from=(\S+)/,
  /Invalid login as .* from (\S+)/,
  /user NOT in sudoers/,
  /FAILED SU/,
];
const HEADER = /^(?:\w{3} [ \d]\d \d\d:\d\d:\d\d) (\S+) ([^\s[:]+)(?:\[(\d+)\])?: /;

const FIELDS: Readonly<Record<string, string>> = {
  host: '([\\w.:-]+)',
  ip: '([\\d.]+|[\\da-fA-F:.]+)',
  peer: '[\\w.:-]+',
  int: '\\d+',
  port: '\\d+',
  word: '\\S+',
  method: '\\S+',
  end: '\\s*$',
};

/** Every shape in the sources of the decoders, as the regular expression that one would write for it. */
function allShapes(): readonly RegExp[] {
  const found: RegExp[] = [];
  for (const file of globSync('services/host-intrusion-detection/logs/decoders/*.ts')) {
    const text = readFileSync(file, 'utf8');
    const parts = new Map(
      [...text.matchAll(/const ([A-Z_]+) = String\.raw`((?:\\.|[^`\\])*)`/g)].map(
        ([, name = '', part = '']) => [name, part],
      ),
    );
    const resolve = (source: string): string =>
      source.replaceAll(/\$\{([A-Z_]+)\}/g, (_, name: string) => resolve(parts.get(name) ?? ''));
    for (const [, source = ''] of text.matchAll(/\w+\(\s*String\.raw`((?:\\.|[^`\\])*)`/g))
      found.push(asRegex(resolve(source)));
  }
  return found;
}

function asRegex(shape: string): RegExp {
  const source = shape.replaceAll(/\\.|\$\$?[a-z]+|[()|]|[^\w\s]/g, (part) => {
    if (part.startsWith('\\')) return `\\${part.slice(1)}`;
    if (part.startsWith('$'))
      return FIELDS[part.replaceAll('$', '')] ?? (part.startsWith('$$') ? '(.*)' : '(.*?)');
    return part === '(' ? '(?:' : part === ')' || part === '|' ? part : `\\${part}`;
  });
  return new RegExp(`^${source}`);
}
const SHAPES = allShapes();

function loop(line: string, patterns: readonly RegExp[] = LOOP): string | undefined {
  const header = HEADER.exec(line);
  const message = header === null ? line : line.slice(header[0].length);
  for (const pattern of patterns) {
    const found = pattern.exec(message);
    if (found !== null) return found[1] ?? '';
  }
  return undefined;
}

const two = (value: number): string => String(value % 60).padStart(2, '0');
const lines = Array.from({ length: LINES }, (_, n) =>
  (TEMPLATES[n % TEMPLATES.length] ?? '')
    .replaceAll('{m}', two(Math.floor(n / 1_200)))
    .replaceAll('{s}', two(Math.floor(n / 20)))
    .replaceAll('{n}', String(1_000 + (n % 30_000)))
    .replaceAll('{b}', String(n % 250)),
);
const clock = { referenceMs: Date.parse('2026-11-26T12:00:00Z'), timeZone: 'UTC' };

const check = new Inspector({ clock, mode: 'wide' });
for (const line of lines.slice(0, 400)) {
  const [said, found] = [check.inspect(line), loop(line)];
  if (said.match) assert.equal(found, said.source, line);
}

let matches = 0;
const ours = 'decoders';
const short = `a loop of ${LOOP.length} regular expressions`;
const long = `the decoders' ${SHAPES.length} shapes as a loop`;
assert.ok(SHAPES.length > 300);
const seconds = await interleaved(
  [
    {
      name: ours,
      run: async () => {
        const inspector = new Inspector({ clock, mode: 'wide' });
        for (const line of lines) if (inspector.inspect(line).match) matches += 1;
        return undefined;
      },
    },
    {
      name: short,
      run: async () => {
        for (const line of lines) if (loop(line) !== undefined) matches += 1;
        return undefined;
      },
    },
    {
      name: long,
      run: async () => {
        for (const line of lines) if (loop(line, SHAPES) !== undefined) matches += 1;
        return undefined;
      },
    },
  ],
  ROUNDS,
);
for (const [name, values] of seconds)
  show(name, values, `${Math.round(LINES / median(values)).toLocaleString('en')} lines/s`);
const of = (name: string): number => median(seconds.get(name) ?? []);
ratio('lines/s, decoders over their shapes as a loop', of(long) / of(ours), 'above 1.0');
ratio('lines/s, decoders over the short loop, which knows a tenth', of(short) / of(ours), 'for information');
assert.ok(matches > 0);
