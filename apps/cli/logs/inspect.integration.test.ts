import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';

const MAIN = new URL('../main.ts', import.meta.url).pathname;
const CLOCK = ['--reference-time', '2026-11-26T12:00:00Z', '--timezone', 'UTC'];

interface Said {
  readonly line: number;
  readonly decoder: string | null;
  readonly match: boolean;
  readonly host: string | null;
  readonly user: string | null;
  readonly time: string | null;
  readonly related: readonly number[];
  readonly rules: readonly { readonly title: string; readonly lines?: readonly number[] }[];
}

function inspect(input: string | Buffer, ...args: readonly string[]): readonly Said[] {
  return execFileSync(process.execPath, [MAIN, 'logs', 'inspect', ...args, ...CLOCK, '--json'], {
    input,
    stdio: ['pipe', 'pipe', 'ignore'],
  })
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Said);
}

const GUESSES = Array.from(
  { length: 6 },
  (_, n) =>
    `Nov 26 03:00:0${n} mx dovecot: imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<ann>, method=PLAIN, rip=198.51.100.7, lip=192.0.2.1`,
);

test('every line has a line, in its order, with what it says', (t: TestContext) => {
  const said = inspect(
    '# failJSON: {"match": true}\nNov 26 03:00:00 web-1 sshd[1]: Invalid user x from 192.0.2.1 port 4\n\nnothing',
  );
  t.assert.deepEqual(
    said.map(({ line }) => line),
    [1, 2, 3, 4],
  );
  t.assert.deepEqual(
    said.map(({ match }) => match),
    [false, true, false, false],
  );
  const [, { decoder, host, user, time } = {} as Said] = said;
  t.assert.deepEqual(
    { decoder, host, user, time },
    { decoder: 'sshd', host: '192.0.2.1', user: 'x', time: '2026-11-26T03:00:00Z' },
  );
});

test('lines of one session name each other, and correlations the lines they are about', (t: TestContext) => {
  const session = [
    'Nov 26 03:00:00 web-1 sshd[1]: Connection from 192.0.2.1 port 4',
    'Nov 26 03:00:01 web-1 sshd[1]: Disconnecting: Too many authentication failures [preauth]',
  ];
  const letIn =
    'Nov 26 03:01:00 mx dovecot: imap-login: Login: user=<ann>, method=PLAIN, rip=198.51.100.7, lip=192.0.2.1';
  const said = inspect([...session, ...GUESSES, letIn].join('\n'));
  t.assert.deepEqual([said[1]?.host, said[1]?.related], ['192.0.2.1', [1]]);
  const found = said
    .at(-1)
    ?.rules.find(({ title }) => title === 'An account is let in after it was guessed at');
  t.assert.equal(found?.lines?.at(-1), 9);
  t.assert.ok(
    found?.lines?.every((line) => line >= 3),
    'of the mail server only',
  );
});

test('compressed, from a file or not, is the same', (t: TestContext) => {
  const directory = mkdtempSync(join(tmpdir(), 'demarc-inspect-'));
  try {
    const file = join(directory, 'mail.log.2.gz');
    writeFileSync(file, gzipSync(GUESSES.join('\n')));
    const wanted = inspect(GUESSES.join('\n'));
    t.assert.deepEqual(inspect('', file), wanted);
    t.assert.deepEqual(inspect(gzipSync(GUESSES.join('\n'))), wanted);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

test('what cannot be done is said with a code', (t: TestContext) => {
  for (const [args, code, status] of [
    [['/nonexistent'], 'CLI_FILE_UNREADABLE', 2],
    [['-', '--mode', 'wild'], 'CLI_USAGE', 2],
    [['-', '--timezone', 'Mars/Olympus'], 'CLI_USAGE', 2],
    [['-', '--year', '26'], 'CLI_USAGE', 2],
  ] as const) {
    const done = spawnSync(process.execPath, [MAIN, '--json', 'logs', 'inspect', ...args], { input: 'x\n' });
    t.assert.match(`${done.stdout}${done.stderr}`, new RegExp(code), args.join(' '));
    t.assert.equal(done.status, status, args.join(' '));
  }
});
