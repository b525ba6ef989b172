/**
 * A record of the intake as one OCSF event. Shippers wrap what their sources wrote; the parsers read what is in
 * the wrapping, and the wrapping stays beside it in `unmapped.envelope`, so that nothing is lost.
 */
import type { OcsfEvent } from '@demarc/platform/contract/agent';
import { type FormatHint, normalise } from '../normalise/normalise.ts';
import type { IntakeRecord, Normalise } from './record.ts';

type Json = Readonly<Record<string, unknown>>;

interface Wrapped {
  /** What the source itself wrote. */
  readonly inner: string | Json;
  readonly envelope: Json;
  /** The machine that it was written on, where the wrapping says so. */
  readonly host: string | undefined;
}

export const normaliseRecord: Normalise = (record, context) => {
  const wrapped = unwrapped(record);
  const hint = HINTS[record.format];
  if (wrapped === undefined) return normalise(record.text, context, hint);
  const { inner, envelope, host } = wrapped;
  const read = normalise(inner, host === undefined ? context : { ...context, peer: host }, hint);
  // Nobody understood the inside: the whole is the record then.
  if (read.parser === undefined) return normalise(record.text, context, hint);
  return { ...read, event: beside(read.event, envelope) };
};

const HINTS: Readonly<Partial<Record<IntakeRecord['format'], FormatHint>>> = {
  syslog: 'syslog',
  auditd: 'auditd',
};

function unwrapped({ format, text }: IntakeRecord): Wrapped | undefined {
  if (format !== 'elastic' && format !== 'hec' && format !== 'otlp' && format !== 'json') return undefined;
  const json = objectOf(text);
  if (json === undefined) return undefined;
  if (format === 'hec') return part(json, 'event', json['host']);
  if (format === 'otlp') return part(json, 'body', nested(json, 'resource', 'host.name'));
  // Filebeat and Vector put the line into `message`; Winlogbeat's events are read as they are.
  const isLine = typeof json['message'] === 'string' && json['winlog'] === undefined;
  const host = nested(json, 'host', 'name') ?? nested(json, 'host', 'hostname') ?? json['host'];
  return isLine && isShipped(json) ? part(json, 'message', host) : undefined;
}

/** Fields that shippers add, and that no source would. */
function isShipped(json: Json): boolean {
  return ['agent', 'log', 'input', 'ecs', 'source_type', 'file'].some((name) => json[name] !== undefined);
}

function part(json: Json, name: string, host: unknown): Wrapped | undefined {
  const { [name]: inner, ...envelope } = json;
  const isText = typeof inner === 'string';
  if (!isText && (typeof inner !== 'object' || inner === null || Array.isArray(inner))) return undefined;
  return {
    inner: inner as string | Json,
    envelope,
    host: typeof host === 'string' && host !== '' ? host : undefined,
  };
}

function nested(json: Json, name: string, inner: string): unknown {
  const value = json[name];
  return typeof value === 'object' && value !== null ? (value as Json)[inner] : undefined;
}

function beside(event: OcsfEvent, envelope: Json): OcsfEvent {
  if (Object.keys(envelope).length === 0) return event;
  const unmapped = event['unmapped'];
  return { ...event, unmapped: { ...(typeof unmapped === 'object' ? unmapped : {}), envelope } };
}

function objectOf(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
  } catch {
    return undefined;
  }
}
