/** Our reader of Windows event logs against `evtxexport` of libevtx-utils, on one dense log. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEvtxFile } from '../siem/normalise/evtx/evtx.ts';
import { logOf, type WrittenElement, writeLog } from '../siem/normalise/evtx/writing.ts';
import { interleaved, median, ratio, show, smoke } from './support/measure.ts';

const CHUNKS = smoke ? 4 : 128;
const RECORDS_IN_CHUNK = 33;
const HEADER_SIZE = 4_096;

/** Like a process creation of Sysmon: 23 values, 1.2 KiB. */
const NAMES = [
  'RuleName',
  'UtcTime',
  'ProcessGuid',
  'ProcessId',
  'Image',
  'FileVersion',
  'CommandLine',
  'User',
];
const utf16 = (text: string): { readonly type: number; readonly bytes: Buffer } => ({
  type: 1,
  bytes: Buffer.from(text, 'utf16le'),
});
const template: WrittenElement = {
  name: 'Event',
  children: [
    {
      name: 'System',
      children: [
        { name: 'EventID', children: [0] },
        { name: 'Channel', children: ['Microsoft-Windows-Sysmon/Operational'] },
        { name: 'Computer', children: [1] },
      ],
    },
    {
      name: 'EventData',
      children: Array.from({ length: 21 }, (_, index) => ({
        name: 'Data',
        dataName: NAMES[index] ?? `Field${index}`,
        children: [index + 2],
      })),
    },
  ],
};
const values = [
  { type: 6, bytes: Buffer.from([1, 0]) },
  utf16('ws-1.example.org'),
  ...Array.from({ length: 21 }, (_, index) =>
    index % 7 === 3
      ? { type: 8, bytes: Buffer.from([index, 1, 0, 0]) }
      : utf16(`C:\\Windows\\System32\\cmd.exe /c ${index}`),
  ),
];
const one = writeLog(
  template,
  Array.from({ length: RECORDS_IN_CHUNK }, () => values),
);
const log = logOf(Array.from({ length: CHUNKS }, () => one.subarray(HEADER_SIZE)));
const scratch = mkdtempSync(join(tmpdir(), 'demarc-bench-'));
const path = join(scratch, 'dense.evtx');
const seconds = (work: () => number): number => {
  const startedAt = performance.now();
  const count = work();
  if (count !== CHUNKS * RECORDS_IN_CHUNK) throw new Error(`${count} events were read`);
  return (performance.now() - startedAt) / 1_000;
};

try {
  writeFileSync(path, log);
  const took = await interleaved(
    [
      {
        name: 'ours',
        run: () =>
          Promise.resolve(
            seconds(() => {
              let count = 0;
              // As text, like the other side writes it.
              for (const each of readEvtxFile(path))
                if (each.kind === 'event' && JSON.stringify(each.event).length > 0) count += 1;
              return count;
            }),
          ),
      },
      {
        name: 'evtxexport',
        run: () =>
          Promise.resolve(
            seconds(() => {
              const xml = execFileSync('evtxexport', ['-f', 'xml', path], { maxBuffer: 2 ** 30 });
              let count = 0;
              for (let at = xml.indexOf('</Event>'); at >= 0; at = xml.indexOf('</Event>', at + 1))
                count += 1;
              return count;
            }),
          ),
      },
    ],
    smoke ? 1 : 5,
  );
  const of = (name: string): readonly number[] => took.get(name) ?? [];
  show('our reader', of('ours'));
  show('evtxexport', of('evtxexport'));
  const perSecond = (amount: number): string => Math.round(amount / median(of('ours'))).toLocaleString('en');
  console.log(
    `${perSecond(CHUNKS * RECORDS_IN_CHUNK)} events/s, ${perSecond(statSync(path).size / 1_048_576)} MiB/s`,
  );
  ratio('evtxexport / ours', median(of('evtxexport')) / median(of('ours')), 'recorded');
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
