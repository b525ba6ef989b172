/**
 * The files of a spool. A segment's name is its place in the order and a random part, so that a spool that was
 * deleted and begun anew never gives a record the name of another one.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readdirSync, readSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { type Counts, NO_COUNTS, plusCounts } from '../accounting.ts';
import { decode, HEADER_BYTES, lengthAt } from './block.ts';

const NAME = /^(\d{10})-[0-9a-f]{12}\.segment$/;
const READ_BYTES = 4_194_304; // 4 MiB

export interface Segment {
  readonly name: string;
  readonly number: number;
  /** Up to here it is whole and on disk. */
  end: number;
}

/** What lies in a spool from a place on. */
export interface Survey {
  readonly segments: Segment[];
  readonly records: number;
  readonly counts: Counts;
  /** In their order. */
  readonly marks: readonly string[];
}

export function newSegmentName(number: number): string {
  return `${String(number).padStart(10, '0')}-${randomBytes(6).toString('hex')}.segment`;
}

/**
 * Reads what an earlier process left, and cuts off what it did not finish writing.
 *
 * @param from the place up to which everything was carried; segments before it are listed to be removed
 */
export function survey(
  directory: string,
  from: { readonly segment: string; readonly offset: number } | undefined,
): Survey & { readonly before: readonly string[] } {
  const before: string[] = [];
  const segments: Segment[] = [];
  let records = 0;
  let counts = NO_COUNTS;
  const marks: string[] = [];
  const names = readdirSync(directory)
    .filter((name) => NAME.test(name))
    .sort();
  for (const name of names) {
    if (from !== undefined && name < from.segment) {
      before.push(name);
      continue;
    }
    const start = from?.segment === name ? from.offset : 0;
    const found = surveyOne(join(directory, name), start);
    records += found.records;
    counts = plusCounts(counts, found.counts);
    marks.push(...found.marks);
    segments.push({ name, number: Number(NAME.exec(name)?.[1]), end: found.end });
  }
  return { segments, records, counts, marks, before };
}

function surveyOne(path: string, start: number) {
  const fd = openSync(path, 'r');
  let records = 0;
  let counts = NO_COUNTS;
  const marks: string[] = [];
  let at = start;
  try {
    for (;;) {
      const bytes = readFrom(fd, at, READ_BYTES);
      const taken = surveyBlocks(bytes);
      records += taken.records;
      counts = plusCounts(counts, taken.counts);
      marks.push(...taken.marks);
      at += taken.end;
      if (taken.end > 0) continue;
      // Nothing whole in as much as was read: a long block, or the end of what is good.
      const length = lengthAt(bytes, 0);
      if (length === undefined || length <= bytes.length || bytes.length < READ_BYTES) break;
      const long = surveyBlocks(readFrom(fd, at, length));
      if (long.end === 0) break;
      records += long.records;
      counts = plusCounts(counts, long.counts);
      marks.push(...long.marks);
      at += long.end;
    }
  } finally {
    closeSync(fd);
  }
  if (statSync(path).size > at) truncateSync(path, at);
  return { records, counts, marks, end: at };
}

function surveyBlocks(bytes: Buffer) {
  let records = 0;
  let counts = NO_COUNTS;
  const marks: string[] = [];
  let end = 0;
  while (bytes.length - end >= HEADER_BYTES) {
    const found = decode(bytes, end);
    if (typeof found === 'string') break;
    if (found.kind === 'counts') counts = plusCounts(counts, found.counts);
    else {
      records += found.block.bounds.length / 2;
      if (found.mark !== undefined) marks.push(found.mark);
    }
    ({ end } = found);
  }
  return { records, counts, marks, end };
}

function readFrom(fd: number, at: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let read = 0;
  while (read < length) {
    const more = readSync(fd, bytes, read, length - read, at + read);
    if (more === 0) break;
    read += more;
  }
  return bytes.subarray(0, read);
}
