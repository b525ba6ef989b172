/** Events of a file or of standard input, whatever their format, as rules see them. */
import { createReadStream } from 'node:fs';
import type { SigmaEvent } from '@demarc/platform/sigma';
import { type EventView, expandRecord, normalise, readEvtxFile } from '@demarc/siem/detection';
import { cliErrors } from '../errors.ts';
import { asUtf8 } from '../text.ts';
import { wholeLines } from './lines.ts';

export const FORMATS = ['jsonl', 'json', 'evtx', 'log'] as const;
export type Format = (typeof FORMATS)[number];

export interface ReadEvent {
  /** Of events in their order, from 0. */
  readonly index: number;
  readonly event: SigmaEvent;
  /** As it was read; undefined of a line of text. */
  readonly json: unknown;
}

export interface ReadOptions {
  /** `-` is standard input. */
  readonly file: string;
  readonly format: Format;
  readonly view: EventView;
  /** Told of what is no event; it keeps its place in the count. */
  onProblem(index: number, because: string): void;
}

/** `.evtx` and `.json` (also `.json.gz`) are what they say; everything else is lines of JSON. */
export function formatOf(file: string): Format {
  return file.endsWith('.evtx') ? 'evtx' : /\.json(\.gz)?$/.test(file) ? 'json' : 'jsonl';
}

/** @throws CLI_FILE_UNREADABLE, CLI_USAGE */
export async function* readEvents(options: ReadOptions): AsyncGenerator<ReadEvent> {
  const { file, format } = options;
  try {
    if (format === 'evtx') yield* fromEvtx(options);
    else if (format === 'json') yield* fromJson(options);
    else yield* fromLines(options);
  } catch (error) {
    if (error instanceof Error && 'fix' in error) throw error;
    const because = error instanceof Error ? error.message : String(error);
    throw cliErrors.make('CLI_FILE_UNREADABLE', { file, because }, { cause: error });
  }
}

function* fromEvtx({ file, view, onProblem }: ReadOptions): Generator<ReadEvent> {
  if (file === '-')
    throw cliErrors.make('CLI_USAGE', { because: 'an event log is read from a file, not from a stream' });
  let index = 0;
  for (const found of readEvtxFile(file)) {
    if (found.kind === 'damage') onProblem(index, `at byte ${found.at}: ${found.because}`);
    else {
      yield { index, event: view.ofNative(found.event), json: found.event };
      index += 1;
    }
  }
}

/** One value, a list of events, or one of the containers that clouds export. */
async function* fromJson({ file, view }: ReadOptions): AsyncGenerator<ReadEvent> {
  const chunks: Buffer[] = [];
  for await (const chunk of source(file)) chunks.push(Buffer.from(chunk));
  const value = JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
  let index = 0;
  for (const json of Array.isArray(value)
    ? (value as unknown[])
    : expandRecord(value as Readonly<Record<string, unknown>>).records) {
    yield { index, event: eventOf(view, json), json };
    index += 1;
  }
}

async function* fromLines({ file, format, view, onProblem }: ReadOptions): AsyncGenerator<ReadEvent> {
  let index = 0;
  const onTooLong = (): void => {
    onProblem(index, 'the line is too long');
    index += 1;
  };
  for await (const bytes of wholeLines(source(file), onTooLong)) {
    for (const line of bytes.toString('utf8').split('\n')) {
      if (line.trim() === '') continue;
      if (format === 'log') {
        const context = { uid: String(index), receivedAtMs: Date.now(), peer: undefined };
        const { event } = normalise(line, context);
        yield { index, event: view.ofOcsf(event), json: event };
      } else {
        const json = parsed(line);
        if (json === undefined) onProblem(index, whyNot(line));
        else yield { index, event: eventOf(view, json), json };
      }
      index += 1;
    }
  }
}

function source(file: string): AsyncIterable<Uint8Array> {
  return asUtf8(file === '-' ? process.stdin : createReadStream(file, { highWaterMark: 1_048_576 }));
}

function parsed(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const json: unknown = JSON.parse(line);
    return typeof json === 'object' && json !== null && !Array.isArray(json)
      ? (json as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}

const whyNot = (line: string): string =>
  line.trimStart().startsWith('[')
    ? 'the line is not a JSON object; a list of events is read with --format json'
    : 'the line is not a JSON object';

function eventOf(view: EventView, json: unknown): SigmaEvent {
  return typeof json === 'object' && json !== null
    ? view.of(json as Readonly<Record<string, unknown>>)
    : view.ofNative(json);
}
