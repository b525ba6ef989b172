/** What was found in the event: atoms that hold, and rules that are to be evaluated for them. */
import {
  AT_ATOM_STAMPS,
  AT_CANDIDATES,
  AT_COUNTS,
  AT_RULE_STAMPS,
  CANDIDATE_COUNT,
  E_ATOM,
  E_RULES,
  EPOCH,
  I_WAITING,
  WORK,
} from '../layout';

export function mark(entry: usize): void {
  const atom = load<u32>(entry, E_ATOM);
  const stamp: usize = <usize>load<u32>(AT_ATOM_STAMPS) + ((<usize>atom) << 3);
  const epoch = load<u32>(EPOCH);
  // Once is enough: a text that holds it a thousand times costs no more.
  if (load<u32>(stamp) == epoch && load<u32>(stamp, 4) == 1) return;
  store<u32>(stamp, epoch);
  store<u32>(stamp, 1, 4);
  const counts: usize = load<u32>(AT_COUNTS);
  if (counts != 0) {
    const count = counts + ((<usize>atom) << 2);
    store<u32>(count, load<u32>(count) + 1);
  }
  wake(load<u32>(entry, E_RULES));
}

/** Makes candidates of the rules that wait for texts of the index which are marked already. */
export function wakeMarked(index: usize): void {
  let pair: usize = load<u32>(index, I_WAITING);
  if (pair == 0) return;
  const stamps: usize = load<u32>(AT_ATOM_STAMPS);
  const epoch = load<u32>(EPOCH);
  let left = load<u32>(pair);
  store<i32>(WORK, load<i32>(WORK) - <i32>left);
  pair += 4;
  while (left > 0) {
    const stamp = stamps + ((<usize>load<u32>(pair)) << 3);
    if (load<u32>(stamp) == epoch && load<u32>(stamp, 4) == 1) wake(load<u32>(pair, 4));
    pair += 8;
    left -= 1;
  }
}

/** Makes candidates of the rules of a list that are none yet. */
export function wake(list: usize): void {
  if (list == 0) return;
  const stamps: usize = load<u32>(AT_RULE_STAMPS);
  const candidates: usize = load<u32>(AT_CANDIDATES);
  const epoch = load<u32>(EPOCH);
  let found = load<u32>(CANDIDATE_COUNT);
  let count = load<u32>(list);
  while (count > 0) {
    list += 4;
    const rule = load<u32>(list);
    const stamp = stamps + ((<usize>rule) << 2);
    if (load<u32>(stamp) != epoch) {
      store<u32>(stamp, epoch);
      store<u32>(candidates + ((<usize>found) << 2), rule);
      found += 1;
    }
    count -= 1;
  }
  store<u32>(CANDIDATE_COUNT, found);
}
