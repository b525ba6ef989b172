import { type TestContext, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { validateOcsf } from '@demarc/platform/ocsf';
import { openView } from '@demarc/platform/sigma/view';
import { OTHERWISE, RECOGNITIONS } from '@demarc/platform/sigma/view/taxonomy';
import * as fc from 'fast-check';
import { normaliseWindows, WINDOWS_MAPPINGS } from './windows.ts';

const CONTEXT = { uid: 'u', receivedAtMs: 1_764_000_000_000, peer: '192.0.2.1' };
const view = openView({ mappings: WINDOWS_MAPPINGS, recognitions: RECOGNITIONS, otherwise: OTHERWISE });

const SYSTEM = {
  Provider: {
    '#attributes': { Name: 'Microsoft-Windows-Sysmon', Guid: '{5770385F-C22A-43E0-BF4C-06F5698FFBD9}' },
  },
  EventID: 1,
  Level: 4,
  TimeCreated: { '#attributes': { SystemTime: '2026-01-02T03:04:05.1234567Z' } },
  EventRecordID: 77,
  Channel: 'Microsoft-Windows-Sysmon/Operational',
  Computer: 'ws-1.example.org',
};
const LAUNCH = {
  Event: {
    System: SYSTEM,
    EventData: {
      UtcTime: '2026-01-02 03:04:05.123',
      ProcessGuid: '{B0C1D2E3-0000-0000-0000-000000000001}',
      ProcessId: 4711,
      Image: 'C:\\Windows\\System32\\cmd.exe',
      CommandLine: 'cmd.exe /c whoami',
      Hashes: 'MD5=0123456789ABCDEF0123456789ABCDEF,IMPHASH=FEDCBA9876543210FEDCBA9876543210',
      ParentProcessId: '0x10',
      ParentImage: 'C:\\Windows\\explorer.exe',
      User: '-',
    },
  },
};

function ocsfOf(json: unknown): Readonly<Record<string, unknown>> {
  const event = normaliseWindows(json, CONTEXT)?.event;
  if (event === undefined) throw new Error('not understood');
  // As it is stored and read again.
  return JSON.parse(JSON.stringify(event)) as Readonly<Record<string, unknown>>;
}

/** What of the source's own view the OCSF event's view does not have, or has otherwise. */
function lostOf(json: unknown): readonly string[] {
  const own = view.ofNative(json);
  const ocsf = view.ofOcsf(ocsfOf(json));
  const lost = Object.keys(own.fields).filter(
    (name) => !isDeepStrictEqual(own.fields[name], ocsf.fields[name]),
  );
  return isDeepStrictEqual(own.logsources, ocsf.logsources) ? lost : [...lost, '(log sources)'];
}

test('a process that Sysmon saw start is an OCSF Process Activity', (t: TestContext) => {
  const event = ocsfOf(LAUNCH);
  t.assert.deepEqual(validateOcsf(event), { ok: true });
  const { time, type_uid: typeUid, process, actor, metadata, unmapped } = event as Record<string, unknown>;
  t.assert.equal(time, Date.UTC(2026, 0, 2, 3, 4, 5, 123));
  t.assert.equal(typeUid, 100_701);
  t.assert.deepEqual(process, {
    uid: '{B0C1D2E3-0000-0000-0000-000000000001}',
    pid: 4711,
    cmd_line: 'cmd.exe /c whoami',
    name: 'cmd.exe',
    file: {
      path: 'C:\\Windows\\System32\\cmd.exe',
      name: 'cmd.exe',
      type_id: 1,
      hashes: [
        { algorithm: 'MD5', algorithm_id: 1, value: '0123456789ABCDEF0123456789ABCDEF' },
        { algorithm: 'IMPHASH', algorithm_id: 99, value: 'FEDCBA9876543210FEDCBA9876543210' },
      ],
    },
  });
  t.assert.deepEqual(actor, {
    process: {
      pid: 16,
      name: 'explorer.exe',
      file: { path: 'C:\\Windows\\explorer.exe', name: 'explorer.exe', type_id: 1 },
    },
  });
  t.assert.equal((metadata as Record<string, unknown>)['original_time'], '2026-01-02T03:04:05.1234567Z');
  // Converted for OCSF, so the source's own text is kept; a dash says nothing, and is kept too.
  const { ParentProcessId, User, Image } = unmapped as Record<string, unknown>;
  t.assert.deepEqual([ParentProcessId, User, Image], ['0x10', '-', undefined]);
  t.assert.deepEqual(lostOf(LAUNCH), []);
});

test('the same event is the same in every shape that collectors give it', (t: TestContext) => {
  const { Provider: _, TimeCreated, ...system } = SYSTEM;
  const flat = {
    ...system,
    ...LAUNCH.Event.EventData,
    '@timestamp': TimeCreated['#attributes'].SystemTime,
    SourceName: 'x',
    Hostname: 'h',
  };
  const winlog = {
    '@timestamp': TimeCreated['#attributes'].SystemTime,
    winlog: {
      channel: SYSTEM.Channel,
      event_id: '1',
      computer_name: 'h',
      provider_name: 'x',
      event_data: LAUNCH.Event.EventData,
    },
  };
  const listed = {
    Event: {
      System: { ...SYSTEM, EventID: { '#attributes': { Qualifiers: 0 }, '#text': 1 } },
      EventData: LAUNCH.Event.EventData,
    },
  };
  for (const shape of [flat, winlog, listed]) {
    const event = ocsfOf(shape);
    t.assert.deepEqual(validateOcsf(event), { ok: true });
    t.assert.deepEqual(event['process'], ocsfOf(LAUNCH)['process']);
    t.assert.deepEqual(lostOf(shape), []);
  }
});

test('what no class is made for is a base event with all its fields', (t: TestContext) => {
  const event = {
    Event: {
      System: { ...SYSTEM, Channel: 'Vendor/Own', EventID: 9_999 },
      UserData: {
        Thing: { '#attributes': { xmlns: 'urn:x' }, Value: ['a', 'b'], Deep: { er: { est: true } } },
      },
    },
  };
  t.assert.equal(ocsfOf(event)['class_uid'], 0);
  t.assert.deepEqual(lostOf(event), []);
  t.assert.deepEqual(view.ofNative(event).fields['Value'], ['a', 'b']);
  t.assert.deepEqual(view.ofNative(event).logsources, [{ product: 'windows' }]);
});

test('what is missing for a class costs the class, never a field', (t: TestContext) => {
  const bare = {
    Event: { System: { ...SYSTEM, EventID: 13 }, EventData: { Details: 'DWORD (0x00000001)' } },
  };
  t.assert.equal(ocsfOf(bare)['class_uid'], 0);
  t.assert.deepEqual(lostOf(bare), []);
  const noNumber = {
    Event: { System: SYSTEM, EventData: { ...LAUNCH.Event.EventData, ParentProcessId: 'x' } },
  };
  t.assert.equal(ocsfOf(noNumber)['class_uid'], 1_007);
  t.assert.deepEqual(lostOf(noNumber), []);
});

test("Windows' own auditing has the generic names beside its own", (t: TestContext) => {
  const launch = {
    Event: {
      System: { ...SYSTEM, Channel: 'Security', EventID: 4_688 },
      EventData: {
        NewProcessName: 'C:\\a.exe',
        ParentProcessName: 'C:\\b.exe',
        SubjectUserName: 'ann',
        NewProcessId: '0x20',
      },
    },
  };
  const value = {
    Event: {
      System: { ...SYSTEM, Channel: 'Security', EventID: 4_657 },
      EventData: {
        ObjectName: '\\REGISTRY\\MACHINE\\Run',
        ObjectValueName: 'up',
        NewValue: 'x',
        OperationType: '%%1905',
      },
    },
  };
  const { Image, ParentImage, User, NewProcessName } = view.ofOcsf(ocsfOf(launch)).fields;
  t.assert.deepEqual(
    [Image, ParentImage, User, NewProcessName],
    ['C:\\a.exe', 'C:\\b.exe', 'ann', 'C:\\a.exe'],
  );
  const { fields, logsources } = view.ofOcsf(ocsfOf(value));
  t.assert.deepEqual([fields['TargetObject'], fields['Details']], ['\\REGISTRY\\MACHINE\\Run\\up', 'x']);
  t.assert.ok(logsources.some(({ category }) => category === 'registry_set'));
});

test('records of other kinds are left to others', (t: TestContext) => {
  for (const json of [null, 'x', [], {}, { Event: 'x' }, { Channel: 'x' }, { winlog: null }])
    t.assert.equal(normaliseWindows(json, CONTEXT), undefined);
});

const NAMES = [
  'Image',
  'ProcessId',
  'User',
  'TargetObject',
  'IpAddress',
  'SourcePort',
  'Status',
  'Channel',
  'Computer',
  'EventID',
  'message',
  'time',
  'metadata',
  'actor',
  '__proto__',
  'constructor',
  'a.b',
  '#text',
  'Data',
] as const;
const anyName = fc.constantFrom(...NAMES);
const anyLeaf = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.constantFrom('-', '0x1f', '80'),
);
const anyData = fc.dictionary(
  anyName,
  fc.oneof(anyLeaf, fc.array(anyLeaf, { maxLength: 3 }), fc.jsonValue({ maxDepth: 2 })),
);
const anyEvent = fc
  .record({
    channel: fc.constantFrom(
      'Security',
      'System',
      'Microsoft-Windows-Sysmon/Operational',
      'Windows PowerShell',
      'x',
    ),
    eventId: fc.oneof(
      fc.constantFrom(1, 3, 13, 22, 4_624, 4_688, 4_657, 5_156, 7_045, 104, 400),
      fc.nat(6_000),
    ),
    data: anyData,
    isFlat: fc.boolean(),
  })
  .map(({ channel, eventId, data, isFlat }): unknown =>
    isFlat
      ? { ...data, Channel: channel, EventID: eventId }
      : { Event: { System: { ...SYSTEM, Channel: channel, EventID: eventId }, EventData: data } },
  )
  .map((event): unknown => JSON.parse(JSON.stringify(event)));

test('whatever an event holds, it becomes a valid OCSF event that loses nothing', () => {
  fc.assert(
    fc.property(anyEvent, (event) => validateOcsf(ocsfOf(event)).ok && lostOf(event).length === 0),
    { numRuns: 200 },
  );
});
