/** SMB and DCE-RPC of real captures, taken apart here and by Wireshark: the same commands, answers, shares and calls. */
import { execFile } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { dissect } from '../testing/dissect.ts';

const run = promisify(execFile);
/** Zeek's test traces (corpora/README.md), beside the project. */
const CAPTURES = join(import.meta.dirname, '../../../../../shared/corpora/pcap');
const isMissing = existsSync(CAPTURES)
  ? false
  : `no captures at ${CAPTURES}: nothing is compared with tshark`;
const files = globSync(['zeek/smb/*', 'zeek/dce-rpc/*', 'zeek/krb/kerberos_tso.pcapng'], {
  cwd: CAPTURES,
}).sort();

test('SMB and remote procedures are what tshark says they are', {
  skip: isMissing,
}, async (t: TestContext) => {
  let [commands, pdus, shares] = [0, 0, 0];
  const differing: string[] = [];
  for (const file of files) {
    const ours = dissect(join(CAPTURES, file));
    const theirs = await tshark(join(CAPTURES, file));
    for (const [name, mine, other] of [
      ['commands', ours.commands, theirs.commands],
      ['shares', [...new Set(ours.shares)], [...new Set(theirs.shares)]],
      ['calls', ours.pdus, theirs.pdus],
    ] as const)
      differing.push(...differenceOf(mine, other).map((line) => `${file} ${name}: ${line}`));
    commands += ours.commands.length;
    pdus += ours.pdus.length;
    shares += ours.shares.length;
  }
  t.diagnostic(
    `${files.length} captures: ${commands} commands, ${shares} shares, ${pdus} remote-procedure messages`,
  );
  t.assert.deepEqual(differing.sort(), KNOWN);
  t.assert.ok(commands > 1_000 && pdus > 400 && shares > 5);
});

/** What one has more often than the other. */
function differenceOf(ours: readonly string[], theirs: readonly string[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const line of ours) counts.set(line, (counts.get(line) ?? 0) + 1);
  for (const line of theirs) counts.set(line, (counts.get(line) ?? 0) - 1);
  return [...counts]
    .filter(([, count]) => count !== 0)
    .map(([line, count]) => `${line} ${count > 0 ? `+${count}` : count}`);
}

/** Where the two read differently, and why. */
const KNOWN = [
  // Calls 62 to 66 between .183 and .2, in the middle of a connection whose bind was before the capture.
  'zeek/dce-rpc/mapi.pcap calls: 0 2 +5',
  'zeek/dce-rpc/mapi.pcap calls: 2 +5',
  // A chain of commands that points back to itself: Wireshark names the command that would come next.
  'zeek/smb/smb1-logoff-andx-no-advance.pcap commands: 1 116 asked -1',
];

const FIELDS = {
  smb1: ['smb.cmd', 'smb.flags.response', 'smb.nt_status'],
  smb2: ['smb2.cmd', 'smb2.flags.response', 'smb2.nt_status'],
  names: ['smb.path', 'smb2.tree', 'dcerpc.pkt_type', 'dcerpc.opnum'],
};

async function tshark(file: string): Promise<ReturnType<typeof dissect>> {
  const fields = Object.values(FIELDS)
    .flat()
    .flatMap((field) => ['-e', field]);
  const { stdout } = await run(
    'tshark',
    [
      '-n',
      '-2',
      '-r',
      file,
      '-Y',
      'tcp',
      '-T',
      'fields',
      '-E',
      'separator=|',
      '-E',
      'aggregator=;',
      ...fields,
    ],
    { maxBuffer: 64 * 1_048_576 },
  );
  const [commands, shares, pdus]: [string[], string[], string[]] = [[], [], []];
  for (const line of stdout.split('\n')) {
    const parts = line.split('|').map((part) => part.split(';').filter((value) => value !== ''));
    const [
      cmd1 = [],
      answer1 = [],
      status1 = [],
      cmd2 = [],
      answer2 = [],
      status2 = [],
      path = [],
      tree = [],
      types = [],
      operations = [],
    ] = parts;
    commands.push(...commandsOf(1, cmd1, answer1, status1), ...commandsOf(2, cmd2, answer2, status2));
    shares.push(...path, ...tree);
    // Only requests have an operation of their own; tshark repeats it for their answers.
    let next = 0;
    for (const type of types) {
      const hasOperation = type === '0' || type === '2';
      pdus.push(type === '0' ? `0 ${operations[next]}` : type);
      if (hasOperation) next += 1;
    }
  }
  return { commands, shares, pdus };
}

function commandsOf(
  version: number,
  commands: readonly string[],
  answers: readonly string[],
  statuses: readonly string[],
): readonly string[] {
  // Only answers have a status.
  let next = 0;
  // 255 is the end of a chain of commands, and no command.
  const told = commands.filter((command) => Number(command) !== 255);
  return told.map((command, at) => {
    const isAnswer = answers[at] === '1' || answers[at] === 'True';
    // DOS errors, as old clients ask for, are no status.
    const status = isAnswer ? Number(statuses[next] ?? 0) : 0;
    if (isAnswer) next += 1;
    return `${version} ${Number(command)} ${isAnswer ? `answered ${status}` : 'asked'}`;
  });
}
