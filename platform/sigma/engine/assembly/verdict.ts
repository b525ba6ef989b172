/** What a rule says about the event at hand; what is asked twice is answered once. */
import {
  AT_ATOM_STAMPS,
  AT_ATOMS,
  AT_FIELD_HEADS,
  AT_FULL_INDEXES,
  AT_FULL_STAMPS,
  AT_VALUES,
  ATOM_BYTES,
  ATOM_FIELD,
  ATOM_OP,
  ATOM_TEXT,
  ATOM_TEXT_BYTES,
  COND_AND,
  COND_NOT,
  COND_OR,
  COND_TRUE,
  EPOCH,
  IS_NULL,
  OP_CASED,
  OP_CONTAINS,
  OP_ENDS,
  OP_EQUALS,
  OP_EXISTS,
  OP_FIELD,
  OP_FIELD_CASED,
  OP_HOST,
  OP_LENGTH,
  OP_NULL,
  OP_RUN,
  OP_SEQUENCE,
  OP_STARTS,
  V_FLAGS,
  V_FOLDED,
  V_FOLDED_END,
  V_NEXT,
  V_TEXT,
  V_TEXT_END,
  VALUE_BYTES,
  VALUE_COUNT,
  WORK,
} from '../layout';
import { holds } from './host';
import { contains, placeOf } from './place';
import { search } from './search';
import { fold, same, text } from './text';

/** 1 or 0; meaningless once the budget is spent. */
export function verdict(condition: usize): u32 {
  const head = load<u32>(condition);
  const kind = head & 7;
  let left = head >>> 3;
  condition += 4;
  if (kind == COND_AND) {
    while (left > 0) {
      if (part(load<u32>(condition)) == 0) return 0;
      condition += 4;
      left -= 1;
    }
    return 1;
  }
  if (kind == COND_OR) {
    while (left > 0) {
      if (part(load<u32>(condition)) != 0) return 1;
      condition += 4;
      left -= 1;
    }
    return 0;
  }
  if (kind == COND_NOT) return part(load<u32>(condition)) ^ 1;
  return kind == COND_TRUE ? 1 : 0;
}

function part(child: u32): u32 {
  return child & 1 ? atom(child >>> 1) : verdict(child);
}

function atom(number: u32): u32 {
  const stamp: usize = <usize>load<u32>(AT_ATOM_STAMPS) + ((<usize>number) << 3);
  const epoch = load<u32>(EPOCH);
  if (load<u32>(stamp) == epoch) return load<u32>(stamp, 4);
  const work = load<i32>(WORK) - 3;
  store<i32>(WORK, work);
  if (work < 0) return 0;
  const answer = ask(number, epoch);
  store<u32>(stamp, epoch);
  store<u32>(stamp, answer, 4);
  return answer;
}

function ask(number: u32, epoch: u32): u32 {
  const what = <usize>load<u32>(AT_ATOMS) + <usize>number * ATOM_BYTES;
  const op = load<u32>(what, ATOM_OP);
  const field = load<u32>(what, ATOM_FIELD);
  if (op == OP_HOST) return holds(number);
  if (field == 0) return anyLeaf(what, op, epoch);
  const head = <usize>load<u32>(AT_FIELD_HEADS) + ((<usize>field) << 3);
  const isThere = load<u32>(head) == epoch;
  if (op == OP_EXISTS) return isThere ? 1 : 0;
  if (!isThere) return op == OP_NULL ? 1 : 0;
  if (op == OP_FIELD || op == OP_FIELD_CASED) return againstField(what, op, epoch, load<u32>(head, 4));
  if (op < <u32>OP_CASED) {
    const known = fromFull(field, epoch, op == OP_CONTAINS);
    // The full search marks what holds; what it left unmarked does not.
    if (known != 0) return stampOf(number, epoch);
  }
  const values: usize = load<u32>(AT_VALUES);
  let next = load<u32>(head, 4);
  while (next != 0) {
    const value = values + <usize>(next - 1) * VALUE_BYTES;
    if (test(what, op, value)) return 1;
    next = load<u32>(value, V_NEXT);
  }
  return 0;
}

function stampOf(number: u32, epoch: u32): u32 {
  const stamp: usize = <usize>load<u32>(AT_ATOM_STAMPS) + ((<usize>number) << 3);
  return load<u32>(stamp) == epoch ? load<u32>(stamp, 4) : 0;
}

function anyLeaf(what: usize, op: u32, epoch: u32): u32 {
  if (op < <u32>OP_CASED && fromFull(0, epoch, true) != 0) {
    return stampOf(<u32>((what - <usize>load<u32>(AT_ATOMS)) / ATOM_BYTES), epoch);
  }
  let value: usize = load<u32>(AT_VALUES);
  let left = load<u32>(VALUE_COUNT);
  while (left > 0) {
    if (test(what, op, value)) return 1;
    value += VALUE_BYTES;
    left -= 1;
  }
  return 0;
}

function test(what: usize, op: u32, value: usize): bool {
  if (load<u32>(value, V_FLAGS) & IS_NULL) return op == OP_NULL;
  if (op == OP_NULL) return false;
  let from: usize;
  let to: usize;
  if (op < <u32>OP_CASED || op == OP_SEQUENCE) {
    fold(value);
    from = load<u32>(value, V_FOLDED);
    to = load<u32>(value, V_FOLDED_END);
  } else {
    text(value);
    from = load<u32>(value, V_TEXT);
    to = load<u32>(value, V_TEXT_END);
  }
  if (op >= <u32>OP_SEQUENCE) return inSequence(load<u32>(what, ATOM_TEXT), from, to);
  const bytes = <u32>(to - from);
  const wanted = load<u32>(what, ATOM_TEXT_BYTES);
  if (bytes < wanted) return false;
  if (op == OP_LENGTH) return true;
  if (op == OP_RUN) return hasRun(from, to, load<u32>(what, ATOM_TEXT), wanted);
  const place: usize = load<u32>(what, ATOM_TEXT);
  const anchor = op & 3;
  if (anchor == OP_CONTAINS) {
    store<i32>(WORK, load<i32>(WORK) - <i32>(bytes >>> 2) - 12);
    return contains(from, to, place, wanted);
  }
  if (anchor == OP_STARTS) return same(from, place, wanted);
  if (anchor == OP_EQUALS && bytes != wanted) return false;
  return same(to - <usize>wanted, place, wanted);
}

/** Each text at the first place after the one before: if any places do, those do. */
function inSequence(list: usize, from: usize, to: usize): bool {
  let left = load<u32>(list);
  store<i32>(WORK, load<i32>(WORK) - <i32>((to - from) >>> 2) - 12);
  while (left > 0) {
    const wanted: usize = load<u32>(list, 4);
    const bytes = load<u32>(list, 8);
    const anchor = load<u32>(list, 12);
    if (<u32>(to - from) < bytes) return false;
    if (anchor == OP_STARTS) {
      if (!same(from, wanted, bytes)) return false;
      from += bytes;
    } else if (anchor == OP_ENDS) {
      if (!same(to - bytes, wanted, bytes)) return false;
    } else {
      const place = placeOf(from, to, wanted, bytes);
      if (place == 0) return false;
      from = place + bytes;
    }
    list += 12;
    left -= 1;
  }
  return true;
}

/** Looks at every so-manieth character first: a run cannot lie between two that are not of the class. */
function hasRun(from: usize, to: usize, set: usize, wanted: u32): bool {
  let at = from + wanted - 1;
  let work: i32 = 0;
  while (at < to) {
    let back = at;
    while (isIn(set, load<u8>(back))) {
      if (back == from) return true;
      back -= 1;
      work += 1;
    }
    if (at - back >= <usize>wanted) return true;
    from = back + 1;
    at = back + <usize>wanted;
    work += 2;
  }
  store<i32>(WORK, load<i32>(WORK) - work);
  return false;
}

function isIn(set: usize, byte: u32): bool {
  return byte < 128 && ((<u32>load<u8>(set + <usize>(byte >>> 3)) >>> (byte & 7)) & 1) != 0;
}

function againstField(what: usize, op: u32, epoch: u32, first: u32): u32 {
  const other = <usize>load<u32>(AT_FIELD_HEADS) + ((<usize>load<u32>(what, ATOM_TEXT)) << 3);
  if (load<u32>(other) != epoch) return 0;
  const anchor = load<u32>(what, ATOM_TEXT_BYTES);
  const values: usize = load<u32>(AT_VALUES);
  const place: usize = op == OP_FIELD ? V_FOLDED : V_TEXT;
  while (first != 0) {
    const one = values + <usize>(first - 1) * VALUE_BYTES;
    first = load<u32>(one, V_NEXT);
    if (load<u32>(one, V_FLAGS) & IS_NULL) continue;
    write(one, op);
    let second = load<u32>(other, 4);
    while (second != 0) {
      const two = values + <usize>(second - 1) * VALUE_BYTES;
      second = load<u32>(two, V_NEXT);
      if (load<u32>(two, V_FLAGS) & IS_NULL) continue;
      write(two, op);
      const work = load<i32>(WORK) - 8;
      store<i32>(WORK, work);
      if (work < 0) return 0;
      if (
        anchorHolds(
          anchor,
          load<u32>(one + place),
          load<u32>(one + place, 4),
          load<u32>(two + place),
          load<u32>(two + place, 4),
        )
      )
        return 1;
    }
  }
  return 0;
}

function write(value: usize, op: u32): void {
  if (op == OP_FIELD) fold(value);
  else text(value);
}

function anchorHolds(anchor: u32, from: usize, to: usize, wanted: usize, wantedEnd: usize): bool {
  const bytes = <u32>(wantedEnd - wanted);
  if (<u32>(to - from) < bytes) return false;
  store<i32>(WORK, load<i32>(WORK) - <i32>(bytes >>> 2));
  if (anchor == OP_CONTAINS) {
    store<i32>(WORK, load<i32>(WORK) - <i32>((to - from) >>> 2));
    return contains(from, to, wanted, bytes);
  }
  if (anchor == OP_STARTS) return same(from, wanted, bytes);
  if (anchor == OP_EQUALS && <u32>(to - from) != bytes) return false;
  return same(to - <usize>bytes, wanted, bytes);
}

/** Tests one by one before everything is looked for at once: about where the two cost the same. */
const SINGLE_TESTS_MAX: u32 = 24;

/** Whether the full index of the field has been searched; it is when enough single tests were made. */
function fromFull(field: u32, epoch: u32, isDear: bool): u32 {
  const stamp = <usize>load<u32>(AT_FULL_STAMPS) + ((<usize>field) << 3);
  if (load<u32>(stamp) != epoch) {
    store<u32>(stamp, epoch);
    store<u32>(stamp, 0, 4);
  }
  const tests = load<u32>(stamp, 4);
  if (tests > SINGLE_TESTS_MAX) return 1;
  if (!isDear) return 0;
  store<u32>(stamp, tests + 1, 4);
  if (tests < SINGLE_TESTS_MAX) return 0;
  return searchAll(field, epoch);
}

/** Marks every text atom of the field that holds. */
export function searchAll(field: u32, epoch: u32): u32 {
  const index: usize = load<u32>(<usize>load<u32>(AT_FULL_INDEXES) + ((<usize>field) << 2));
  if (index == 0) return 0;
  const values: usize = load<u32>(AT_VALUES);
  if (field == 0) {
    let left = load<u32>(VALUE_COUNT);
    let value = values;
    while (left > 0) {
      searchOne(index, value);
      value += VALUE_BYTES;
      left -= 1;
    }
  } else {
    const head = <usize>load<u32>(AT_FIELD_HEADS) + ((<usize>field) << 3);
    let next = load<u32>(head) == epoch ? load<u32>(head, 4) : 0;
    while (next != 0) {
      const value = values + <usize>(next - 1) * VALUE_BYTES;
      searchOne(index, value);
      next = load<u32>(value, V_NEXT);
    }
  }
  const stamp = <usize>load<u32>(AT_FULL_STAMPS) + ((<usize>field) << 3);
  store<u32>(stamp, epoch);
  store<u32>(stamp, SINGLE_TESTS_MAX + 1, 4);
  return 1;
}

function searchOne(index: usize, value: usize): void {
  if (load<u32>(value, V_FLAGS) & IS_NULL) return;
  fold(value);
  const from: usize = load<u32>(value, V_FOLDED);
  const to: usize = load<u32>(value, V_FOLDED_END);
  store<i32>(WORK, load<i32>(WORK) - <i32>((to - from) << 1) - 16);
  search(index, from, to);
}
