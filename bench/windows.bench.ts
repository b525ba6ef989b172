/** Windows events to valid OCSF and to the Sigma view, each against `JSON.parse` of the same lines. */
import { openView } from '@demarc/platform/sigma/view';
import { OTHERWISE, RECOGNITIONS } from '@demarc/platform/sigma/view/taxonomy';
import { normaliseWindows, WINDOWS_MAPPINGS } from '../siem/normalise/windows/windows.ts';
import { interleaved, median, ratio, show, smoke } from './support/measure.ts';
import { processEvents } from './support/windows-events.ts';

const COUNT = smoke ? 500 : 20_000;
const SYSTEM = {
  Provider: { '#attributes': { Name: 'Microsoft-Windows-Sysmon' } },
  EventID: 1,
  Level: 4,
  TimeCreated: { '#attributes': { SystemTime: '2026-01-02T03:04:05.1234567Z' } },
  Channel: 'Microsoft-Windows-Sysmon/Operational',
  Computer: 'ws-1.example.org',
};
const CONTEXT = { uid: 'u', receivedAtMs: 0, peer: undefined };
const lines = processEvents(COUNT, 1, []).map((EventData) =>
  JSON.stringify({ Event: { System: SYSTEM, EventData } }),
);
const view = openView({ mappings: WINDOWS_MAPPINGS, recognitions: RECOGNITIONS, otherwise: OTHERWISE });
let kept = 0;

/** Processor time, not the clock's: other work on the machine does not count. */
function seconds(work: (json: unknown) => unknown): number {
  const before = process.cpuUsage();
  for (const line of lines) if (work(JSON.parse(line)) !== undefined) kept += 1;
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000_000;
}

const took = await interleaved(
  [
    { name: 'parse', run: () => Promise.resolve(seconds((json) => json)) },
    { name: 'ocsf', run: () => Promise.resolve(seconds((json) => normaliseWindows(json, CONTEXT))) },
    { name: 'view', run: () => Promise.resolve(seconds(view.ofNative)) },
  ],
  smoke ? 1 : 9,
);
const of = (name: string): readonly number[] => took.get(name) ?? [];
show('JSON.parse', of('parse'));
show('JSON.parse and to valid OCSF', of('ocsf'));
show('JSON.parse and to the Sigma view', of('view'));
console.log(`${Math.round(COUNT / median(of('ocsf'))).toLocaleString('en')} events/s to OCSF on one core`);
ratio('to OCSF / JSON.parse', median(of('ocsf')) / median(of('parse')) - 1, 'recorded');
ratio('to the view / JSON.parse', median(of('view')) / median(of('parse')) - 1, 'recorded');
if (kept === 0) throw new Error('nothing was done');
