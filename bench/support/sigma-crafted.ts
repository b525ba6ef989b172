/** Command lines that someone writes to slow a detector down. */
import type { Condition, DetectionRule } from '../../platform/sigma/ir.ts';
import type { FlatEvent } from './windows-events.ts';

const BYTES = 8_000;
const EVENTS = 60;
const IMAGE = 'C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe';

function textsOf(condition: Condition): readonly string[] {
  switch (condition.op) {
    case 'and':
    case 'or':
      return condition.of.flatMap(textsOf);
    case 'not':
      return textsOf(condition.of);
    case 'test':
      return condition.test.op === 'contains' && condition.test.field === 'CommandLine'
        ? [condition.test.text]
        : [];
    case 'true':
    case 'false':
      return [];
  }
}

/** Full of texts that rules look for, others in each event. */
export function stuffedEvents(like: readonly FlatEvent[], rules: readonly DetectionRule[]): FlatEvent[] {
  const texts = [...new Set(rules.flatMap(({ condition }) => textsOf(condition)))];
  return like.slice(0, EVENTS).map((event, at) => {
    let line = 'powershell.exe ';
    for (let next = at * 131; line.length < BYTES; next += 17) line += `${texts[next % texts.length] ?? ''} `;
    return { ...event, Image: IMAGE, CommandLine: line };
  });
}

const BAITS = [
  'cmd /c set a+ ^ ` { " -f ',
  'a',
  ' ',
  '\\a.a',
  'cmd cmd ',
  '+{^`',
  '0123456789abcdef',
  '${env:path} -f http://0.0.0.0 ',
  'x`y`z ',
];

/** What makes expressions try and fail at every place. */
export function baitEvents(like: readonly FlatEvent[]): FlatEvent[] {
  return like.slice(0, EVENTS).map((event, at) => {
    const bait = BAITS[at % BAITS.length] ?? '';
    return {
      ...event,
      Image: IMAGE,
      CommandLine: `powershell ${bait.repeat(Math.ceil(BYTES / bait.length))}`,
    };
  });
}
