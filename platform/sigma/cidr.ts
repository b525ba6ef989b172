/** Networks of IPv4 and IPv6 addresses (RFC 4632, RFC 4291): does an address lie in one? */

type Bytes = readonly number[];

/** @throws Error when `text` is not an address, a slash and a prefix length */
export function inNetwork(text: string): (address: string) => boolean {
  const [network = '', length = '', ...rest] = text.split('/');
  const base = addressBytes(network);
  const bits = /^\d{1,3}$/.test(length) ? Number(length) : Number.NaN;
  if (base === undefined || rest.length > 0 || !(bits <= base.length * 8))
    throw new Error(`"${text}" is not a network like 10.0.0.0/8 or 2001:db8::/32`);
  return (address) => {
    const bytes = addressBytes(address);
    return bytes !== undefined && bytes.length === base.length && samePrefix(base, bytes, bits);
  };
}

function samePrefix(base: Bytes, bytes: Bytes, bits: number): boolean {
  const whole = bits >> 3;
  for (let at = 0; at < whole; at += 1) if (base[at] !== bytes[at]) return false;
  const rest = bits & 7;
  if (rest === 0) return true;
  const shift = 8 - rest;
  return (base[whole] ?? 0) >> shift === (bytes[whole] ?? 0) >> shift;
}

/** 4 or 16 bytes; undefined for what is not an address. */
function addressBytes(text: string): Bytes | undefined {
  return text.includes(':') ? ipv6(text) : ipv4(text);
}

function ipv4(text: string): Bytes | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  const bytes = parts.map((part) => (/^\d{1,3}$/.test(part) ? Number(part) : 256));
  return bytes.every((byte) => byte < 256) ? bytes : undefined;
}

function ipv6(text: string): Bytes | undefined {
  const [head = '', tail, ...more] = text.split('::');
  if (more.length > 0) return undefined;
  const before = groups(head, tail === undefined);
  const after = tail === undefined ? [] : groups(tail, true);
  if (before === undefined || after === undefined) return undefined;
  const missing = 16 - before.length - after.length;
  // `::` stands for at least one group of zeros; without it all sixteen bytes are written.
  if (tail === undefined ? missing !== 0 : missing < 2) return undefined;
  return [...before, ...Array.from({ length: missing }, () => 0), ...after];
}

/** Groups of four hexadecimal digits; the last may be an IPv4 address where the text ends. */
function groups(text: string, isEnd: boolean): Bytes | undefined {
  if (text === '') return [];
  const bytes: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (part.includes('.')) {
      const last = isEnd && index === parts.length - 1 ? ipv4(part) : undefined;
      if (last === undefined) return undefined;
      bytes.push(...last);
    } else {
      if (!/^[0-9a-f]{1,4}$/i.test(part)) return undefined;
      const group = Number.parseInt(part, 16);
      bytes.push(group >> 8, group & 0xff);
    }
  }
  return bytes;
}
