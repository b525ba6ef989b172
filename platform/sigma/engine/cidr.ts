/** Networks of IPv4 and IPv6 (RFC 4632, RFC 4291). */

interface Network {
  readonly base: readonly number[];
  readonly bits: number;
}

/**
 * Whether the text is an address of the network. A mapped IPv4 address (`::ffff:10.0.0.1`) is that IPv4
 * address, a zone (`fe80::1%3`, RFC 4007) is left out.
 *
 * @param network as `parseNetwork` accepts it; anything else holds no address
 */
export function cidrHolds(network: string, text: string): boolean {
  const wanted = parseNetwork(network);
  const address = parseAddress(text);
  if (wanted === undefined || address?.length !== wanted.base.length) return false;
  return wanted.base.every((byte, at) => {
    const mask = prefixByte(wanted.bits - at * 8);
    return (byte & mask) === ((address[at] ?? 0) & mask);
  });
}

/** An address and a prefix length; undefined also when bits after the prefix are set (`10.0.0.1/8`). */
export function parseNetwork(text: string): Network | undefined {
  const [address = '', length, ...rest] = text.split('/');
  const written = unmappedAddress(address);
  if (written === undefined || rest.length > 0) return undefined;
  const bitsMax = written.length * 8;
  const bits = length === undefined ? bitsMax : /^(?:0|[1-9]\d{0,2})$/.test(length) ? Number(length) : -1;
  if (bits < 0 || bits > bitsMax) return undefined;
  if (written.some((byte, at) => (byte & ~prefixByte(bits - at * 8) & 0xff) !== 0)) return undefined;
  return isMapped(written) && bits >= 96
    ? { base: written.slice(12), bits: bits - 96 }
    : { base: written, bits };
}

/** 4 or 16 bytes; undefined for what is not an address. */
export function parseAddress(text: string): readonly number[] | undefined {
  const zone = text.includes(':') ? text.indexOf('%') : -1;
  const bytes = unmappedAddress(zone === -1 ? text : text.slice(0, zone));
  return bytes !== undefined && isMapped(bytes) ? bytes.slice(12) : bytes;
}

/** The bits of a byte that lie in a prefix which goes `bits` beyond the byte's beginning. */
function prefixByte(bits: number): number {
  return bits >= 8 ? 0xff : bits <= 0 ? 0 : (0xff << (8 - bits)) & 0xff;
}

function isMapped(bytes: readonly number[]): boolean {
  return bytes.length === 16 && bytes.slice(0, 12).every((byte, at) => byte === (at < 10 ? 0 : 0xff));
}

/** The longest is an IPv6 address that ends in an IPv4 one. */
const ADDRESS_CHARACTERS_MAX = 45;

function unmappedAddress(text: string): readonly number[] | undefined {
  if (text.length > ADDRESS_CHARACTERS_MAX) return undefined;
  return text.includes(':') ? ipv6(text) : ipv4(text);
}

/** Leading zeros are refused: some readers take them for octal. */
function ipv4(text: string): readonly number[] | undefined {
  const parts = text.split('.');
  const bytes = parts.map((part) => (/^(?:0|[1-9]\d{0,2})$/.test(part) ? Number(part) : 256));
  return bytes.length === 4 && bytes.every((byte) => byte < 256) ? bytes : undefined;
}

function ipv6(text: string): readonly number[] | undefined {
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

/** Groups of up to four hexadecimal digits; the last may be an IPv4 address where the text ends. */
function groups(text: string, isEnd: boolean): readonly number[] | undefined {
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
