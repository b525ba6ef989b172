/** Which group of rules looks at the event: asked of the host once for each combination of routing values. */
import {
  ARENA_TOP,
  AT_FIELD_HEADS,
  AT_ROUTE_FIELDS,
  AT_ROUTE_KEYS,
  AT_ROUTE_KEYS_END,
  AT_ROUTE_SLOTS,
  AT_VALUES,
  EPOCH,
  GOLDEN,
  HASH_SEED,
  IS_NULL,
  ROUTE_COUNT,
  ROUTE_KEYS_TOP,
  ROUTE_SLOT_BYTES,
  ROUTE_SLOTS,
  ROUTES_MAX,
  V_FLAGS,
  V_FOLDED,
  V_FOLDED_END,
  V_NEXT,
  VALUE_BYTES,
} from '../layout';
import { routeOf } from './host';
import { fold, same } from './text';

/** Longer combinations are asked for each time. */
const KEY_BYTES_MAX: u32 = 512;

export function route(): u32 {
  // Values first: folding them moves the top of the arena.
  const end = writeKey(foldAll());
  const begin: usize = load<u32>(ARENA_TOP);
  const bytes = <u32>(end - begin);
  if (end == 0 || bytes > KEY_BYTES_MAX) return routeOf();
  const hash = hashOf(begin, bytes);
  const slots: usize = load<u32>(AT_ROUTE_SLOTS);
  let slot = hash & (ROUTE_SLOTS - 1);
  while (true) {
    const at = slots + <usize>slot * ROUTE_SLOT_BYTES;
    const known: usize = load<u32>(at, 4);
    if (known == 0) break;
    if (load<u32>(at) == hash && load<u32>(at, 8) == bytes && same(known, begin, bytes))
      return load<u32>(at, 12);
    slot = (slot + 1) & (ROUTE_SLOTS - 1);
  }
  return remember(begin, bytes, hash, slot);
}

function foldAll(): bool {
  let list: usize = load<u32>(AT_ROUTE_FIELDS);
  let left = load<u32>(list);
  const heads: usize = load<u32>(AT_FIELD_HEADS);
  const values: usize = load<u32>(AT_VALUES);
  const epoch = load<u32>(EPOCH);
  while (left > 0) {
    list += 4;
    const head = heads + ((<usize>load<u32>(list)) << 3);
    if (load<u32>(head) == epoch) {
      const value = values + <usize>(load<u32>(head, 4) - 1) * VALUE_BYTES;
      // Several values of a routing field are rare, and asked for each time.
      if (load<u32>(value, V_NEXT) != 0) return false;
      if ((load<u32>(value, V_FLAGS) & IS_NULL) == 0) fold(value);
    }
    left -= 1;
  }
  return true;
}

/** Lengths and texts, one after the other, after the arena's top; zero when it is not to be kept. */
function writeKey(isKept: bool): usize {
  if (!isKept) return 0;
  let into: usize = load<u32>(ARENA_TOP);
  let list: usize = load<u32>(AT_ROUTE_FIELDS);
  let left = load<u32>(list);
  const heads: usize = load<u32>(AT_FIELD_HEADS);
  const values: usize = load<u32>(AT_VALUES);
  const epoch = load<u32>(EPOCH);
  while (left > 0) {
    list += 4;
    const head = heads + ((<usize>load<u32>(list)) << 3);
    let bytes: u32 = 0xffffffff;
    let from: usize = 0;
    if (load<u32>(head) == epoch) {
      const value = values + <usize>(load<u32>(head, 4) - 1) * VALUE_BYTES;
      if ((load<u32>(value, V_FLAGS) & IS_NULL) == 0) {
        from = load<u32>(value, V_FOLDED);
        bytes = load<u32>(value, V_FOLDED_END) - <u32>from;
        if (bytes > KEY_BYTES_MAX) return 0;
      }
    }
    store<u32>(into, bytes);
    into += 4;
    if (bytes != 0xffffffff) {
      memory.copy(into, from, bytes);
      into += bytes;
    }
    left -= 1;
  }
  return into;
}

function hashOf(at: usize, bytes: u32): u32 {
  let hash: u32 = load<u32>(HASH_SEED) ^ bytes;
  while (bytes >= 4) {
    hash = (hash ^ load<u32>(at)) * GOLDEN;
    hash ^= hash >>> 15;
    at += 4;
    bytes -= 4;
  }
  while (bytes > 0) {
    hash = (hash ^ <u32>load<u8>(at)) * GOLDEN;
    hash ^= hash >>> 15;
    at += 1;
    bytes -= 1;
  }
  return hash;
}

function remember(begin: usize, bytes: u32, hash: u32, slot: u32): u32 {
  const group = routeOf();
  if (
    load<u32>(ROUTE_COUNT) >= <u32>ROUTES_MAX ||
    load<u32>(ROUTE_KEYS_TOP) + bytes + 8 > load<u32>(AT_ROUTE_KEYS_END)
  ) {
    // Full of combinations that someone made up, or of many sources: begin again.
    memory.fill(load<u32>(AT_ROUTE_SLOTS), 0, ROUTE_SLOTS * ROUTE_SLOT_BYTES);
    store<u32>(ROUTE_COUNT, 0);
    store<u32>(ROUTE_KEYS_TOP, load<u32>(AT_ROUTE_KEYS));
    return group;
  }
  const copy: usize = load<u32>(ROUTE_KEYS_TOP);
  memory.copy(copy, begin, bytes);
  store<u32>(ROUTE_KEYS_TOP, <u32>copy + bytes + 8);
  store<u32>(ROUTE_COUNT, load<u32>(ROUTE_COUNT) + 1);
  const at = <usize>load<u32>(AT_ROUTE_SLOTS) + <usize>slot * ROUTE_SLOT_BYTES;
  store<u32>(at, hash);
  store<u32>(at, <u32>copy, 4);
  store<u32>(at, bytes, 8);
  store<u32>(at, group, 12);
  return group;
}
