/** Rules as detection engineers bring them: SigmaHQ's where its corpus is at hand, and some of the test's own. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const SIGMA = resolve('../shared/corpora/sigma');
const CASE = 'windows/process_creation/proc_creation_win_bitsadmin_download';
const MADE_COUNT = 60;

/** One case of SigmaHQ's regression tests: a log file of Windows, and the rule that must find something in it. */
export const BITSADMIN = {
  title: 'File Download Via Bitsadmin',
  rule: join(SIGMA, `rules/${CASE}.yml`),
  evtx: join(SIGMA, `regression/rules/${CASE}/d059842b-6b9d-4ed1-b5c3-5b89143c6ede.evtx`),
} as const;

export const hasSigma = (): boolean => existsSync(BITSADMIN.evtx) && existsSync(BITSADMIN.rule);

/** Looks for `word` in whatever has no log source that is known. */
export const wordRule = (title: string, word: string): string => `title: ${title}
logsource:
  category: end-to-end
detection:
  words:
    - ${word}
  condition: words
level: high
tags:
  - attack.persistence
  - attack.t1505.003
`;

const fieldRule = (title: string, logsource: string, field: string): string => `title: ${title}
logsource:
  ${logsource}
detection:
  selection:
    ${field}|contains: something
  condition: selection
level: low
`;

/** A folder with more than 50 rules, SigmaHQ's for Linux or made ones; two are wrong, two cannot fire here. */
export function ruleFolder(): string {
  const folder = join(mkdtempSync(join(tmpdir(), 'demarc-rules-')), 'rules');
  const own = join(folder, 'own');
  mkdirSync(own, { recursive: true });
  const write = (name: string, text: string): void => writeFileSync(join(own, name), text);
  write('shell.yml', wordRule('Shell started by a web server', 'started-by-nginx'));
  write('other.yml', wordRule('Web server was restarted', 'restarted-by-hand'));
  write('nobody.yml', fieldRule('Looks at a mainframe', 'product: mainframe', 'job'));
  write(
    'unfilled.yml',
    fieldRule('Looks at a field of its own', 'product: linux\n  service: sshd', 'never_filled'),
  );
  write('modifier.yml', fieldRule('Wrong modifier', 'product: linux', 'x|no'));
  write('colon.yml', 'title: Not YAML\nlogsource: {product: linux\n');
  write('README.md', 'Not a rule.\n');
  if (hasSigma()) cpSync(join(SIGMA, 'rules/linux'), join(folder, 'linux'), { recursive: true });
  else
    for (let index = 0; index < MADE_COUNT; index += 1)
      write(`made-${index}.yml`, wordRule(`Made rule ${index}`, `made-word-${index}`));
  return folder;
}
