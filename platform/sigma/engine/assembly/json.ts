/**
 * One line of JSON (RFC 8259) to its leaves. Strict: what `JSON.parse` refuses is malformed here. It never
 * reads beyond the line by more than a block: every loop stops at a line feed, and one ends the input.
 */
import {
  ARENA_TOP,
  AT_ARENA,
  AT_FIELD_HEADS,
  AT_NODES,
  AT_STACK,
  AT_VALUES,
  DEPTH_MAX_WHOLE,
  EPOCH,
  FIELD_HEAD_BYTES,
  HAS_ESCAPE,
  HAS_NON_ASCII,
  IS_NULL,
  IS_ODD_NUMBER,
  IS_STRING,
  LEAVES_MAX_WHOLE,
  LINE_IS_CODED,
  NEXT_LINE,
  NO_FIELD,
  NODE_AFTER,
  NODE_BYTES,
  NODE_FIELD,
  NODE_KEY,
  NODE_KEY_BYTES,
  NODE_OBJECT,
  NODE_PARENT,
  NUMBER_FLAGS,
  OBJECT_COUNT,
  STATUS_MALFORMED,
  STATUS_ODD,
  STATUS_WHOLE,
  STRING_FLAGS,
  V_FLAGS,
  V_NEXT,
  V_RAW,
  V_RAW_END,
  V_TEXT,
  VALUE_BYTES,
  VALUE_COUNT,
} from '../layout';
import { nodeOf } from './names';
import { resolve, same } from './text';

const QUOTE: u32 = 34;
const BACKSLASH: u32 = 92;
const LINE_FEED: u32 = 10;

/** Leaves of the line as values; the stack holds, for each open container, its node and the object's number. */
export function parse(from: usize, root: u32): u32 {
  const epoch = load<u32>(EPOCH);
  const nodes: usize = load<u32>(AT_NODES);
  const values: usize = load<u32>(AT_VALUES);
  const heads: usize = load<u32>(AT_FIELD_HEADS);
  let objects = load<u32>(OBJECT_COUNT);
  const stack: usize = load<u32>(AT_STACK);
  let count: u32 = 0;
  let depth: u32 = 0;
  let at = from;
  let node: u32 = root;
  /** The node of the name before this one. */
  let named: u32 = root;
  store<u32>(ARENA_TOP, load<u32>(AT_ARENA));
  store<u32>(VALUE_COUNT, 0);
  store<u32>(LINE_IS_CODED, 0);
  while (true) {
    // A value is due, in the place `node`.
    at = blank(at);
    let byte: u32 = load<u8>(at);
    let wantsKey = false;
    if (byte == 123 || byte == 91) {
      if (depth == DEPTH_MAX_WHOLE) return STATUS_ODD;
      const top = stack + ((<usize>depth) << 3);
      depth += 1;
      store<u32>(top, node);
      at = blank(at + 1);
      if (byte == 123) {
        objects += 1;
        store<u32>(OBJECT_COUNT, objects);
        store<u32>(top, objects, 4);
        if (load<u8>(at) != 125) wantsKey = true;
      } else {
        store<u32>(top, 0, 4);
        if (load<u8>(at) != 93) continue;
      }
    } else {
      let flags: u32 = 0;
      let begin = at;
      let end: usize;
      if (byte == QUOTE) {
        begin = at + 1;
        end = stringEnd(begin);
        if (end == 0) return STATUS_MALFORMED;
        at = end + 1;
        flags = load<u32>(STRING_FLAGS) | IS_STRING;
      } else if (byte == 116 && load<u32>(at) == 0x65757274) {
        end = at + 4;
        at = end;
      } else if (byte == 102 && load<u32>(at, 1) == 0x65736c61) {
        end = at + 5;
        at = end;
      } else if (byte == 110 && load<u32>(at) == 0x6c6c756e) {
        end = at + 4;
        at = end;
        flags = IS_NULL;
      } else {
        end = numberEnd(at);
        if (end == 0) return STATUS_MALFORMED;
        flags = load<u32>(NUMBER_FLAGS);
        at = end;
      }
      if (count == LEAVES_MAX_WHOLE) return STATUS_ODD;
      const value = values + <usize>count * VALUE_BYTES;
      count += 1;
      store<u32>(value, <u32>begin, V_RAW);
      store<u32>(value, <u32>end, V_RAW_END);
      store<u64>(value, <u64>flags, V_FLAGS);
      store<u32>(value, 0, V_TEXT);
      const field = load<u32>(nodes + <usize>(node * NODE_BYTES), NODE_FIELD);
      if (field != NO_FIELD) {
        const head = heads + <usize>(field * FIELD_HEAD_BYTES);
        store<u32>(value, load<u32>(head) == epoch ? load<u32>(head, 4) : 0, V_NEXT);
        store<u32>(head, epoch);
        store<u32>(head, count, 4);
      }
    }
    // Something is over: a value, or it is an object's or list's end.
    while (!wantsKey) {
      at = blank(at);
      byte = load<u8>(at);
      if (depth == 0) {
        if (byte != LINE_FEED) return STATUS_MALFORMED;
        store<u32>(NEXT_LINE, <u32>at + 1);
        store<u32>(VALUE_COUNT, count);
        return STATUS_WHOLE;
      }
      const top = stack + ((<usize>(depth - 1)) << 3);
      const object = load<u32>(top, 4);
      if (byte == 44) {
        at = blank(at + 1);
        if (object != 0) wantsKey = true;
        else {
          node = load<u32>(top);
          break;
        }
      } else if ((byte == 125 && object != 0) || (byte == 93 && object == 0)) {
        at += 1;
        depth -= 1;
      } else return STATUS_MALFORMED;
    }
    if (!wantsKey) continue;
    const top = stack + ((<usize>(depth - 1)) << 3);
    if (load<u8>(at) != QUOTE) return STATUS_MALFORMED;
    let key = at + 1;
    let found = nodes + <usize>(load<u32>(nodes + <usize>(named * NODE_BYTES), NODE_AFTER) * NODE_BYTES);
    const expected = load<u32>(found, NODE_KEY_BYTES);
    if (
      load<u32>(found, NODE_PARENT) == load<u32>(top) &&
      load<u8>(key + expected) == QUOTE &&
      same(key, load<u32>(found, NODE_KEY), expected)
    ) {
      at = blank(key + expected + 1);
      if (load<u8>(at) != 58) return STATUS_MALFORMED;
      at += 1;
      named = <u32>((found - nodes) / NODE_BYTES);
    } else {
      let keyEnd = stringEnd(key);
      if (keyEnd == 0) return STATUS_MALFORMED;
      at = blank(keyEnd + 1);
      if (load<u8>(at) != 58) return STATUS_MALFORMED;
      at += 1;
      const isEscaped = (load<u32>(STRING_FLAGS) & HAS_ESCAPE) != 0;
      if (isEscaped) {
        const into: usize = load<u32>(ARENA_TOP);
        keyEnd = resolve(key, keyEnd, into, false);
        key = into;
      }
      found = nodeOf(load<u32>(top), key, <u32>(keyEnd - key));
      if (found == 0) return STATUS_ODD;
      // A name with an escape is not expected: its bytes are not those of the line.
      if (!isEscaped) {
        const number = <u32>((found - nodes) / NODE_BYTES);
        store<u32>(nodes + <usize>(named * NODE_BYTES), number, NODE_AFTER);
        named = number;
      }
    }
    const object = load<u32>(top, 4);
    // The same name twice in one object: the later one counts, which only the host knows in time.
    if (load<u32>(found, NODE_OBJECT) == object) return STATUS_ODD;
    store<u32>(found, object, NODE_OBJECT);
    node = <u32>((found - nodes) / NODE_BYTES);
  }
  // oxlint-disable-next-line no-unreachable -- the AssemblyScript compiler wants it said.
  return STATUS_MALFORMED;
}

function blank(at: usize): usize {
  while (true) {
    const byte: u32 = load<u8>(at);
    if (byte > 32 || (byte != 32 && byte != 9 && byte != 13)) return at;
    at += 1;
  }
}

/** Where the closing quote is; zero when a control character or a wrong escape comes before it. */
function stringEnd(at: usize): usize {
  let flags: u32 = 0;
  while (true) {
    const block = v128.load(at);
    const stops = i8x16.bitmask(
      v128.or(
        v128.or(i8x16.eq(block, i8x16.splat(34)), i8x16.eq(block, i8x16.splat(92))),
        i8x16.lt_u(block, i8x16.splat(32)),
      ),
    );
    const high = i8x16.bitmask(block);
    if (stops == 0) {
      if (high != 0) flags |= HAS_NON_ASCII;
      at += 16;
      continue;
    }
    const plain = ctz(stops);
    if (high & ((1 << plain) - 1)) flags |= HAS_NON_ASCII;
    at += <usize>plain;
    const byte: u32 = load<u8>(at);
    if (byte == QUOTE) {
      store<u32>(STRING_FLAGS, flags);
      return at;
    }
    if (byte != BACKSLASH) return 0;
    flags |= HAS_ESCAPE;
    const letter: u32 = load<u8>(at, 1);
    if (letter == BACKSLASH || letter == QUOTE) at += 2;
    else if (letter == 117) {
      if (
        !(
          isHex(load<u8>(at, 2)) &&
          isHex(load<u8>(at, 3)) &&
          isHex(load<u8>(at, 4)) &&
          isHex(load<u8>(at, 5))
        )
      )
        return 0;
      store<u32>(LINE_IS_CODED, 1);
      at += 6;
    } else if (
      letter == 110 ||
      letter == 116 ||
      letter == 114 ||
      letter == 98 ||
      letter == 102 ||
      letter == 47
    )
      at += 2;
    else return 0;
  }
}

function isHex(digit: u32): bool {
  return (digit >= 48 && digit <= 57) || ((digit | 32) >= 97 && (digit | 32) <= 102);
}

function isDigit(byte: u32): bool {
  return byte - 48 <= 9;
}

/** Beyond fifteen digits a double may not hold what is written. */
const DIGITS_MAX: u32 = 15;

function numberEnd(at: usize): usize {
  let isOdd = false;
  const isNegative = load<u8>(at) == 45;
  if (isNegative) at += 1;
  let byte: u32 = load<u8>(at);
  if (!isDigit(byte)) return 0;
  const digitsFrom = at;
  const isZero = byte == 48;
  if (isZero) at += 1;
  else while (isDigit(load<u8>(at))) at += 1;
  let digits = <u32>(at - digitsFrom);
  byte = load<u8>(at);
  if (byte == 46) {
    at += 1;
    const decimalsFrom = at;
    if (!isDigit(load<u8>(at))) return 0;
    while (isDigit(load<u8>(at))) at += 1;
    digits += <u32>(at - decimalsFrom);
    // 1.50 is 1.5, and 0.0000001 is 1e-7: leave what might be written otherwise to the host.
    isOdd = load<u8>(at - 1) == 48 || (isZero && load<u8>(decimalsFrom) == 48);
    byte = load<u8>(at);
  } else isOdd = isZero && isNegative;
  if ((byte | 32) == 101) {
    isOdd = true;
    at += 1;
    byte = load<u8>(at);
    if (byte == 43 || byte == 45) at += 1;
    if (!isDigit(load<u8>(at))) return 0;
    while (isDigit(load<u8>(at))) at += 1;
  }
  isOdd = isOdd || digits > DIGITS_MAX;
  if (isOdd) store<u32>(LINE_IS_CODED, 1);
  store<u32>(NUMBER_FLAGS, isOdd ? IS_ODD_NUMBER : 0);
  return at;
}
