/** Every Windows event at hand, and every regression case of SigmaHQ, by each way that an event can take. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { validateOcsf } from '@demarc/platform/ocsf';
import { evaluate, type RegexSource } from '@demarc/platform/sigma/evaluate';
import { looksAt, type SigmaEvent } from '@demarc/platform/sigma/event';
import { compileRegex } from '@demarc/platform/sigma/regex';
import { loadRules } from '@demarc/platform/sigma/rules';
import { openView } from '@demarc/platform/sigma/view';
import { OTHERWISE, RECOGNITIONS } from '@demarc/platform/sigma/view/taxonomy';
import { readEvtxFile } from '../evtx/evtx.ts';
import { normaliseWindows, WINDOWS_MAPPINGS } from './windows.ts';

const CORPORA = '../shared/corpora';
const REGRESSION = `${CORPORA}/sigma/regression`;
const view = openView({ mappings: WINDOWS_MAPPINGS, recognitions: RECOGNITIONS, otherwise: OTHERWISE });
/** What OCSF's own attributes begin with in these events; the view has them beside the source's fields. */
const OCSF_ROOTS = new Set(
  `
    access_mask activity_id actor actual_permissions app auth_protocol category_uid class_uid
    connection_info device driver dst_endpoint entity exit_code file group injection_type
    injection_type_id job log_name logon_process logon_type_id message metadata module privileges
    process query rcode reg_key reg_value script service session severity_id share src_endpoint
    status_code status_id time type_uid user user_result win_service
  `
    .trim()
    .split(/\s+/),
);

function ocsfOf(json: unknown): Readonly<Record<string, unknown>> {
  const found = normaliseWindows(json, { uid: 'u', receivedAtMs: 0, peer: undefined });
  if (found === undefined) throw new Error(`not understood: ${JSON.stringify(json)}`);
  // As it is stored and read again.
  return JSON.parse(JSON.stringify(found.event)) as Readonly<Record<string, unknown>>;
}

function* corpusEvents(): Generator<unknown, void, undefined> {
  for (const path of globSync(`${CORPORA}/windows-events/*.jsonl.gz`)) {
    for (const line of gunzipSync(readFileSync(path)).toString().split('\n'))
      if (line !== '') yield JSON.parse(line);
  }
  for (const path of globSync(`${REGRESSION}/**/*.json`)) yield* jsonEvents(path);
}

/** One event after the other, each over many lines. */
function jsonEvents(path: string): readonly unknown[] {
  return readFileSync(path, 'utf8')
    .split(/\n(?=\{)/)
    .map((json): unknown => JSON.parse(json));
}

test('each event is a valid OCSF event at its own time, and its view is that of its source', (t: TestContext) => {
  if (!existsSync(`${CORPORA}/windows-events`))
    return t.skip(`no events at ${CORPORA}: nothing was compared`);
  let count = 0;
  for (const json of corpusEvents()) {
    count += 1;
    const event = ocsfOf(json);
    const verdict = validateOcsf(event);
    if (!verdict.ok) t.assert.fail(`${JSON.stringify(verdict.problems)}: ${JSON.stringify(json)}`);
    if (event['time'] === 0) t.assert.fail(`no time: ${JSON.stringify(json)}`);
    const difference = differenceOf(view.ofNative(json), view.ofOcsf(event));
    if (difference !== undefined) t.assert.fail(`${difference}: ${JSON.stringify(json)}`);
  }
  t.assert.ok(count >= 51_122, `${count} events`);
});

function differenceOf(own: SigmaEvent, ocsf: SigmaEvent): string | undefined {
  if (!isDeepStrictEqual(own.logsources, ocsf.logsources)) return 'the log sources differ';
  for (const name of Object.keys(own.fields)) {
    const [a, b] = [own.fields[name], ocsf.fields[name]];
    if (a !== b && !isDeepStrictEqual(a, b)) return `${name} differs`;
  }
  for (const name of Object.keys(ocsf.fields))
    if (!Object.hasOwn(own.fields, name) && !OCSF_ROOTS.has(name.split('.')[0] ?? ''))
      return `${name} is added`;
  return undefined;
}

const regexes: RegexSource = ({ source, ignoreCase, multiline, dotAll }) => {
  const compiled = compileRegex(source, { ignoreCase, multiline, dotAll });
  if ('refused' in compiled) throw new Error(compiled.refused);
  return compiled;
};

test('each regression case matches, natively, through OCSF and from its event log', (t: TestContext) => {
  if (!existsSync(REGRESSION)) return t.skip(`no regression cases at ${REGRESSION}: nothing was matched`);
  const rules = new Map<string, string>();
  for (const path of globSync(`${CORPORA}/sigma/rules*/**/*.yml`)) {
    const text = readFileSync(path, 'utf8');
    rules.set(/^id:\s*(\S+)/m.exec(text)?.[1] ?? path, text);
  }
  const short: string[] = [];
  let cases = 0;
  for (const path of globSync(`${REGRESSION}/**/info.yml`)) {
    const info = readFileSync(path, 'utf8');
    const wanted = Number(/match_count:\s*(\d+)/.exec(info)?.[1] ?? 1);
    const log = `${REGRESSION}/${/path:\s*regression_data\/(\S+)/.exec(info)?.[1] ?? ''}`;
    const id = /rule_metadata:\s*- id:\s*(\S+)/.exec(info)?.[1] ?? '';
    const [rule] = loadRules([{ file: path, text: rules.get(id) ?? '' }]).detections;
    t.assert.ok(rule, `${path}: the rule ${id} was not loaded`);
    const fromLog = [...readEvtxFile(log)].flatMap((each) => (each.kind === 'event' ? [each.event] : []));
    const ways: Readonly<Record<string, readonly SigmaEvent[]>> = {
      native: jsonEvents(log.replace(/evtx$/, 'json')).map(view.ofNative),
      ocsf: jsonEvents(log.replace(/evtx$/, 'json')).map((json) => view.ofOcsf(ocsfOf(json))),
      evtx: fromLog.map(view.ofNative),
      'evtx through ocsf': fromLog.map((json) => view.ofOcsf(ocsfOf(json))),
    };
    for (const [way, events] of Object.entries(ways)) {
      const matches = events.filter(
        (event) => looksAt(rule.logsource, event.logsources) && evaluate(rule.condition, event, regexes),
      );
      if (matches.length < wanted) short.push(`${way}: ${rule.title}: ${matches.length} of ${wanted}`);
    }
    cases += 1;
  }
  t.assert.deepEqual(short, []);
  t.assert.ok(cases >= 115, `${cases} cases`);
});
