import { isUtf8 } from 'node:buffer';
import { flatten } from '../event.ts';
import { foldCase } from '../ir.ts';
import { EngineHost } from './engine-host.ts';
import * as layout from './layout.ts';
import { Matcher } from './matcher.ts';
import { GramFrequency } from './plan/grams.ts';
import { nameFields } from './plan/names.ts';
import { type Plan, type Seen, tablesOf } from './plan/tables.ts';
import { utf8Of } from './plan/utf8.ts';

const SAMPLE_BYTES_MAX = 16 << 20;
/** What is enough to know which four bytes are common. */
const GRAM_LINES_MAX = 1_500;
/** What the rules' own texts say counts as little as this many events. */
const SAMPLE_WEIGHT = 8;

/** What the sample says of the rules' atoms and of the texts of fields. */
export function observe(plan: Plan, sample: Uint8Array): Seen {
  const whole = isUtf8(sample) ? sample : Buffer.from(Buffer.from(sample).toString('utf8'));
  const bytes = whole.subarray(0, SAMPLE_BYTES_MAX);
  const tables = tablesOf(plan, undefined, true);
  const host = new EngineHost(tables);
  const matcher = new Matcher({ ...tables, memory: withCounts(tables.memory, tables.atomCount) }, host);
  host.attach(matcher);
  const counts = tables.memory.length;
  matcher.setCell(layout.AT_COUNTS, counts);
  matcher.provide(bytes.length);
  matcher.bytes.set(bytes, matcher.input);
  matcher.endInput(bytes.length);
  matcher.calls.countLines(matcher.input, matcher.input + bytes.length, layout.ROOT_OF_SOURCE);
  const observed = {
    counts: matcher.words.slice(counts >> 2, (counts >> 2) + tables.atomCount),
    events: Math.max(1, matcher.cell(layout.EPOCH)),
  };
  return { observed, grams: gramsOf(plan, bytes) };
}

function withCounts(memory: Uint8Array, atoms: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(memory.length + atoms * 4 + layout.PADDING);
  larger.set(memory);
  return larger;
}

function gramsOf(plan: Plan, sample: Uint8Array): ReadonlyMap<number, GramFrequency> {
  const grams = new Map<number, GramFrequency>();
  const of = (field: number): GramFrequency => {
    const frequency = grams.get(field) ?? new GramFrequency();
    grams.set(field, frequency);
    return frequency;
  };
  for (const { field, text, op } of plan.atoms.atoms) if (op <= layout.OP_EQUALS) of(field).add(text);
  const lines = Buffer.from(sample.buffer, sample.byteOffset, sample.length).toString('utf8').split('\n');
  const step = Math.max(1, Math.floor(lines.length / GRAM_LINES_MAX));
  for (let at = 0; at < lines.length; at += step) {
    let json: unknown;
    try {
      json = JSON.parse(lines[at] ?? '');
    } catch {
      continue;
    }
    for (const [name, value] of Object.entries(nameFields(flatten(json).fields, plan.names))) {
      const field = plan.atoms.fields.get(name);
      for (const one of [value].flat()) {
        if (one === null) continue;
        const text = utf8Of(foldCase(String(one)));
        if (field !== undefined) of(field).add(text, SAMPLE_WEIGHT);
        of(0).add(text, SAMPLE_WEIGHT);
      }
    }
  }
  return grams;
}
