/**
 * The binary form of an export of logs, field by field as in opentelemetry/proto/logs/v1/logs.proto and
 * common/v1/common.proto; fields that are not known are passed over.
 */
import { numberOf, type OtlpRecord } from './otlp.ts';
import { FIXED32, FIXED64, LENGTH, ProtobufReader, VARINT } from './protobuf.ts';

const VALUE_DEPTH_MAX = 32;
type Fields = Readonly<Record<number, (reader: ProtobufReader) => void>>;

/** @param wires of each field that is known: one of another wire type is none of ours */
function walk(reader: ProtobufReader, fields: Fields, wires: Readonly<Record<number, number>>): void {
  for (let next = reader.field(); next !== undefined; next = reader.field()) {
    const read = fields[next.number];
    if (read !== undefined && wires[next.number] === next.wire) read(reader);
    else reader.skip(next.wire);
  }
}

export function readLogs(body: Buffer): readonly OtlpRecord[] {
  const records: OtlpRecord[] = [];
  walk(
    new ProtobufReader(body),
    { 1: (reader) => readResourceLogs(reader.message(), records) },
    { 1: LENGTH },
  );
  return records;
}

function readResourceLogs(reader: ProtobufReader, records: OtlpRecord[]): void {
  let resource: Record<string, unknown> = {};
  const scoped: Buffer[] = [];
  walk(
    reader,
    {
      1: (inner) => {
        resource = readResource(inner.message());
      },
      2: (inner) => scoped.push(inner.bytes()),
    },
    { 1: LENGTH, 2: LENGTH },
  );
  // Fields may come in any order: the resource is known only now.
  for (const bytes of scoped) readScopeLogs(new ProtobufReader(bytes), resource, records);
}

function readResource(reader: ProtobufReader): Record<string, unknown> {
  const attributes: Record<string, unknown> = {};
  walk(reader, { 1: (inner) => readAttribute(inner.message(), attributes, 0) }, { 1: LENGTH });
  return attributes;
}

function readScopeLogs(
  reader: ProtobufReader,
  resource: OtlpRecord['resource'],
  records: OtlpRecord[],
): void {
  let scope: OtlpRecord['scope'];
  const found: Buffer[] = [];
  walk(
    reader,
    {
      1: (inner) => {
        scope = readScope(inner.message());
      },
      2: (inner) => found.push(inner.bytes()),
    },
    { 1: LENGTH, 2: LENGTH },
  );
  for (const bytes of found)
    records.push({
      resource,
      ...(scope === undefined ? {} : { scope }),
      ...readRecord(new ProtobufReader(bytes)),
    });
}

function readScope(reader: ProtobufReader): NonNullable<OtlpRecord['scope']> {
  const scope: { name?: string; version?: string; attributes?: Record<string, unknown> } = {};
  const attributes: Record<string, unknown> = {};
  walk(
    reader,
    {
      1: (inner) => {
        scope.name = inner.text();
      },
      2: (inner) => {
        scope.version = inner.text();
      },
      3: (inner) => readAttribute(inner.message(), attributes, 0),
    },
    { 1: LENGTH, 2: LENGTH, 3: LENGTH },
  );
  return { ...scope, attributes };
}

function readRecord(reader: ProtobufReader): Omit<OtlpRecord, 'resource' | 'scope'> {
  const attributes: Record<string, unknown> = {};
  const record: Record<string, unknown> = {};
  const set = (name: string, read: (inner: ProtobufReader) => unknown) => (inner: ProtobufReader) => {
    record[name] = read(inner);
  };
  walk(
    reader,
    {
      1: set('timeUnixNano', (inner) => String(inner.fixed64())),
      2: set('severityNumber', (inner) => Number(inner.varint())),
      3: set('severityText', (inner) => inner.text()),
      5: set('body', (inner) => readValue(inner.message(), 0)),
      6: (inner) => readAttribute(inner.message(), attributes, 0),
      7: set('droppedAttributesCount', (inner) => Number(inner.varint())),
      8: set('flags', (inner) => inner.fixed32()),
      9: set('traceId', (inner) => inner.bytes().toString('hex')),
      10: set('spanId', (inner) => inner.bytes().toString('hex')),
      11: set('observedTimeUnixNano', (inner) => String(inner.fixed64())),
      12: set('eventName', (inner) => inner.text()),
    },
    {
      1: FIXED64,
      2: VARINT,
      3: LENGTH,
      5: LENGTH,
      6: LENGTH,
      7: VARINT,
      8: FIXED32,
      9: LENGTH,
      10: LENGTH,
      11: FIXED64,
      12: LENGTH,
    },
  );
  return { ...record, attributes };
}

function readAttribute(reader: ProtobufReader, into: Record<string, unknown>, depth: number): void {
  let key = '';
  let value: unknown = null;
  walk(
    reader,
    {
      1: (inner) => {
        key = inner.text();
      },
      2: (inner) => {
        value = readValue(inner.message(), depth);
      },
    },
    { 1: LENGTH, 2: LENGTH },
  );
  // As an own member also where it is called __proto__.
  Object.defineProperty(into, key, { value, enumerable: true, configurable: true, writable: true });
}

function readValue(reader: ProtobufReader, depth: number): unknown {
  if (depth > VALUE_DEPTH_MAX) throw new Error('a value is nested too deeply');
  let value: unknown = null;
  const set = (read: (inner: ProtobufReader) => unknown) => (inner: ProtobufReader) => {
    value = read(inner);
  };
  walk(
    reader,
    {
      1: set((inner) => inner.text()),
      2: set((inner) => inner.varint() !== 0n),
      3: set((inner) => numberOf(BigInt.asIntN(64, inner.varint()))),
      4: set((inner) => inner.double()),
      5: set((inner) => readList(inner.message(), depth)),
      6: set((inner) => readMembers(inner.message(), depth)),
      7: set((inner) => inner.bytes().toString('base64')),
    },
    { 1: LENGTH, 2: VARINT, 3: VARINT, 4: FIXED64, 5: LENGTH, 6: LENGTH, 7: LENGTH },
  );
  return value;
}

function readList(reader: ProtobufReader, depth: number): readonly unknown[] {
  const values: unknown[] = [];
  walk(reader, { 1: (inner) => values.push(readValue(inner.message(), depth + 1)) }, { 1: LENGTH });
  return values;
}

function readMembers(reader: ProtobufReader, depth: number): Record<string, unknown> {
  const members: Record<string, unknown> = {};
  walk(reader, { 1: (inner) => readAttribute(inner.message(), members, depth + 1) }, { 1: LENGTH });
  return members;
}
