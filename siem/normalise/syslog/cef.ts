/**
 * ArcSight's Common Event Format and IBM's LEEF, which appliances send in syslog: a head of fields between
 * bars, then `key=value` pairs whose values may hold blanks.
 */
import { OCSF_CLASS } from '@demarc/platform/ocsf';
import type { Mapping } from '@demarc/platform/sigma/view';
import type { Members } from '../event/draft.ts';
import { endpoint, fit, isIp, port } from '../event/text.ts';
import type { NormaliseContext } from '../normaliser.ts';
import { begin, HEADER_PATHS, keepOwn, type Line } from './line.ts';
import type { SyslogRecord } from './record.ts';

export const cefMapping: Mapping = { name: 'cef', paths: HEADER_PATHS };

const HEAD_FIELDS = 7;
const LEEF_HEAD_FIELDS = 5;
const PAIRS_MAX = 512;
const KEY_LENGTH_MAX = 128;

export function parseCef(record: SyslogRecord, context: NormaliseContext): Line | undefined {
  const start = record.message.indexOf('CEF:');
  // Some senders' tag is `CEF`, and the version is what is left of it.
  const text = start === 0 ? record.message.slice(4) : record.app === 'CEF' ? record.message : undefined;
  if (text === undefined) return undefined;
  const head = bars(text, HEAD_FIELDS);
  if (head === undefined) return undefined;
  const [, vendor = '', product = '', version = '', signature = '', name = '', severity = ''] = head.fields;
  const pairs: Members = {};
  readPairs(text.slice(head.end), pairs);
  const line = eventOf(record, context, pairs, cefSeverity(severity), vendor, product);
  keepOwn(line, 'deviceVersion', version);
  keepOwn(line, 'signatureId', signature);
  keepOwn(line, 'name', name);
  keepOwn(line, 'cefSeverity', severity);
  return line;
}

export function parseLeef(record: SyslogRecord, context: NormaliseContext): Line | undefined {
  if (!record.message.startsWith('LEEF:')) return undefined;
  const text = record.message.slice(5);
  const head = bars(text, LEEF_HEAD_FIELDS);
  if (head === undefined) return undefined;
  const [leef = '', vendor = '', product = '', version = '', eventId = ''] = head.fields;
  let at = head.end;
  let delimiter = '\t';
  if (leef.startsWith('2')) {
    const bar = text.indexOf('|', at);
    // The delimiter itself, or its code as `x09` or `0x09`.
    if (bar >= 0 && bar - at <= 4) {
      const said = text.slice(at, bar);
      const x = said.indexOf('x');
      if (said.length === 1) delimiter = said;
      else if (x >= 0) delimiter = String.fromCharCode(Number.parseInt(said.slice(x + 1), 16) || 9);
      at = bar + 1;
    }
  }
  const pairs: Members = {};
  for (const pair of text.slice(at).split(delimiter, PAIRS_MAX)) {
    const equals = pair.indexOf('=');
    if (equals > 0) pairs[safe(pair.slice(0, equals))] = pair.slice(equals + 1);
  }
  const line = eventOf(record, context, pairs, 1, vendor, product);
  keepOwn(line, 'deviceVersion', version);
  keepOwn(line, 'eventId', eventId);
  return line;
}

function eventOf(
  record: SyslogRecord,
  context: NormaliseContext,
  pairs: Members,
  severityId: number,
  vendor: string,
  product: string,
): Line {
  const source = pairs['src'];
  const destination = pairs['dst'];
  const hasSource = typeof source === 'string' && isIp(source);
  const hasDestination = typeof destination === 'string' && isIp(destination);
  const classUid = hasSource || hasDestination ? OCSF_CLASS.network_activity : OCSF_CLASS.base_event;
  const line = begin('cef', record, context, classUid, 99, severityId);
  const metadata = line.event['metadata'] as Members;
  metadata['product'] = { name: fit(product === '' ? 'unknown' : product), vendor_name: fit(vendor) };
  if (hasSource)
    line.event['src_endpoint'] = endpoint(source, port(textOf(pairs['spt'] ?? pairs['srcPort'])));
  if (hasDestination)
    line.event['dst_endpoint'] = endpoint(destination, port(textOf(pairs['dpt'] ?? pairs['dstPort'])));
  keepOwn(line, 'deviceVendor', vendor);
  keepOwn(line, 'deviceProduct', product);
  for (const name in pairs) keepOwn(line, name, pairs[name]);
  return line;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** The first `count` fields, each ended by a bar that no backslash hides. */
function bars(text: string, count: number): { fields: string[]; end: number } | undefined {
  const fields: string[] = [];
  let start = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 92) at += 1;
    else if (code === 124) {
      fields.push(unescaped(text.slice(start, at)));
      start = at + 1;
      if (fields.length === count) return { fields, end: start };
    }
  }
  return undefined;
}

/** A key is a word before an `=` that no backslash hides; its value ends where the next key begins. */
function readPairs(text: string, into: Members): void {
  let key = '';
  let valueStart = 0;
  let wordStart = 0;
  let pairs = 0;
  for (let at = 0; at < text.length && pairs < PAIRS_MAX; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 92) at += 1;
    else if (code === 32) wordStart = at + 1;
    else if (code === 61 && at > wordStart && at - wordStart <= KEY_LENGTH_MAX) {
      if (key !== '') {
        into[key] = unescaped(text.slice(valueStart, Math.max(wordStart - 1, valueStart)));
        pairs += 1;
      }
      key = safe(text.slice(wordStart, at));
      valueStart = at + 1;
      // Until the next blank there is no other key.
      wordStart = text.length;
    }
  }
  if (key !== '') into[key] = unescaped(text.slice(valueStart));
}

function safe(key: string): string {
  return key === '__proto__' ? '_proto_' : key;
}

function unescaped(text: string): string {
  if (!text.includes('\\')) return text;
  let plain = '';
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character !== '\\') {
      plain += character;
      continue;
    }
    at += 1;
    const next = text.charAt(at);
    plain += next === 'n' ? '\n' : next === 'r' ? '\r' : next;
  }
  return plain;
}

/** CEF counts 0 to 10, or says Low to Very-High. */
function cefSeverity(text: string): number {
  const word = text.toLowerCase();
  if (word === 'low') return 2;
  if (word === 'medium') return 3;
  if (word === 'high') return 4;
  if (word === 'very-high') return 5;
  const number = Number.parseInt(text, 10);
  if (!(number >= 0)) return 1;
  return number <= 3 ? 2 : number <= 6 ? 3 : number <= 8 ? 4 : 5;
}
