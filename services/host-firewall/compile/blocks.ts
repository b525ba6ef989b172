/** The block-list: timed, of addresses and prefixes, kept by the kernel, which forgets each when its time is over. */
import { addressIntervalOf } from '../elements.ts';
import { type SetObject, TABLE } from './nft.ts';
import { addressElement } from './sets.ts';

export interface BlockedElement {
  /** An address or a prefix. */
  readonly address: string;
  readonly expiresInSeconds: number;
}

/** More are refused by the kernel, never silently forgotten. */
export const BLOCKED_MAX = 262_144;

/** @param blocked disjoint, as the kernel’s own list is */
export function blockSets(blocked: readonly BlockedElement[]): readonly SetObject[] {
  return ([4, 6] as const).map((family) => {
    const elem = blocked.flatMap(({ address, expiresInSeconds }) => {
      const found = addressIntervalOf(address);
      if (found?.family !== family) return [];
      const val = addressElement(family, found.low, found.high);
      return [{ elem: { val, timeout: Math.max(1, Math.ceil(expiresInSeconds)) } }];
    });
    return {
      family: 'inet',
      table: TABLE,
      name: `blocked${family}`,
      type: family === 4 ? 'ipv4_addr' : 'ipv6_addr',
      flags: ['interval', 'timeout'],
      size: BLOCKED_MAX,
      // An empty list of elements is refused.
      ...(elem.length === 0 ? {} : { elem }),
    };
  });
}
