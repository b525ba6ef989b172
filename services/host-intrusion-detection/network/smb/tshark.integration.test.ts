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
  for (const file of files) {
    const ours = dissect(join(CAPTURES, file));
    const theirs = await tshark(join(CAPTURES, file));
    t.assert.deepEqual(ours.commands.toSorted(), theirs.commands.toSorted(), file);
    t.assert.deepEqual([...new Set(ours.shares)].sort(), [...new Set(theirs.shares)].sort(), file);
    t.assert.deepEqual(ours.pdus.toSorted(), theirs.pdus.toSorted(), file);
    commands += ours.commands.length;
    pdus += ours.pdus.length;
    shares += ours.shares.length;
  }
  t.diagnostic(
    `${files.length} captures: ${commands} commands, ${shares} shares, ${pdus} remote-procedure messages`,
  );
  t.assert.ok(commands > 1_500 && pdus > 400 && shares > 5);
});

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
    ['-n', '-2', '-r', file, '-T', 'fields', '-E', 'separator=|', '-E', 'aggregator=;', ...fields],
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
  return commands.map((command, at) => {
    const isAnswer = answers[at] === '1' || answers[at] === 'True';
    const status = isAnswer ? Number(statuses[next]) : 0;
    if (isAnswer) next += 1;
    return `${version} ${Number(command)} ${isAnswer ? `answered ${status}` : 'asked'}`;
  });
}
