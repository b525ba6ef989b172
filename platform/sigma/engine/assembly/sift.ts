/** Whether it is worth while to fold a line's texts at all. */
import { GOLDEN, I_GRAM_BITS, I_GRAM_SHIFT, I_SIFT } from '../layout';
import { bitOf } from './place';

/**
 * Whether a text of the index may be in the line, whose bytes are not folded yet: sixteen places at a time.
 * A Kelvin sign folds to ASCII; where one may be, the answer is yes.
 */
export function sift(index: usize, from: usize, to: usize): bool {
  const tables: usize = load<u32>(index, I_SIFT);
  const low = i8x16.splat(15);
  const a = v128.load(tables),
    b = v128.load(tables, 16),
    c = v128.load(tables, 32),
    d = v128.load(tables, 48);
  const e = v128.load(tables, 64),
    f = v128.load(tables, 80),
    g = v128.load(tables, 96),
    h = v128.load(tables, 112);
  const kelvin = i8x16.splat(<i8>0xe2);
  const bits: usize = load<u32>(index, I_GRAM_BITS);
  const shift = load<u32>(index, I_GRAM_SHIFT);
  while (from < to) {
    const one = v128.load(from);
    const two = v128.load(from, 1);
    const three = v128.load(from, 2);
    const four = v128.load(from, 3);
    const found = v128.and(
      v128.and(
        v128.and(i8x16.swizzle(a, v128.and(one, low)), i8x16.swizzle(b, i8x16.shr_u(one, 4))),
        v128.and(i8x16.swizzle(c, v128.and(two, low)), i8x16.swizzle(d, i8x16.shr_u(two, 4))),
      ),
      v128.and(
        v128.and(i8x16.swizzle(e, v128.and(three, low)), i8x16.swizzle(f, i8x16.shr_u(three, 4))),
        v128.and(i8x16.swizzle(g, v128.and(four, low)), i8x16.swizzle(h, i8x16.shr_u(four, 4))),
      ),
    );
    if (v128.any_true(v128.or(found, i8x16.eq(one, kelvin)))) {
      if (v128.any_true(i8x16.eq(one, kelvin))) return true;
      let places = ~i8x16.bitmask(i8x16.eq(found, i8x16.splat(0))) & 0xffff;
      while (places != 0) {
        const gram = loweredGram(load<u32>(from + <usize>ctz(places)));
        if (bitOf(bits, (gram * GOLDEN) >>> shift)) return true;
        places &= places - 1;
      }
    }
    from += 16;
  }
  return false;
}

/** Each byte's lower case, where all are ASCII. */
function loweredGram(gram: u32): u32 {
  const above = gram + 0x3f3f3f3f;
  const beyond = gram + 0x25252525;
  return gram | (((above & ~beyond & 0x80808080) >>> 2) & 0x20202020);
}
