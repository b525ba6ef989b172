import { readdirSync, readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { evaluate } from '../engine/evaluate.ts';
import { flatten, looksAt } from '../event.ts';
import { loadRules } from '../rules/rules.ts';
import { leafReader } from './leaves.ts';
import { NAMES, nameOf } from './names.ts';
import { BESIDE, OTHERWISE, RECOGNITIONS } from './taxonomy.ts';
import { openView } from './view.ts';

const view = openView({
  mappings: [{ name: 'm', paths: { Image: 'process.file.path', ProcessId: 'process.pid' } }],
  recognitions: RECOGNITIONS,
  otherwise: OTHERWISE,
});
const metadata = { transformation_info_list: [{ name: 'm' }] };

test('a field is called by its name wherever a collector puts it', (t: TestContext) => {
  const names: Readonly<Record<string, string>> = {
    'Event.EventData.Image': 'Image',
    'Event.System.EventID.#text': 'EventID',
    'Event.System.EventID_attributes.Qualifiers': 'EventID_Qualifiers',
    'Event.System.Provider.#attributes.Name': 'Provider_Name',
    'Event.System.TimeCreated.#attributes.SystemTime': 'TimeCreated_SystemTime',
    'Event.EventData.Data.#text': 'Data',
    'Event.EventData.#attributes.Name': 'EventData_Name',
    'Event.UserData.LogFileCleared.SubjectUserName': 'SubjectUserName',
    'Event.UserData.Text': 'UserData.Text',
    'winlog.event_data.Image': 'Image',
    'winlog.channel': 'Channel',
    'userIdentity.arn': 'userIdentity.arn',
  };
  for (const [path, name] of Object.entries(names)) t.assert.equal(nameOf(NAMES, path), name);
});

test('leaves under their names are those of flatten, whatever the event', () => {
  const read = leafReader(NAMES);
  fc.assert(
    fc.property(fc.jsonValue(), (json) => {
      const { fields, isWhole } = flatten(json);
      const plain = new Map<string, unknown[]>();
      for (const [path, values] of Object.entries(fields)) {
        const name = nameOf(NAMES, path);
        plain.set(name, [...(plain.get(name) ?? []), values].flat());
      }
      const reading = read(json);
      const ours = new Map([...reading.leaves].map(([name, values]) => [name, [values].flat()]));
      return isWhole === reading.isWhole && isDeepStrictEqual(ours, plain);
    }),
  );
});

test('the view of an OCSF event is what its source said, and its OCSF paths', (t: TestContext) => {
  const { fields } = view.ofOcsf({
    class_uid: 1_007,
    process: { pid: 16, file: { path: 'C:\\a.exe' } },
    metadata,
    unmapped: { ProcessId: '0x10', List: ['a', 'b'], process: { pid: 'own' } },
  });
  t.assert.equal(fields['Image'], 'C:\\a.exe');
  t.assert.equal(fields['process.file.path'], 'C:\\a.exe');
  t.assert.equal(fields['ProcessId'], '0x10', 'the own text of what was converted');
  t.assert.equal(fields['process.pid'], 'own', "the source's own field, where names meet");
  t.assert.deepEqual(fields['List'], ['a', 'b']);
});

test('an alias does not hide a field of its own name', (t: TestContext) => {
  const { fields } = view.ofNative({ NewProcessName: 'a', Image: 'b', Hostname: 'h' });
  t.assert.deepEqual([fields['Image'], fields['Computer'], fields['NewProcessName']], ['b', 'h', 'a']);
});

test('an event is every log source that it is recognised as', (t: TestContext) => {
  const sysmon = { Channel: 'microsoft-windows-sysmon/operational', EventID: 12, EventType: 'DeleteValue' };
  const offered = view.ofNative(sysmon).logsources;
  for (const wanted of [
    { product: 'windows', category: 'registry_delete' },
    { product: 'windows', category: 'registry_event' },
    { product: 'windows', service: 'sysmon' },
    { product: 'windows' },
  ])
    t.assert.ok(looksAt(wanted, offered), JSON.stringify(wanted));
  for (const wanted of [
    { product: 'windows', category: 'registry_add' },
    { product: 'windows', service: 'security' },
    { product: 'linux' },
  ])
    t.assert.ok(!looksAt(wanted, offered), JSON.stringify(wanted));
  t.assert.deepEqual(view.ofNative({ Channel: 'Vendor/Own', EventID: 1 }).logsources, [
    { product: 'windows' },
  ]);
  t.assert.deepEqual(view.ofNative({ anything: 1 }).logsources, []);
});

test("a category is a class's activities, whose events the rooms' rules look at", (t: TestContext) => {
  const offered = (activity: number, os: number): ReturnType<typeof view.ofOcsf>['logsources'] =>
    view.ofOcsf({ class_uid: 1_001, activity_id: activity, device: { os: { type_id: os } }, metadata: {} })
      .logsources;
  t.assert.ok(looksAt({ product: 'linux', category: 'file_event' }, offered(3, 200)));
  t.assert.ok(looksAt({ category: 'file_event' }, offered(3, 0)));
  t.assert.ok(!looksAt({ product: 'linux', category: 'file_event' }, offered(4, 200)));
  t.assert.ok(!looksAt({ product: 'linux', category: 'file_event' }, offered(3, 100)));
  t.assert.ok(looksAt({ product: 'linux', category: 'file_delete' }, offered(4, 200)));
});

/** As the server has it. */
const rooms = openView({ mappings: [], recognitions: RECOGNITIONS, otherwise: OTHERWISE, beside: BESIDE });

test("each sample of the rooms' rules, through the view, is what it says", (t: TestContext) => {
  let samples = 0;
  for (const room of readdirSync('services')) {
    const folder = `services/${room}/detections`;
    const files = readdirSync(`services/${room}`).includes('detections') ? readdirSync(folder) : [];
    for (const file of files.filter((name) => name.endsWith('.yml'))) {
      const text = readFileSync(`${folder}/${file}`, 'utf8');
      const [rule] = loadRules([{ file, text }]).detections;
      t.assert.ok(rule, `${file} was not loaded`);
      for (const line of readFileSync(`${folder}/${file.replace(/yml$/, 'samples.jsonl')}`, 'utf8').split(
        '\n',
      )) {
        if (line === '') continue;
        const { match, event } = JSON.parse(line) as { match: boolean; event?: Record<string, unknown> };
        // Rules over several records are tried with `demarc sigma test`.
        if (event === undefined) continue;
        const seen = rooms.ofOcsf(event);
        const holds = looksAt(rule.logsource, seen.logsources) && evaluate(rule.condition, seen, noRegexes);
        t.assert.equal(holds, match, `${file}: ${line}`);
        samples += 1;
      }
    }
  }
  t.assert.ok(samples > 0);
});

const noRegexes = (): never => {
  throw new Error("the rooms' rules have no regular expressions");
};
