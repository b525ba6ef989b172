/** Addresses as strings of bits: a prefix is how the string begins, a range is how it sorts. */

export interface Lists {
  readonly addressLists: Readonly<Record<string, readonly string[]>>;
  readonly portLists: Readonly<Record<string, readonly (string | number)[]>>;
}

/** Elements with "!" take away from the others, or from everything when there are no others. */
export function addressMatches(elements: readonly string[], address: string, lists: Lists): boolean {
  return takesPart(elements, (element) =>
    element.startsWith('@')
      ? (lists.addressLists[element.slice(1)] ?? []).some((one) => covers(one, address))
      : covers(element, address),
  );
}

export function portMatches(
  elements: readonly (string | number)[],
  port: number | undefined,
  lists: Lists,
): boolean {
  if (elements.length === 0) return true;
  if (port === undefined) return false;
  const within = (element: string): boolean => {
    const [low, high] = element.split('-').map(Number);
    return low !== undefined && low <= port && port <= (high ?? low);
  };
  return takesPart(elements.map(String), (element) =>
    element.startsWith('@')
      ? (lists.portLists[element.slice(1)] ?? []).some((one) => within(String(one)))
      : within(element),
  );
}

function takesPart(elements: readonly string[], holds: (element: string) => boolean): boolean {
  const wanted = elements.filter((element) => !element.startsWith('!'));
  const unwanted = elements.filter((element) => element.startsWith('!')).map((element) => element.slice(1));
  return (wanted.length === 0 || wanted.some(holds)) && !unwanted.some(holds);
}

function covers(element: string, address: string): boolean {
  const bits = bitsOf(address);
  if (element.includes('/')) {
    const [network = '', length] = element.split('/');
    const prefix = bitsOf(network);
    return prefix.length === bits.length && bits.startsWith(prefix.slice(0, Number(length)));
  }
  const [low = '', high = low] = element.split('-').map(bitsOf);
  return low.length === bits.length && low <= bits && bits <= high;
}

/** Texts repeat a million times in tests; the memory of them is bounded. */
const REMEMBERED_MAX = 200_000;
const remembered = new Map<string, string>();

function bitsOf(address: string): string {
  const known = remembered.get(address);
  if (known !== undefined) return known;
  const bits = address.includes(':') ? sixBits(address) : fourBits(address);
  if (remembered.size >= REMEMBERED_MAX) remembered.clear();
  remembered.set(address, bits);
  return bits;
}

const fourBits = (address: string): string =>
  address
    .split('.')
    .map((byte) => Number(byte).toString(2).padStart(8, '0'))
    .join('');

function sixBits(address: string): string {
  const side = (text: string): string =>
    text
      .split(':')
      .filter((word) => word !== '')
      .map((word) =>
        word.includes('.') ? fourBits(word) : Number.parseInt(word, 16).toString(2).padStart(16, '0'),
      )
      .join('');
  const [before = '', after = ''] = address.split('::').map(side);
  return before + '0'.repeat(128 - before.length - after.length) + after;
}
