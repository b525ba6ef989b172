/** What fields are called besides (`view/names.ts`): only where the other name is not there itself. */
import { AT_ALIASES, AT_FIELD_HEADS, AT_JOINS, EPOCH, FIELD_HEAD_BYTES } from '../layout';

/** Gives aliases the values of their fields; false when one is to be joined, which the host does. */
export function addAliases(): bool {
  const epoch = load<u32>(EPOCH);
  const heads: usize = load<u32>(AT_FIELD_HEADS);
  let at: usize = load<u32>(AT_ALIASES);
  let left = load<u32>(at);
  at += 4;
  while (left > 0) {
    const from = heads + <usize>(load<u32>(at) * FIELD_HEAD_BYTES);
    if (load<u32>(from) == epoch) {
      const to = heads + <usize>(load<u32>(at, 4) * FIELD_HEAD_BYTES);
      if (load<u32>(to) != epoch) store<u64>(to, load<u64>(from));
    }
    at += 8;
    left -= 1;
  }
  at = load<u32>(AT_JOINS);
  left = load<u32>(at);
  at += 4;
  while (left > 0) {
    let parts = load<u32>(at);
    let isMade = load<u32>(heads + <usize>(load<u32>(at, 4) * FIELD_HEAD_BYTES)) != epoch;
    at += 8;
    while (parts > 0) {
      if (load<u32>(heads + <usize>(load<u32>(at) * FIELD_HEAD_BYTES)) != epoch) isMade = false;
      at += 4;
      parts -= 1;
    }
    if (isMade) return false;
    left -= 1;
  }
  return true;
}
