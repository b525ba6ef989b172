/** From bytes to matches: the module's doors. */
import {
  AT_ATOM_STAMPS,
  AT_CANDIDATES,
  AT_FIELD_HEADS,
  AT_FULL_INDEXES,
  AT_FULL_STAMPS,
  AT_GROUPS,
  AT_RESULT,
  AT_RESULT_END,
  AT_RULE_PROGRAMS,
  AT_RULE_STAMPS,
  AT_VALUES,
  BUDGET_BASE,
  BUDGET_PER_BYTE,
  CANDIDATE_COUNT,
  CANDIDATES_SEEN,
  EPOCH,
  EVENTS_SEEN,
  FIELD_HEAD_BYTES,
  G_ALWAYS,
  G_FIELDS,
  G_KEYWORDS,
  GROUP_BYTES,
  I_ABSENT,
  I_PRESENT,
  I_SIFT,
  I_WAITING,
  IS_NULL,
  LINE_COUNT,
  LINE_IS_CODED,
  N_ATOMS,
  N_FIELDS,
  N_RULES,
  NEXT_LINE,
  RESULT_HEAD_WORDS,
  RESULT_TOP,
  ROOT_OF_SOURCE,
  ROUTE_GROUP_BITS,
  RULES_FOUND,
  STATUS_INCOMPLETE,
  STATUS_ODD,
  STATUS_WHOLE,
  V_FLAGS,
  V_FOLDED,
  V_FOLDED_END,
  V_NEXT,
  V_RAW,
  V_RAW_END,
  VALUE_BYTES,
  VALUE_COUNT,
  WORK,
} from '../layout';
import { addAliases } from './aliases';
import { parse } from './json';
import { wake, wakeMarked } from './mark';
import { forgetNames } from './names';
import { route } from './route';
import { LONG_BYTES, search } from './search';
import { sift } from './sift';
import { fold, text } from './text';
import { searchAll, verdict } from './verdict';

/** Lines from one place to another, each in the group that its routing fields say, or in the one given (from 1). */
export function matchLines(from: usize, to: usize, root: u32, group: u32): usize {
  const room: usize = (<usize>load<u32>(N_RULES) + RESULT_HEAD_WORDS) << 2;
  store<u32>(RESULT_TOP, load<u32>(AT_RESULT));
  while (from < to && <usize>load<u32>(RESULT_TOP) + room <= <usize>load<u32>(AT_RESULT_END)) {
    from = matchLine(from, to, root, group);
    store<u32>(LINE_COUNT, load<u32>(LINE_COUNT) + 1);
  }
  return from;
}

function matchLine(from: usize, to: usize, root: u32, group: u32): usize {
  newEvent();
  forgetNames();
  let status = parse(from, root);
  if (status == STATUS_WHOLE && root == ROOT_OF_SOURCE && !addAliases()) status = STATUS_ODD;
  if (status != STATUS_WHOLE) {
    const next = lineEnd(from) + 1;
    // A line of blanks is no event.
    if (!isBlank(from, next - 1)) result(status, from, next, 0, 0);
    return next;
  }
  const next: usize = load<u32>(NEXT_LINE);
  store<i32>(WORK, load<i32>(BUDGET_BASE) + <i32>(next - from) * load<i32>(BUDGET_PER_BYTE));
  const which = group == 0 ? route() : group - 1;
  choose(
    <usize>load<u32>(AT_GROUPS) + <usize>(which & ((1 << ROUTE_GROUP_BITS) - 1)) * GROUP_BYTES,
    from,
    next,
  );
  const isWhole = judge();
  const found = load<u32>(RULES_FOUND);
  if (found > 0 || !isWhole) result(isWhole ? STATUS_WHOLE : STATUS_INCOMPLETE, from, next, found, which);
  return next;
}

function result(status: u32, from: usize, to: usize, rules: u32, route: u32): void {
  const top: usize = load<u32>(RESULT_TOP);
  store<u32>(top, load<u32>(LINE_COUNT));
  store<u32>(top, status, 4);
  store<u32>(top, <u32>from, 8);
  store<u32>(top, <u32>to - 1, 12);
  store<u32>(top, rules, 16);
  store<u32>(top, route, 20);
  store<u32>(RESULT_TOP, <u32>top + ((RESULT_HEAD_WORDS + rules) << 2));
}

/** The rules of the group that may hold: those whose necessary texts are there. */
function choose(group: usize, from: usize, to: usize): void {
  const epoch = load<u32>(EPOCH);
  const heads: usize = load<u32>(AT_FIELD_HEADS);
  const values: usize = load<u32>(AT_VALUES);
  store<u32>(CANDIDATE_COUNT, 0);
  let entry: usize = load<u32>(group, G_FIELDS);
  let left = load<u32>(entry);
  entry += 4;
  while (left > 0) {
    const head = heads + <usize>(load<u32>(entry) * FIELD_HEAD_BYTES);
    const index: usize = load<u32>(entry, 4);
    if (load<u32>(head) == epoch) {
      wake(load<u32>(index, I_PRESENT));
      const first = load<u32>(head, 4);
      const isAll = load<u32>(index, I_WAITING) != 0 && isLong(values, first);
      if (isAll) {
        searchAll(load<u32>(entry), epoch);
        wakeMarked(index);
      }
      let next = first;
      while (next != 0) {
        const value = values + <usize>(next - 1) * VALUE_BYTES;
        if (load<u32>(value, V_FLAGS) & IS_NULL) wake(load<u32>(index, I_ABSENT));
        else if (!isAll) searchValue(index, value);
        next = load<u32>(value, V_NEXT);
      }
    } else wake(load<u32>(index, I_ABSENT));
    entry += 8;
    left -= 1;
  }
  const keywords: usize = load<u32>(group, G_KEYWORDS);
  if (keywords != 0 && mayHold(keywords, from, to)) {
    let value = values;
    left = load<u32>(VALUE_COUNT);
    while (left > 0) {
      if ((load<u32>(value, V_FLAGS) & IS_NULL) == 0) searchValue(keywords, value);
      value += VALUE_BYTES;
      left -= 1;
    }
  }
  wake(load<u32>(group, G_ALWAYS));
}

/** Whether a text of the list is so long that all is to be looked for at once. */
function isLong(values: usize, next: u32): bool {
  while (next != 0) {
    const value = values + <usize>(next - 1) * VALUE_BYTES;
    if (load<u32>(value, V_RAW_END) - load<u32>(value, V_RAW) >= LONG_BYTES) return true;
    next = load<u32>(value, V_NEXT);
  }
  return false;
}

/** Whether a leaf may hold a text of the index, as far as the line's own bytes say. */
function mayHold(index: usize, from: usize, to: usize): bool {
  return load<u32>(index, I_SIFT) == 0 || load<u32>(LINE_IS_CODED) != 0 || sift(index, from, to);
}

function searchValue(index: usize, value: usize): void {
  fold(value);
  search(index, load<u32>(value, V_FOLDED), load<u32>(value, V_FOLDED_END));
}

/** Evaluates the candidates; false when the budget ended before they did. */
function judge(): bool {
  const candidates: usize = load<u32>(AT_CANDIDATES);
  const programs: usize = load<u32>(AT_RULE_PROGRAMS);
  const count = load<u32>(CANDIDATE_COUNT);
  let into: usize = <usize>load<u32>(RESULT_TOP) + (RESULT_HEAD_WORDS << 2);
  let found: u32 = 0;
  let isWhole = true;
  store<u32>(CANDIDATES_SEEN, load<u32>(CANDIDATES_SEEN) + count);
  store<u32>(EVENTS_SEEN, load<u32>(EVENTS_SEEN) + 1);
  for (let at: u32 = 0; at < count; at += 1) {
    const rule = load<u32>(candidates + ((<usize>at) << 2));
    const holds = verdict(load<u32>(programs + ((<usize>rule) << 2)));
    if (load<i32>(WORK) < 0) {
      isWhole = false;
      break;
    }
    if (holds != 0) {
      store<u32>(into, rule);
      into += 4;
      found += 1;
    }
  }
  store<u32>(RULES_FOUND, found);
  return isWhole;
}

function newEvent(): void {
  const epoch = load<u32>(EPOCH) + 1;
  store<u32>(EPOCH, epoch);
  if (epoch != 0) return;
  // After four thousand million events old stamps would be taken for new ones.
  memory.fill(load<u32>(AT_ATOM_STAMPS), 0, load<u32>(N_ATOMS) << 3);
  memory.fill(load<u32>(AT_RULE_STAMPS), 0, load<u32>(N_RULES) << 2);
  memory.fill(load<u32>(AT_FIELD_HEADS), 0, (load<u32>(N_FIELDS) + 1) << 3);
  memory.fill(load<u32>(AT_FULL_STAMPS), 0, (load<u32>(N_FIELDS) + 1) << 3);
  store<u32>(EPOCH, 1);
}

function lineEnd(at: usize): usize {
  while (load<u8>(at) != 10) at += 1;
  return at;
}

function isBlank(at: usize, end: usize): bool {
  while (at < end) {
    const byte: u32 = load<u8>(at);
    if (byte != 32 && byte != 9 && byte != 13) return false;
    at += 1;
  }
  return true;
}

/** Counts, in the table that AT_COUNTS names, how many lines each text atom holds for. */
export function countLines(from: usize, to: usize, root: u32): void {
  const fields = load<u32>(N_FIELDS);
  const indexes: usize = load<u32>(AT_FULL_INDEXES);
  while (from < to) {
    newEvent();
    forgetNames();
    if (parse(from, root) == STATUS_WHOLE) {
      addAliases();
      for (let field: u32 = 0; field <= fields; field += 1) {
        if (load<u32>(indexes + ((<usize>field) << 2)) != 0) searchAll(field, load<u32>(EPOCH));
      }
    }
    from = lineEnd(from) + 1;
  }
}

/** For hosts: where the text of a value is as it stands, and folded, once these were called (V_TEXT, V_FOLDED). */
export function writeText(value: usize): void {
  text(value);
}

export function writeFolded(value: usize): void {
  fold(value);
}
