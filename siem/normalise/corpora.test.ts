import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type FormatHint, normalise } from './normalise.ts';
import { contextOf } from './testing.ts';

const FAIL2BAN = '../shared/corpora/host-logs/fail2ban';
/** Logs of programs that have a parser here; what share of their lines that matter must be read further. */
const SHARES: readonly (readonly [file: string, share: number])[] = [
  ['sshd-journal', 0.85],
  ['nginx-bad-request', 1],
  ['nginx-botsearch', 1],
  ['nginx-forbidden', 1],
  ['apache-badbots', 1],
  ['apache-noscript', 1],
  ['apache-overflows', 1],
  ['apache-shellshock', 1],
  ['apache-botsearch', 1],
  ['apache-modsecurity', 1],
  ['apache-nohome', 1],
  ['apache-auth', 0.9],
  ['pam-generic', 0.9],
  ['named-refused', 0.7],
];

test('lines that fail2ban looks for are read by a parser', (t: TestContext) => {
  if (!existsSync(FAIL2BAN)) {
    t.skip(`the corpus of log lines is not at ${FAIL2BAN}`);
    return;
  }
  let lineCount = 0;
  let parsedCount = 0;
  for (const file of readdirSync(FAIL2BAN)) {
    const parsers = matching(readFileSync(join(FAIL2BAN, file), 'latin1')).map(
      (line) => normalise(line, contextOf(), hintOf(file)).parser,
    );
    lineCount += parsers.length;
    parsedCount += parsers.filter((parser) => parser !== undefined).length;
    const share = SHARES.find(([name]) => name === file)?.[1];
    const own =
      parsers.filter((parser) => parser !== undefined && parser !== 'syslog').length / parsers.length;
    if (share !== undefined)
      t.assert.ok(own >= share, `${file}: ${own.toFixed(2)} of ${parsers.length} lines`);
  }
  t.diagnostic(`${parsedCount} of ${lineCount} lines have a parser`);
  t.assert.ok(parsedCount / lineCount > 0.99);
});

/** Each line stands behind a comment that says whether it must match. */
function matching(text: string): readonly string[] {
  const lines = text.split('\n');
  return lines.filter(
    (line, at) =>
      line !== '' && !line.startsWith('#') && /^# failJSON:.*"match":\s*true/.test(lines[at - 1] ?? ''),
  );
}

function hintOf(file: string): FormatHint {
  return file.startsWith('apache') ? 'apache' : file.startsWith('nginx') ? 'nginx' : 'syslog';
}
