/** Addresses and host names where they stand in a line. */
import { isIP, isIPv6 } from 'node:net';

/** The longest IPv6 address in text, with a mapped IPv4 address and a zone. */
const ADDRESS_CHARACTERS_MAX = 64;
/** RFC 1035 §2.3.4. */
const HOST_CHARACTERS_MAX = 255;

export interface Found {
  readonly text: string;
  /** Behind the last character that belongs to it. */
  readonly end: number;
}

/** An IPv4 or IPv6 address that starts at `from`; a mapped IPv4 address is the IPv4 address. */
export function addressAt(line: string, from: number): Found | undefined {
  return ipv4At(line, from) ?? ipv6At(line, from);
}

/** An address or, failing that, a name as DNS allows it, with underscores as people use them. */
export function hostAt(line: string, from: number): Found | undefined {
  const address = addressAt(line, from);
  if (address !== undefined) return address;
  let end = from;
  const last = Math.min(line.length, from + HOST_CHARACTERS_MAX);
  while (end < last && isNameCharacter(line.charCodeAt(end))) end += 1;
  while (end > from && (line[end - 1] === '.' || line[end - 1] === '-')) end -= 1;
  return end === from ? undefined : { text: line.slice(from, end), end };
}

/** Octets may be written with leading zeros. `1.2.3.4.example.com` is a name and no address. */
function ipv4At(line: string, from: number): Found | undefined {
  let at = from;
  for (let octet = 0; octet < 4; octet += 1) {
    if (octet > 0) {
      if (line[at] !== '.') return undefined;
      at += 1;
    }
    const start = at;
    while (at - start < 3 && isDigit(line.charCodeAt(at))) at += 1;
    if (at === start || Number(line.slice(start, at)) > 255) return undefined;
  }
  // Behind a dot a port may follow (`1.2.3.4.1080`), a letter makes it a name.
  const after = line.charCodeAt(line[at] === '.' ? at + 1 : at);
  // And behind a dash: 127.0.0.1-1780.
  const isPort = line[at] === '-' && !isNameCharacter(line.charCodeAt(digitsEnd(line, at + 1)));
  if (line[at] !== '.' && !isPort && (isNameCharacter(after) || isDigit(after))) return undefined;
  if (line[at] === '.' && isLetter(after)) return undefined;
  return { text: line.slice(from, at), end: at };
}

function ipv6At(line: string, from: number): Found | undefined {
  let end = from;
  let colons = 0;
  const last = Math.min(line.length, from + ADDRESS_CHARACTERS_MAX);
  for (; end < last; end += 1) {
    const code = line.charCodeAt(end);
    if (code === 0x3a) colons += 1;
    else if (!isHex(code) && code !== 0x2e) break;
  }
  if (colons < 2) return undefined;
  // A port, a colon or a full stop may be glued to it: the longest beginning that is an address is taken.
  for (let tries = 0; tries < 4 && end > from; tries += 1) {
    const text = line.slice(from, end);
    if (isIPv6(text)) return { text: unmapped(text), end: zoneEnd(line, end) };
    const cut = Math.max(text.lastIndexOf(':'), text.lastIndexOf('.'));
    if (cut <= 0) return undefined;
    end = from + cut;
  }
  return undefined;
}

function zoneEnd(line: string, end: number): number {
  if (line[end] !== '%') return end;
  let at = end + 1;
  while (at - end < 16 && isNameCharacter(line.charCodeAt(at))) at += 1;
  return at;
}

function unmapped(text: string): string {
  const lower = text.toLowerCase();
  const inner = lower.startsWith('::ffff:') ? text.slice(7) : text;
  return isIP(inner) === 4 ? inner : text;
}

function digitsEnd(line: string, from: number): number {
  let at = from;
  while (at - from < 6 && isDigit(line.charCodeAt(at))) at += 1;
  return at;
}
function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}
function isLetter(code: number): boolean {
  return (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
}
function isHex(code: number): boolean {
  return isDigit(code) || (code >= 0x41 && code <= 0x46) || (code >= 0x61 && code <= 0x66);
}
function isNameCharacter(code: number): boolean {
  return isDigit(code) || isLetter(code) || code === 0x2e || code === 0x2d || code === 0x5f;
}
