/** Checked event by event against libevtx, and against what SigmaHQ's own tool made of the same logs. */
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readEvtxFile } from './evtx.ts';
import { referenceEvents } from './testing.ts';
import { writeLog } from './writing.ts';

const REGRESSION = '../shared/corpora/sigma/regression';
const EVTXEXPORT = '/usr/bin/evtxexport';

test('each event of each log is what evtxexport says it is', (t: TestContext) => {
  if (!existsSync(REGRESSION)) return t.skip(`no event logs at ${REGRESSION}: nothing was compared`);
  if (!existsSync(EVTXEXPORT))
    return t.skip('evtxexport is not installed (libevtx-utils): nothing was compared');
  let count = 0;
  for (const path of globSync(`${REGRESSION}/**/*.evtx`)) {
    const ours = eventsOf(path);
    t.assert.deepEqual(ours.map(leavesOf), referenceEvents(path).map(leavesOf), path);
    count += ours.length;
  }
  t.assert.ok(count >= 140);
});

test('lists, which no log at hand has, are what evtxexport says they are', (t: TestContext) => {
  if (!existsSync(EVTXEXPORT))
    return t.skip('evtxexport is not installed (libevtx-utils): nothing was compared');
  const values = [
    { type: 0x81, bytes: Buffer.from('one\0two\0', 'utf16le') },
    { type: 0x88, bytes: Buffer.from([1, 0, 0, 0, 2, 0, 0, 0]) },
    { type: 0x91, bytes: Buffer.from('4ebba45ab382d8014ebba45ab382d801', 'hex') },
  ];
  const children = values.map((_, index) => ({ name: 'Data', dataName: `v${index}`, children: [index] }));
  const path = join(mkdtempSync(join(tmpdir(), 'demarc-evtx-')), 'lists.evtx');
  writeFileSync(path, writeLog({ name: 'Event', children: [{ name: 'EventData', children }] }, [values]));
  t.assert.deepEqual(eventsOf(path).map(leavesOf), referenceEvents(path).map(leavesOf));
  rmSync(dirname(path), { recursive: true });
});

test('each event of each log is what the JSON beside it says it is', (t: TestContext) => {
  if (!existsSync(REGRESSION)) return t.skip(`no event logs at ${REGRESSION}: nothing was compared`);
  for (const path of globSync(`${REGRESSION}/**/*.evtx`)) {
    const beside = readFileSync(path.replace(/evtx$/, 'json'), 'utf8');
    const theirs = beside.split(/\n(?=\{)/).map((json): unknown => JSON.parse(json));
    t.assert.deepEqual(eventsOf(path).map(dropped), theirs.map(dropped), path);
  }
});

/**
 * Their tool drops the braces of GUIDs, the last of seven digits of a second, and white space at the ends of
 * a text (`"C:\\WINDOWS\\system32\\cmd.exe" `), which a rule's `endswith` would miss.
 */
function dropped(json: unknown): unknown {
  return JSON.parse(JSON.stringify(json), (_, value: unknown) =>
    typeof value === 'string'
      ? value
          .trim()
          .replace(/^\{([\dA-F]{8}(?:-[\dA-F]{4}){3}-[\dA-F]{12})\}$/i, '$1')
          .replace(/^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6})\dZ$/, '$1Z')
      : value,
  );
}

function eventsOf(path: string): readonly unknown[] {
  const events: unknown[] = [];
  for (const each of readEvtxFile(path)) {
    if (each.kind === 'damage') throw new Error(`${path} at ${each.at}: ${each.because}`);
    events.push(each.event);
  }
  return events;
}

/** Leaves as text by path. libevtx fills hexadecimal numbers with zeros and writes nine digits of a second. */
function leavesOf(json: unknown): readonly string[] {
  const leaves: string[] = [];
  const visit = (value: unknown, path: string): void => {
    if (typeof value === 'object' && value !== null) {
      for (const [name, inner] of Object.entries(value)) visit(inner, `${path}.${name}`);
      return;
    }
    const text = String(value ?? '')
      .replace(/^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7})00Z$/, '$1Z')
      .replace(/^0x0*([\da-f]+)$/, '0x$1');
    leaves.push(`${path} ${text}`);
  };
  visit(json, '');
  return leaves;
}
