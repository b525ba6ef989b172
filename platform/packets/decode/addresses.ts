/** Addresses as text, canonical, and fast: a capture has few of them and names each in every packet. */

/** Of each cache. A spoofed flood brings millions of addresses: a full cache starts over. */
const CACHED_MAX = 16_384;

const QUADS = new Map<number, string>();
const SIXES = new Map<string, string>();
const MACS = new Map<number, string>();

export function ipv4Text(bytes: Uint8Array, at: number): string {
  const [a = 0, b = 0, c = 0, d = 0] = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
  const key = (a * 0x1000000 + ((b << 16) | (c << 8) | d)) >>> 0;
  return cached(QUADS, key, () => `${a}.${b}.${c}.${d}`);
}

/** As RFC 5952 says: lower case, no leading zeros, the first longest run of two zero groups or more as `::`. */
export function ipv6Text(bytes: Uint8Array, at: number): string {
  let key = '';
  for (let group = 0; group < 8; group += 1)
    key += String.fromCharCode(((bytes[at + 2 * group] ?? 0) << 8) | (bytes[at + 2 * group + 1] ?? 0));
  return cached(SIXES, key, () => compressed(Array.from({ length: 8 }, (_, group) => key.charCodeAt(group))));
}

export function macText(bytes: Uint8Array, at: number): string {
  let key = 0;
  for (let byte = 0; byte < 6; byte += 1) key = key * 256 + (bytes[at + byte] ?? 0);
  return cached(MACS, key, () =>
    key
      .toString(16)
      .padStart(12, '0')
      .replace(/(..)(?=.)/g, '$1:'),
  );
}

function cached<Key>(cache: Map<Key, string>, key: Key, make: () => string): string {
  const known = cache.get(key);
  if (known !== undefined) return known;
  if (cache.size >= CACHED_MAX) cache.clear();
  const text = make();
  cache.set(key, text);
  return text;
}

function compressed(groups: readonly number[]): string {
  let [from, length] = [-1, 1];
  for (let at = 0; at < 8; at += 1) {
    let run = 0;
    while (at + run < 8 && groups[at + run] === 0) run += 1;
    if (run > length) [from, length] = [at, run];
  }
  const text = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':');
  if (from < 0) return text(groups);
  // An IPv4-mapped address is written with its dotted quad, section 5.
  if (from === 0 && length === 5 && groups[5] === 0xffff) {
    const [high = 0, low = 0] = groups.slice(6);
    return `::ffff:${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
  }
  return `${text(groups.slice(0, from))}::${text(groups.slice(from + length))}`;
}
