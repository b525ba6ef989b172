/**
 * What `evtxexport -f xml` (libevtx-utils) says of a file, in the shape that our reader gives, all as text: a
 * second reader of the format, for tests and for the benchmark.
 */
import { execFileSync } from 'node:child_process';

const OUTPUT_BYTES_MAX = 268_435_456;
const TOKEN = /<\?[^>]*\?>|<\/([\w.:-]+)\s*>|<([\w.:-]+)((?:\s+[\w.:-]+="[^"]*")*)\s*(\/?)>|([^<]+)/g;
const ATTRIBUTE = /([\w.:-]+)="([^"]*)"/g;

export type Text = string | null | readonly Text[] | { readonly [name: string]: Text };

interface Open {
  readonly name: string;
  readonly members: Record<string, Text>;
  readonly isData: boolean;
  text: string;
}

export function referenceEvents(path: string): readonly Text[] {
  const xml = execFileSync('evtxexport', ['-f', 'xml', path], {
    encoding: 'utf8',
    maxBuffer: OUTPUT_BYTES_MAX,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return xml
    .split(/(?=^<Event[ >])/m)
    .slice(1)
    .map(jsonOf);
}

function jsonOf(xml: string): Text {
  const root: Open = { name: '', members: {}, isData: false, text: '' };
  const open: Open[] = [root];
  for (const [, closes, opens, attributes = '', isEmpty, text] of xml.matchAll(TOKEN)) {
    const top = open.at(-1) ?? root;
    if (text !== undefined) top.text += text;
    else if (opens !== undefined) {
      open.push(elementOf(opens, attributes));
      if (isEmpty === '/') close(open);
    } else if (closes !== undefined) {
      close(open);
      if (open.length === 1) break;
    }
  }
  return root.members;
}

function elementOf(name: string, written: string): Open {
  const attributes: Record<string, Text> = {};
  for (const [, attribute = '', value = ''] of written.matchAll(ATTRIBUTE))
    attributes[attribute] = unescaped(value);
  const named = name === 'Data' ? attributes['Name'] : undefined;
  if (named !== undefined) delete attributes['Name'];
  const members = Object.keys(attributes).length === 0 ? {} : { '#attributes': attributes };
  return { name: typeof named === 'string' ? named : name, members, isData: name === 'Data', text: '' };
}

function close(open: Open[]): void {
  const element = open.pop();
  const parent = open.at(-1);
  if (element === undefined || parent === undefined) return;
  const { members } = element;
  const isLeaf = Object.keys(members).every((name) => name === '#attributes');
  const text = isLeaf && element.text !== '' ? unescaped(element.text) : null;
  let value: Text = members;
  if (Object.keys(members).length === 0) value = text;
  else if (text !== null) members['#text'] = text;
  const before = parent.members[element.name];
  if (before === undefined) parent.members[element.name] = value;
  else parent.members[element.name] = [...(Array.isArray(before) ? (before as Text[]) : [before]), value];
}

function unescaped(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&');
}
