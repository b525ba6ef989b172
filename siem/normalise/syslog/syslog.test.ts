import { type TestContext, test } from 'node:test';
import * as fc from 'fast-check';
import { structuredData } from './line.ts';
import { parseRfc3164 } from './rfc3164.ts';
import { parseRfc5424 } from './rfc5424.ts';

const NOW = Date.UTC(2026, 10, 26, 4);
const bsd = (line: string, now = NOW) => parseRfc3164(line, now);

test('RFC 5424: the examples of section 6.5', (t: TestContext) => {
  const first = parseRfc5424(
    "<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \ufeff'su root' failed for lonvick",
  );
  t.assert.deepEqual(first, {
    facility: 4,
    severity: 2,
    timeMs: Date.UTC(2003, 9, 11, 22, 14, 15, 3),
    originalTime: '2003-10-11T22:14:15.003Z',
    host: 'mymachine.example.com',
    app: 'su',
    pid: undefined,
    msgid: 'ID47',
    structured: undefined,
    message: "'su root' failed for lonvick",
  });
  const zoned = parseRfc5424('<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It');
  t.assert.equal(zoned?.timeMs, Date.UTC(2003, 7, 24, 12, 14, 15));
  t.assert.equal(zoned?.pid, '8710');
  const structured = parseRfc5424(
    '<165>1 2003-10-11T22:14:15.003Z m evntslog - ID47 [exampleSDID@32473 iut="3" eventSource="App"][p@1 c="h"]',
  );
  t.assert.deepEqual(structured?.structured, [
    {
      id: 'exampleSDID@32473',
      parameters: [
        ['iut', '3'],
        ['eventSource', 'App'],
      ],
    },
    { id: 'p@1', parameters: [['c', 'h']] },
  ]);
  t.assert.equal(structured?.message, '');
});

test('RFC 5424: escapes are resolved, others stand for themselves', (t: TestContext) => {
  const record = parseRfc5424(String.raw`<1>1 - - - - - [a b="\"\\\]\n" __proto__="x"] m`);
  t.assert.deepEqual(record?.structured?.[0]?.parameters, [
    ['b', String.raw`"\]\n`],
    ['__proto__', 'x'],
  ]);
});

for (const [name, line] of [
  ['does not end', '<1>1 - - - - - [a b="c m'],
  ['has no name', '<1>1 - - - - - [ b="c"] m'],
  ['has no quotes', '<1>1 - - - - - [a b=c] m'],
] as const) {
  test(`RFC 5424: structured data that ${name} is message`, (t: TestContext) => {
    t.assert.equal(parseRfc5424(line)?.structured, undefined);
    t.assert.ok(parseRfc5424(line)?.message.startsWith('['));
  });
}

test('RFC 5424: what was written is what is read', () => {
  const word = fc.stringMatching(/^[!-~]{1,20}$/).filter((text) => text !== '-');
  const name = fc.stringMatching(/^[a-zA-Z0-9@.]{1,10}$/);
  const escaped = (text: string) => text.replaceAll(/["\\\]]/g, (character) => `\\${character}`);
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 191 }),
      fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }),
      fc.tuple(word, word, word, word),
      fc.dictionary(name, fc.dictionary(name, fc.string(), { noNullPrototype: true }), {
        minKeys: 1,
        noNullPrototype: true,
      }),
      fc.string().map((text) => `m${text}`),
      (priority, date, [host, app, pid, msgid], structured, message) => {
        const elements = Object.entries(structured)
          .map(
            ([id, pairs]) =>
              `[${id}${Object.entries(pairs)
                .map(([key, value]) => ` ${key}="${escaped(value)}"`)
                .join('')}]`,
          )
          .join('');
        const record = parseRfc5424(
          `<${priority}>1 ${date.toISOString()} ${host} ${app} ${pid} ${msgid} ${elements} ${message}`,
        );
        return (
          record !== undefined &&
          (record.facility ?? 0) * 8 + (record.severity ?? 0) === priority &&
          record.timeMs === date.getTime() &&
          record.host === host &&
          record.app === app &&
          record.pid === pid &&
          record.msgid === msgid &&
          record.message === message &&
          JSON.stringify(structuredData(record.structured ?? [])) === JSON.stringify(structured)
        );
      },
    ),
  );
});

for (const [line, host, app, pid, message] of [
  ['<34>Oct 11 22:14:15 mymachine su: x', 'mymachine', 'su', undefined, 'x'],
  ['<13>Feb  5 17:32:18 10.0.0.99 Use the BFG!', '10.0.0.99', undefined, undefined, 'Use the BFG!'],
  ['<13>Oct  1 02:03:04 sshd[12]: x', undefined, 'sshd', '12', 'x'],
  ['Oct  1 02:03:04 h postfix/smtpd[12]: x: y', 'h', 'postfix/smtpd', '12', 'x: y'],
  ['<13>no time at all', 'no', undefined, undefined, 'time at all'],
  ['<13>tag: no time', undefined, 'tag', undefined, 'no time'],
  ['2026-11-26T02:52:47.153561+00:00 vm-1 sshd[7202]: x', 'vm-1', 'sshd', '7202', 'x'],
  ['Nov 26 02:53:01.123 h a: x', 'h', 'a', undefined, 'x'],
  ['Nov 26 02:53:01 2026 h a: x', 'h', 'a', undefined, 'x'],
  ['<189>45: *Mar  1 18:46:11.123 UTC: %SYS-5-CONFIG_I: x', undefined, '%SYS-5-CONFIG_I', undefined, 'x'],
  ['<166>Nov 26 2026 02:53:01: %ASA-6-302013: x', undefined, '%ASA-6-302013', undefined, 'x'],
] as const) {
  test(`BSD syslog: ${line}`, (t: TestContext) => {
    const record = bsd(line);
    t.assert.deepEqual([record?.host, record?.app, record?.pid, record?.message], [host, app, pid, message]);
  });
}

test('BSD syslog: the year is the one that brings the time nearest before its receipt', (t: TestContext) => {
  const at = (line: string, now: number) =>
    new Date(bsd(`<13>${line} h a: x`, now)?.timeMs ?? 0).toISOString();
  const newYear = Date.UTC(2027, 0, 1, 0, 0, 5);
  t.assert.equal(at('Dec 31 23:59:59', newYear), '2026-12-31T23:59:59.000Z');
  t.assert.equal(at('Jan  1 00:00:05', newYear), '2027-01-01T00:00:05.000Z');
  // A clock that runs a minute ahead over the turn of the year.
  t.assert.equal(at('Jan  1 00:00:30', Date.UTC(2026, 11, 31, 23, 59, 50)), '2027-01-01T00:00:30.000Z');
  t.assert.equal(at('Feb 29 12:00:00', Date.UTC(2028, 2, 1)), '2028-02-29T12:00:00.000Z');
  t.assert.equal(bsd('<13>Feb 29 12:00:00 h a: x', Date.UTC(2027, 2, 1))?.timeMs, undefined);
});

test('BSD syslog: what the line before was changes nothing', (t: TestContext) => {
  const received = [
    '2026-01-01T00:00:30Z',
    '2026-12-31T23:59:30Z',
    '2027-01-02T00:00:00Z',
    '2024-02-29T12:00:00Z',
  ];
  const beginnings = [
    'Jan  1 00:00:',
    'Dec 31 23:59:',
    'Feb 29 12:00:',
    'Feb 28 12:00:',
    'Feb 30 12:00:',
    'Dec 31 24:00:',
  ];
  const endings = [
    '00 h a: m',
    '59 h a: m',
    '60 h a: m',
    '61 h a: m',
    '07 2019 h a: m',
    '07 UTC: m',
    '07.5 h a: m',
    '07',
    '7 h a: m',
    '07 H a: m',
  ];
  const one = fc.record({
    received: fc.constantFrom(...received),
    line: fc.tuple(fc.constantFrom('', '<34>'), fc.constantFrom(...beginnings), fc.constantFrom(...endings)),
  });
  const read = ({ line, received: at }: { readonly line: readonly string[]; readonly received: string }) =>
    parseRfc3164(line.join(''), Date.parse(at));
  const other = { line: ['Mar 17 03:33:', '33 h a: m'], received: '2026-05-01T00:00:00Z' };
  fc.assert(
    fc.property(fc.array(one, { minLength: 1, maxLength: 6 }), (lines) => {
      const together = lines.map(read);
      const apart = lines.map((line) => {
        read(other);
        return read(line);
      });
      t.assert.deepEqual(together, apart);
    }),
    { numRuns: 2_000 },
  );
});

test('a line that nothing marks as syslog is none', (t: TestContext) => {
  t.assert.equal(bsd('just words'), undefined);
  t.assert.equal(bsd('<192>Oct 11 22:14:15 h a: x'), undefined);
  t.assert.equal(parseRfc5424('<1>2 - - - - - - x'), undefined);
  t.assert.equal(parseRfc3164('srv sshd[1]: x', NOW, true)?.pid, '1');
});
