import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { ATTACKER, detect, HOST, range, tcp } from '../testing/packets.ts';
import {
  connection,
  framed,
  pipeWrite,
  rpcBind,
  rpcCall,
  type Said,
  smb1,
  smb2,
  withName,
} from '../testing/smb.ts';
import { Connection, type SmbEvent } from './connection.ts';
import { SMB1, SMB2 } from './message.ts';

const client = (message: Uint8Array): Said => ['client', message];
const server = (message: Uint8Array): Said => ['server', message];
const kindsOf = (said: readonly Said[], policy = {}): readonly string[] =>
  detect(connection(0, said), policy).map(({ kind, response }) => `${kind} ${response}`);

const LOGON_FAILURE = 0xc000006d;
const NT_TRANS_WORDS = [0, 0, 0, 0x1e00, 0, 0xd000, 0x0103, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
/** Of 0x1000 bytes at a displacement. */
const secondary = (displacement: number, total = 0x1000): readonly number[] => [
  0,
  total,
  0,
  0,
  0,
  0x1000,
  0x35,
  displacement,
  0,
];
const trans2 = (subcommand: number, totalData = 0): readonly number[] => [
  15,
  totalData,
  0,
  0,
  1,
  0,
  0,
  0,
  0,
  12,
  66,
  0,
  78,
  1,
  subcommand,
];

test('an NT transaction continued as another is MS17-010, on any port', (t: TestContext) => {
  const said = [
    client(smb1(SMB1.ntTransact, NT_TRANS_WORDS)),
    server(smb1(SMB1.ntTransact, [], { isResponse: true })),
    client(smb1(SMB1.transaction2Secondary, secondary(0x3d0), { data: new Uint8Array(4_096) })),
  ];
  const [found] = detect(connection(0, said));
  t.assert.equal(found?.kind, 'ms17-010');
  t.assert.equal(found?.technique, 'T1210');
  t.assert.deepEqual([found?.sources, found?.targets, found?.ports], [[ATTACKER], [HOST], [4_450]]);
  t.assert.equal(found?.sourceIsProved, true);
  t.assert.equal(found?.because, `${ATTACKER} continued a nt-transact as a transaction2`);
});

test('data a page beyond what was announced is MS17-010; a little is told only', (t: TestContext) => {
  const beyond = (displacement: number): readonly Said[] => [
    client(smb1(SMB1.transaction2, trans2(5, 0x1000))),
    client(smb1(SMB1.transaction2Secondary, secondary(displacement), { data: new Uint8Array(4_096) })),
  ];
  t.assert.deepEqual(kindsOf(beyond(0x1000)), ['ms17-010 block']);
  t.assert.deepEqual(kindsOf(beyond(0x10)), ['ms17-010 observe']);
  t.assert.deepEqual(kindsOf(beyond(0)), []);
});

test('DoublePulsar is asked for by Trans2 SESSION_SETUP, and answers by its multiplex identifier', (t: TestContext) => {
  const asked = client(smb1(SMB1.transaction2, trans2(0x0e), { messageId: 0x41 }));
  const reply = (messageId: number): Said =>
    server(smb1(SMB1.transaction2, [], { isResponse: true, status: 0xc0000002, messageId }));
  const clean = detect(connection(0, [asked, reply(0x41)]));
  t.assert.deepEqual(
    clean.map(({ kind }) => kind),
    ['double-pulsar'],
  );
  const infected = detect(connection(0, [asked, reply(0x51)]));
  t.assert.match(infected[1]?.because ?? '', /compromised/);
});

test('who looks whether MS17-010 is patched is known by pipe 0', (t: TestContext) => {
  const peek = [0, 0, 0xffff, 0xffff, 0, 0, 0, 0, 0, 0, 74, 0, 74, 2, 0x23, 0];
  const said = [
    client(smb1(SMB1.transaction, peek)),
    server(smb1(SMB1.transaction, [], { isResponse: true, status: 0xc0000205 })),
  ];
  t.assert.deepEqual(kindsOf(said), ['ms17-010-probe block', 'ms17-010-probe block']);
  const named = [...peek.slice(0, 15), 0x4001];
  t.assert.deepEqual(kindsOf([client(smb1(SMB1.transaction, named))]), []);
});

test('a compression header that overflows is SMBGhost; one that fits is compression', (t: TestContext) => {
  const compressed = (original: number, offset: number): Said => {
    const message = Buffer.alloc(16 + 100);
    message.writeUInt32BE(0xfc534d42, 0);
    message.writeUInt32LE(original, 4);
    message.writeUInt16LE(1, 8);
    message.writeUInt32LE(offset, 12);
    return client(framed(message));
  };
  t.assert.deepEqual(kindsOf([compressed(0xffffffff, 16)]), ['smbghost block']);
  t.assert.deepEqual(kindsOf([compressed(4_096, 0xffffffff)]), ['smbghost block']);
  t.assert.deepEqual(kindsOf([compressed(4_096, 64)]), []);
});

test('logons that fail over and over are guessing; one failure, or one in a while, is not', (t: TestContext) => {
  const failure = (atMs: number) =>
    connection(
      atMs,
      [
        client(smb2(SMB2.sessionSetup, new Uint8Array(24))),
        server(smb2(SMB2.sessionSetup, new Uint8Array(8), { isResponse: true, status: LOGON_FAILURE })),
      ],
      { sourcePort: 2_000 + (atMs % 50_000) },
    );
  const found = detect(range(6).flatMap((at) => failure(at * 200)));
  t.assert.deepEqual(
    found.map(({ kind, sources }) => [kind, sources]),
    [['smb-brute-force', [ATTACKER]]],
  );
  t.assert.equal(found[0]?.evidence['times'], 5);
  t.assert.deepEqual(detect(range(20).flatMap((at) => failure(at * 20_000))), []);
});

test('a session of nobody is told', (t: TestContext) => {
  const token = Buffer.alloc(24 + 72);
  token.write('NTLMSSP\0', 24);
  token.writeUInt32LE(3, 32);
  const granted = Buffer.from([9, 0, 2, 0, 0, 0, 0, 0]);
  const said = [
    client(smb2(SMB2.sessionSetup, token)),
    server(smb2(SMB2.sessionSetup, granted, { isResponse: true })),
  ];
  t.assert.deepEqual(kindsOf(said), ['null-session observe']);
});

test('administrative shares are told, with whether they were opened; others are not', (t: TestContext) => {
  const tree = (path: string, status: number): readonly Said[] => [
    client(smb2(SMB2.treeConnect, withName(path, 4))),
    server(smb2(SMB2.treeConnect, new Uint8Array(16), { isResponse: true, status })),
  ];
  const [opened] = detect(connection(0, tree('\\\\10.0.0.2\\ADMIN$', 0)));
  t.assert.equal(opened?.because, `${ATTACKER} opened \\\\10.0.0.2\\ADMIN$`);
  t.assert.match(
    detect(connection(0, tree('\\\\10.0.0.2\\c$', 0xc0000022)))[0]?.because ?? '',
    /was refused/,
  );
  t.assert.deepEqual(kindsOf([...tree('\\\\10.0.0.2\\IPC$', 0), ...tree('\\\\10.0.0.2\\public', 0)]), []);
});

test('a service that is created through a pipe is told, or blocked where the policy says so', (t: TestContext) => {
  const said = [
    client(smb2(SMB2.create, withName('svcctl', 44))),
    client(pipeWrite(rpcBind('367abb81-9844-35f1-ad32-98f038001003', 3))),
    client(pipeWrite(rpcCall(15, 3))),
    client(pipeWrite(rpcCall(12, 3))),
  ];
  t.assert.deepEqual(kindsOf(said), ['management-pipe observe', 'remote-service observe']);
  t.assert.deepEqual(kindsOf(said, { smb: { remoteExecution: 'block' } }), [
    'management-pipe observe',
    'remote-service block',
  ]);
});

test('remote procedures are read without SMB as well', (t: TestContext) => {
  const said = [client(rpcBind('e3514235-4b06-11d1-ab04-00c04fc2dcd2')), client(rpcCall(3))];
  t.assert.deepEqual(kindsOf(said), ['directory-replication observe']);
});

test('however the stream is cut, doubled, overlapped and shuffled, the same is read', () => {
  const stream = Buffer.concat([
    smb2(SMB2.create, withName('one', 44)),
    smb2(SMB2.write, Buffer.alloc(40_000)),
    smb2(SMB2.create, withName('two', 44)),
    smb1(SMB1.ntTransact, NT_TRANS_WORDS),
    smb2(SMB2.create, withName('three', 44)),
  ]);
  const cuts = fc.array(fc.integer({ min: 8, max: stream.length - 1 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(
      cuts,
      fc.integer({ min: 0, max: 0xffffffff }),
      fc.infiniteStream(fc.nat(9)),
      (cuts, base, choices) => {
        const ends = [...new Set(cuts), stream.length].sort((a, b) => a - b);
        const segments = ends.map((end, at) => ({
          from: Math.max(0, (ends[at - 1] ?? 0) - (choices.next().value ?? 0)),
          end,
        }));
        // The first is first: what a stream starts with is how it is recognised.
        const [first, ...others] = segments;
        const order = others.flatMap((segment) =>
          (choices.next().value ?? 0) > 7 ? [segment, segment] : [segment],
        );
        for (let at = 0; at + 1 < order.length; at += 1)
          if ((choices.next().value ?? 0) > 5) order.splice(at, 2, ...order.slice(at, at + 2).reverse());
        const names: string[] = [];
        const read = new Connection((event: SmbEvent) => event.kind === 'opened' && names.push(event.name));
        read.start(base, 1);
        for (const { from, end } of [first, ...order].filter((segment) => segment !== undefined)) {
          const payload = stream.subarray(from, end);
          read.push(
            tcp(0, 24, { sequence: (base + from) >>> 0, payload, payloadBytes: payload.length }),
            true,
          );
        }
        return names.join() === 'one,two,three';
      },
    ),
  );
});

test('what is sent twice while something before it is missing is held once', (t: TestContext) => {
  const stream = Buffer.concat([
    smb2(SMB2.create, withName('one', 44)),
    smb2(SMB2.write, Buffer.alloc(40_000)),
    smb2(SMB2.create, withName('two', 44)),
  ]);
  const names: string[] = [];
  const read = new Connection((event: SmbEvent) => event.kind === 'opened' && names.push(event.name));
  read.start(0, 1);
  for (const [from, end] of [
    [0, 8],
    [12, stream.length],
    [12, stream.length],
    [8, 12],
  ] as const) {
    const payload = stream.subarray(from, end);
    read.push(tcp(0, 24, { sequence: from, payload, payloadBytes: payload.length }), true);
  }
  t.assert.deepEqual(names, ['one', 'two']);
});

test('bytes of any kind are read without an exception, and in bounded memory', () => {
  const seeds = [
    smb1(SMB1.ntTransact, NT_TRANS_WORDS),
    smb2(SMB2.treeConnect, withName('\\\\a\\b', 4)),
    pipeWrite(rpcBind('367abb81-9844-35f1-ad32-98f038001003')),
  ];
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(
          fc.constantFrom(...seeds),
          fc.array(fc.tuple(fc.nat(140), fc.nat(255)), { maxLength: 6 }),
          fc.boolean(),
        ),
        { maxLength: 8 },
      ),
      (messages) => {
        const said = messages.map(([seed, changes, fromClient]): Said => {
          const bytes = Buffer.from(seed);
          for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
          return [fromClient ? 'client' : 'server', bytes];
        });
        detect(connection(0, said));
      },
    ),
    { numRuns: 300 },
  );
});
