import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { toText } from './instant.ts';
import { type Inspected, Inspector } from './lines.ts';
import { MODES, type Mode } from './mode.ts';

const FAIL2BAN = '../shared/corpora/host-logs/fail2ban';
/**
 * Times that we read otherwise, because the line says so: multilog's TAI64N is 10 seconds ahead of the clock
 * (https://cr.yp.to/libtai/tai64.html), and 3proxy writes its zone behind the time.
 */
const TIMES_READ_BETTER: Readonly<Record<string, number>> = { dovecot: 4, '3proxy': 3 };
/** The clock that the labels were written for. */
const CLOCK = { referenceMs: Date.parse('2005-08-14T12:00:00+02:00'), timeZone: 'Europe/Zurich' };
/** What counts where a section of a file names no mode. */
const DEFAULTS: Readonly<Record<string, Mode>> = { postfix: 'more', freeswitch: 'aggressive', exim: 'more' };

interface Label {
  readonly match?: boolean;
  readonly host?: string;
  readonly ip4?: string;
  readonly ip6?: string;
  readonly user?: string;
  readonly time?: string;
  readonly constraint?: string;
}

interface Wrong {
  readonly file: string;
  readonly line: number;
  readonly mode: Mode;
  readonly because: string;
  readonly text: string;
}

test('every labelled line of fail2ban’s says what its label says', (t: TestContext) => {
  if (!existsSync(FAIL2BAN)) {
    t.skip(`the corpus of labelled log lines is not at ${FAIL2BAN}`);
    return;
  }
  let all = 0;
  const wrong: Wrong[] = [];
  for (const file of readdirSync(FAIL2BAN)) {
    const judged = judge(file, readFileSync(join(FAIL2BAN, file), 'utf8'));
    all += judged.all;
    wrong.push(...judged.wrong);
    if (judged.all > 0) t.diagnostic(`${file}: ${judged.all - judged.wrong.length} of ${judged.all}`);
  }
  for (const { file, line, mode, because, text } of wrong)
    t.diagnostic(`${file}:${line} (${mode}): ${because}\n    ${text}`);
  t.diagnostic(`${all - wrong.length} of ${all} labelled lines are right`);
  const unexpected = wrong.filter(
    ({ file, because }) => !(because.startsWith('time is') && file in TIMES_READ_BETTER),
  );
  t.assert.deepEqual(unexpected, []);
  t.assert.equal(
    wrong.length,
    Object.values(TIMES_READ_BETTER).reduce((sum, count) => sum + count, 0),
  );
});

/** Every section once in each of the modes it names, as fail2ban's own tests do. */
function judge(file: string, text: string): { readonly all: number; readonly wrong: readonly Wrong[] } {
  let all = 0;
  const wrong: Wrong[] = [];
  const inspectors = new Map<Mode, Inspector>(
    MODES.map((mode) => [mode, new Inspector({ clock: CLOCK, mode })]),
  );
  let modes: readonly Mode[] = [DEFAULTS[file] ?? 'normal'];
  let label: Label | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const options = /^# ?filterOptions: (.*)$/.exec(
      line.trim().replace(/^.*# filterOptions/, '# filterOptions'),
    );
    if (options !== null) modes = modesOf(options[1] ?? '', file);
    const found = /^# ?failJSON: (.*)$/.exec(line);
    if (found !== null) label = JSON.parse(found[1] ?? '') as Label;
    const isLine = line.trim() !== '' && !line.startsWith('#');
    for (const [mode, inspector] of inspectors) {
      const said = inspector.inspect(line);
      if (!isLine || label === undefined || !modes.includes(mode) || !applies(label, mode)) continue;
      all += 1;
      const because = differs(label, said);
      if (because !== undefined) wrong.push({ file, line: index + 1, mode, because, text: line });
    }
    if (isLine) label = undefined;
  }
  return { all, wrong };
}

function modesOf(json: string, file: string): readonly Mode[] {
  const options = JSON.parse(json) as unknown;
  const list = (Array.isArray(options) ? options : [options]) as { readonly mode?: string }[];
  return [
    ...new Set(
      list.map(({ mode }) => (MODES.find((known) => known === mode) ?? DEFAULTS[file] ?? 'normal') as Mode),
    ),
  ];
}

function applies({ constraint }: Label, mode: Mode): boolean {
  if (constraint?.includes("!= 'aggressive'") === true) return mode !== 'aggressive';
  return constraint?.includes("== 'aggressive'") !== true || mode === 'aggressive';
}

function differs(label: Label, said: Inspected): string | undefined {
  if (said.match !== (label.match ?? true))
    return `match is ${said.match} (${said.decoder}, ${said.outcome}, ${said.sign})`;
  if (label.match === false) return undefined;
  const host = label.host ?? label.ip4 ?? label.ip6;
  if (host !== undefined && said.source !== host)
    return `host is ${said.source}, not ${host} (${said.decoder})`;
  if (label.user !== undefined && said.user !== label.user)
    return `user is ${said.user}, not ${label.user} (${said.decoder})`;
  const own = said.timeMs === undefined ? undefined : toText(said.timeMs, CLOCK.timeZone);
  const time = label.time?.replace(/-(\d)T/, '-0$1T');
  if (time !== undefined && own?.slice(0, 19) !== time)
    return `time is ${own}, not ${time} (${said.decoder})`;
  return undefined;
}
