/** Unicode simple case folding as RE2 does it: `k` is also the Kelvin sign, `s` also the long s. */
import { normalised, type Ranges } from './ranges.ts';

/** Beyond it no code point has a case. */
const CASED_MAX = 0x1ffff;

/** The set with every code point that differs from one of it in case only. */
export function anyCase(ranges: Ranges): Ranges {
  const added: number[] = [...ranges];
  const isAscii = (ranges.at(-1) ?? 0) < 0x80;
  const orbits = isAscii ? asciiOrbits : allOrbits();
  for (let at = 0; at < ranges.length; at += 2) {
    const last = Math.min(ranges[at + 1] ?? 0, CASED_MAX);
    for (let codePoint = ranges[at] ?? 0; codePoint <= last; codePoint += 1) {
      for (const other of orbits.get(codePoint) ?? []) added.push(other, other);
    }
  }
  return normalised(added);
}

const asciiOrbits = new Map<number, readonly number[]>();
for (let upper = 65; upper <= 90; upper += 1) {
  const orbit = [upper, upper + 32];
  if (upper === 75) orbit.push(0x212a);
  if (upper === 83) orbit.push(0x17f);
  asciiOrbits.set(upper, orbit);
  asciiOrbits.set(upper + 32, orbit);
}

let found: ReadonlyMap<number, readonly number[]> | undefined;

/** Built when the first class beyond ASCII asks for it: two passes over the code points that have a case. */
function allOrbits(): ReadonlyMap<number, readonly number[]> {
  if (found !== undefined) return found;
  const near = new Map<number, number[]>();
  for (let codePoint = 0; codePoint <= CASED_MAX; codePoint += 1) {
    const character = String.fromCodePoint(codePoint);
    const lower = character.toLowerCase();
    const upper = character.toUpperCase();
    if (lower === upper) continue;
    // Through the upper case of the lower case, for letters with several lower cases (sigma, long s).
    const key = single(single(lower.toUpperCase(), lower).toLowerCase(), lower).codePointAt(0) ?? 0;
    const group = near.get(key);
    if (group === undefined) near.set(key, [codePoint]);
    else group.push(codePoint);
  }
  const orbits = new Map<number, readonly number[]>();
  for (const group of near.values()) {
    for (const one of group) {
      const matcher = new RegExp(`\\u{${one.toString(16)}}`, 'iu');
      const orbit = group.filter((other) => matcher.test(String.fromCodePoint(other)));
      if (orbit.length > 1) orbits.set(one, orbit);
    }
  }
  found = orbits;
  return orbits;
}

function single(text: string, otherwise: string): string {
  return text.length === String.fromCodePoint(text.codePointAt(0) ?? 0).length ? text : otherwise;
}
