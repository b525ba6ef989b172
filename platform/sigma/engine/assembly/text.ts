/** Texts of values: escapes resolved, and case folded as `foldCase` does. */
import {
  ARENA_TOP,
  AT_FOLD_PAGES,
  HAS_ESCAPE,
  HAS_NON_ASCII,
  IS_ODD_NUMBER,
  V_FLAGS,
  V_FOLDED,
  V_FOLDED_END,
  V_RAW,
  V_RAW_END,
  V_TEXT,
  V_TEXT_END,
} from '../layout';
import { numberText } from './host';

/** Writes the folded text of a value if it is not there yet. */
export function fold(value: usize): void {
  if (load<u32>(value, V_FOLDED) != 0) return;
  const flags = load<u32>(value, V_FLAGS);
  let from: usize = load<u32>(value, V_RAW);
  let to: usize = load<u32>(value, V_RAW_END);
  let into: usize = load<u32>(ARENA_TOP);
  if (flags & IS_ODD_NUMBER) {
    text(value);
    from = load<u32>(value, V_TEXT);
    to = load<u32>(value, V_TEXT_END);
    into = load<u32>(ARENA_TOP);
  }
  const end = flags & (HAS_ESCAPE | HAS_NON_ASCII) ? resolve(from, to, into, true) : lower(from, to, into);
  store<u32>(value, <u32>into, V_FOLDED);
  store<u32>(value, <u32>end, V_FOLDED_END);
  store<u32>(ARENA_TOP, <u32>end);
}

/** Makes V_TEXT the text as it is, which is the JSON's own where nothing is escaped. */
export function text(value: usize): void {
  if (load<u32>(value, V_TEXT) != 0) return;
  const flags = load<u32>(value, V_FLAGS);
  const from: usize = load<u32>(value, V_RAW);
  const to: usize = load<u32>(value, V_RAW_END);
  if ((flags & (HAS_ESCAPE | IS_ODD_NUMBER)) == 0) {
    store<u32>(value, <u32>from, V_TEXT);
    store<u32>(value, <u32>to, V_TEXT_END);
    return;
  }
  const into: usize = load<u32>(ARENA_TOP);
  const end = flags & IS_ODD_NUMBER ? into + numberText(from, to, into) : resolve(from, to, into, false);
  store<u32>(value, <u32>into, V_TEXT);
  store<u32>(value, <u32>end, V_TEXT_END);
  store<u32>(ARENA_TOP, <u32>end);
}

function lower(from: usize, to: usize, into: usize): usize {
  const end = into + (to - from);
  while (from < to) {
    const block = v128.load(from);
    const upper = v128.and(i8x16.ge_s(block, i8x16.splat(65)), i8x16.le_s(block, i8x16.splat(90)));
    v128.store(into, v128.or(block, v128.and(upper, i8x16.splat(32))));
    from += 16;
    into += 16;
  }
  return end;
}

/** Sixteen bytes at a time up to the next escape or character beyond ASCII; those one at a time. */
export function resolve(from: usize, to: usize, into: usize, folds: bool): usize {
  while (from < to) {
    const block = v128.load(from);
    const special = i8x16.bitmask(i8x16.eq(block, i8x16.splat(92))) | i8x16.bitmask(block);
    let plain: usize = special == 0 ? 16 : ctz(special);
    if (plain > to - from) plain = to - from;
    if (folds) {
      const upper = v128.and(i8x16.ge_s(block, i8x16.splat(65)), i8x16.le_s(block, i8x16.splat(90)));
      v128.store(into, v128.or(block, v128.and(upper, i8x16.splat(32))));
    } else v128.store(into, block);
    from += plain;
    into += plain;
    if (plain == 16 || from >= to) continue;
    const byte: u32 = load<u8>(from);
    if (byte == 92) {
      const letter: u32 = load<u8>(from, 1);
      if (letter == 117) {
        let code = hex4(from + 2);
        from += 6;
        if ((code & 0xfc00) == 0xd800 && load<u16>(from) == 0x755c) {
          const low = hex4(from + 2);
          if ((low & 0xfc00) == 0xdc00) {
            code = 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff);
            from += 6;
          }
        }
        into = put(folds ? foldedCode(code) : code, into);
      } else {
        store<u8>(into, escaped(letter));
        into += 1;
        from += 2;
      }
    } else {
      const first = byte;
      const second: u32 = load<u8>(from, 1) & 0x3f;
      let code: u32;
      if (first < 0xe0) {
        code = ((first & 0x1f) << 6) | second;
        from += 2;
      } else if (first < 0xf0) {
        code = ((first & 0x0f) << 12) | (second << 6) | (load<u8>(from, 2) & 0x3f);
        from += 3;
      } else {
        code =
          ((first & 7) << 18) |
          (second << 12) |
          ((load<u8>(from, 2) & 0x3f) << 6) |
          (load<u8>(from, 3) & 0x3f);
        from += 4;
      }
      into = put(folds ? foldedCode(code) : code, into);
    }
  }
  return into;
}

function escaped(letter: u32): u32 {
  if (letter == 110) return 10;
  if (letter == 116) return 9;
  if (letter == 114) return 13;
  if (letter == 98) return 8;
  if (letter == 102) return 12;
  return letter;
}

function hex4(at: usize): u32 {
  return (
    (hex(load<u8>(at)) << 12) |
    (hex(load<u8>(at, 1)) << 8) |
    (hex(load<u8>(at, 2)) << 4) |
    hex(load<u8>(at, 3))
  );
}

function hex(digit: u32): u32 {
  return digit <= 57 ? digit - 48 : (digit | 32) - 87;
}

/** Pages of 256 differences; a page's address is zero where nothing folds. */
function foldedCode(code: u32): u32 {
  if (code > 0x1ffff) return code;
  const page: usize = load<u32>(<usize>load<u32>(AT_FOLD_PAGES) + ((<usize>(code >> 8)) << 2));
  return page == 0 ? code : code + load<u32>(page + ((<usize>(code & 0xff)) << 2));
}

/** As UTF-8; a lone surrogate like any other number of its size. */
function put(code: u32, into: usize): usize {
  if (code < 0x80) {
    store<u8>(into, code);
    return into + 1;
  }
  if (code < 0x800) {
    store<u8>(into, 0xc0 | (code >> 6));
    store<u8>(into, 0x80 | (code & 0x3f), 1);
    return into + 2;
  }
  if (code < 0x10000) {
    store<u8>(into, 0xe0 | (code >> 12));
    store<u8>(into, 0x80 | ((code >> 6) & 0x3f), 1);
    store<u8>(into, 0x80 | (code & 0x3f), 2);
    return into + 3;
  }
  store<u8>(into, 0xf0 | (code >> 18));
  store<u8>(into, 0x80 | ((code >> 12) & 0x3f), 1);
  store<u8>(into, 0x80 | ((code >> 6) & 0x3f), 2);
  store<u8>(into, 0x80 | (code & 0x3f), 3);
  return into + 4;
}

/** Eight bytes at a time; the last eight, or four, overlap those before. */
export function same(a: usize, b: usize, bytes: u32): bool {
  if (bytes >= 8) {
    const last: usize = bytes - 8;
    let at: usize = 0;
    while (at < last) {
      if (load<u64>(a + at) != load<u64>(b + at)) return false;
      at += 8;
    }
    return load<u64>(a + last) == load<u64>(b + last);
  }
  if (bytes >= 4) {
    const last: usize = bytes - 4;
    return load<u32>(a) == load<u32>(b) && load<u32>(a + last) == load<u32>(b + last);
  }
  while (bytes > 0) {
    bytes -= 1;
    if (load<u8>(a + bytes) != load<u8>(b + bytes)) return false;
  }
  return true;
}
