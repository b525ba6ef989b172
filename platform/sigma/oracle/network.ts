/** Addresses as one large number. */

interface Address {
  readonly width: 32 | 128;
  readonly number: bigint;
}

export function inNetwork(network: string, text: string): boolean {
  const [base = '', prefix] = network.split('/');
  const from = addressOf(base);
  const address = unmapped(addressOf(text.includes(':') ? (text.split('%')[0] ?? '') : text));
  if (from === undefined || address === undefined) return false;
  let bits = prefix === undefined ? from.width : Number(prefix);
  let start = from;
  if (from.width === 128 && bits >= 96 && unmapped(from)?.width === 32) {
    start = unmapped(from) ?? from;
    bits -= 96;
  }
  if (start.width !== address.width) return false;
  const rest = BigInt(start.width - bits);
  return start.number >> rest === address.number >> rest;
}

/** `::ffff:a.b.c.d` is a.b.c.d. */
function unmapped(address: Address | undefined): Address | undefined {
  if (address?.width !== 128 || address.number >> 32n !== 0xffffn) return address;
  return { width: 32, number: address.number & 0xffffffffn };
}

function addressOf(text: string): Address | undefined {
  if (!text.includes(':')) {
    const number = ipv4(text);
    return number === undefined ? undefined : { width: 32, number };
  }
  const number = ipv6(text);
  return number === undefined ? undefined : { width: 128, number };
}

function ipv4(text: string): bigint | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let number = 0n;
  for (const part of parts) {
    if (!/^\d+$/.test(part) || String(Number(part)) !== part || Number(part) > 255) return undefined;
    number = number * 256n + BigInt(part);
  }
  return number;
}

function ipv6(text: string): bigint | undefined {
  // An IPv4 address at the end is two groups.
  const tail = /(?<=:)[^:]*\.[^:]*$/.exec(text)?.[0];
  const last = tail === undefined ? undefined : ipv4(tail);
  if (tail !== undefined && last === undefined) return undefined;
  const whole =
    tail === undefined || last === undefined
      ? text
      : `${text.slice(0, -tail.length)}${(last >> 16n).toString(16)}:${(last & 0xffffn).toString(16)}`;
  const halves = whole.split('::');
  if (halves.length > 2) return undefined;
  const [left = [], right = []] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const missing = 8 - left.length - right.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...left, ...Array.from({ length: Math.max(missing, 0) }, () => '0'), ...right];
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  return groups.reduce((number, group) => number * 65_536n + BigInt(`0x${group}`), 0n);
}
