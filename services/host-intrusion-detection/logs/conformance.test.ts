import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { toText } from './instant.ts';
import { type Inspected, Inspector } from './lines.ts';
import { MODES, type Mode } from './mode.ts';

const FAIL2BAN = '../shared/corpora/host-logs/fail2ban';
/**
 * Seconds by which our time differs from the label's, where the label leaves out what the line says.
 *
 * - dovecot, 4 lines that multilog stamped with TAI64N: its label is 10 seconds ahead of the clock
 *   (https://cr.yp.to/libtai/tai64.html). `tai64nlocal` of daemontools 0.76, which undoes what multilog did, prints
 *   2010-09-16 07:50:50 for them in this zone, as we do; the label has the bare number of the stamp, 07:51:00.
 * - 3proxy, 3 lines with +0300: their labels have the digits of the line, while others are taken into the reader's zone
 *   (apache-fakegooglebot: 21:08:39 +0100 is labelled 22:08:39). Both could be met only by heeding a zone in one log and
 *   ignoring it in the other; the event would be an hour off.
 */
const SECONDS_OFF: Readonly<Record<string, { readonly seconds: number; readonly lines: number }>> = {
  dovecot: { seconds: -10, lines: 4 },
  '3proxy': { seconds: -3_600, lines: 3 },
};
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
  /** Ours less the label's, when nothing but the time differs. */
  readonly secondsOff: number | undefined;
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
  t.assert.deepEqual(
    wrong.filter(
      ({ file, secondsOff }) => secondsOff === undefined || secondsOff !== SECONDS_OFF[file]?.seconds,
    ),
    [],
  );
  for (const [name, { lines }] of Object.entries(SECONDS_OFF))
    t.assert.equal(wrong.filter(({ file }) => file === name).length, lines, name);
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
      const difference = differs(label, said);
      if (difference !== undefined) wrong.push({ file, line: index + 1, mode, ...difference, text: line });
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

function differs(label: Label, said: Inspected): Pick<Wrong, 'because' | 'secondsOff'> | undefined {
  const wrong = (because: string, secondsOff?: number) => ({ because, secondsOff });
  if (said.match !== (label.match ?? true))
    return wrong(`match is ${said.match} (${said.decoder}, ${said.outcome}, ${said.sign})`);
  if (label.match === false) return undefined;
  const host = label.host ?? label.ip4 ?? label.ip6;
  if (host !== undefined && said.source !== host)
    return wrong(`host is ${said.source}, not ${host} (${said.decoder})`);
  if (label.user !== undefined && said.user !== label.user)
    return wrong(`user is ${said.user}, not ${label.user} (${said.decoder})`);
  const own = said.timeMs === undefined ? undefined : toText(said.timeMs, CLOCK.timeZone);
  const time = label.time?.replace(/-(\d)T/, '-0$1T');
  if (time === undefined || own?.slice(0, 19) === time) return undefined;
  return wrong(
    `time is ${own}, not ${time} (${said.decoder})`,
    own === undefined ? undefined : (Date.parse(`${own.slice(0, 19)}Z`) - Date.parse(`${time}Z`)) / 1_000,
  );
}
