/** Places in the source's JSON and the fields that they are: learned from the host once, then looked up. */
import {
  AT_KEYS,
  AT_KEYS_END,
  AT_NODE_SLOTS,
  AT_NODES,
  HASH_SEED,
  KEY_BYTES_MAX,
  KEYS_BYTES,
  KEYS_TOP,
  NODE_AFTER,
  NODE_BYTES,
  NODE_COUNT,
  NODE_FIELD,
  NODE_HASH,
  NODE_KEY,
  NODE_KEY_BYTES,
  NODE_PARENT,
  NODE_SLOTS,
  NODES_MAX,
  ROOT_OF_SOURCE,
  ROOT_OF_VIEW,
} from '../layout';
import { fieldOf } from './host';
import { same } from './text';

/** Forgets the places when half of the room is used; between lines only, for a line holds on to its own. */
export function forgetNames(): void {
  if (
    load<u32>(NODE_COUNT) < <u32>NODES_MAX >> 1 &&
    load<u32>(KEYS_TOP) - load<u32>(AT_KEYS) < <u32>KEYS_BYTES >> 1
  )
    return;
  store<u32>(NODE_COUNT, ROOT_OF_VIEW);
  store<u32>(KEYS_TOP, load<u32>(AT_KEYS));
  memory.fill(load<u32>(AT_NODE_SLOTS), 0, NODE_SLOTS << 2);
  const nodes: usize = load<u32>(AT_NODES);
  store<u32>(nodes + ROOT_OF_SOURCE * NODE_BYTES, 0, NODE_AFTER);
  store<u32>(nodes + ROOT_OF_VIEW * NODE_BYTES, 0, NODE_AFTER);
}

/** The node of a name inside a place; zero when there is no room for another. */
export function nodeOf(parent: u32, key: usize, bytes: u32): usize {
  const hash = hashOf(parent, key, bytes);
  const slots: usize = load<u32>(AT_NODE_SLOTS);
  const nodes: usize = load<u32>(AT_NODES);
  let slot: u32 = hash >>> 17;
  while (true) {
    const number = load<u32>(slots + ((<usize>slot) << 2));
    if (number == 0) break;
    const node = nodes + <usize>(number * NODE_BYTES);
    if (
      load<u32>(node, NODE_HASH) == hash &&
      load<u32>(node, NODE_PARENT) == parent &&
      load<u32>(node, NODE_KEY_BYTES) == bytes &&
      same(load<u32>(node, NODE_KEY), key, bytes)
    )
      return node;
    slot = (slot + 1) & (NODE_SLOTS - 1);
  }
  return learn(parent, key, bytes, hash, slot);
}

function learn(parent: u32, key: usize, bytes: u32, hash: u32, slot: u32): usize {
  const number = load<u32>(NODE_COUNT) + 1;
  const copy: usize = load<u32>(KEYS_TOP);
  if (
    number >= <u32>NODES_MAX ||
    bytes > <u32>KEY_BYTES_MAX ||
    copy + bytes + 16 > <usize>load<u32>(AT_KEYS_END)
  )
    return 0;
  memory.copy(copy, key, bytes);
  store<u32>(KEYS_TOP, <u32>copy + bytes + 8);
  store<u32>(NODE_COUNT, number);
  const node: usize = <usize>load<u32>(AT_NODES) + <usize>(number * NODE_BYTES);
  memory.fill(node, 0, NODE_BYTES);
  store<u32>(node, parent, NODE_PARENT);
  store<u32>(node, hash, NODE_HASH);
  store<u32>(node, <u32>copy, NODE_KEY);
  store<u32>(node, bytes, NODE_KEY_BYTES);
  store<u32>(node, fieldOf(parent, number, copy, bytes), NODE_FIELD);
  store<u32>(<usize>load<u32>(AT_NODE_SLOTS) + ((<usize>slot) << 2), number);
  return node;
}

/** Odd, with bits all over; written in halves, for a number of TypeScript does not hold them whole. */
const SEEDING: u64 = ((<u64>0x9e3779b9) << 32) | <u64>0x7f4a7c15;
const MIXING: u64 = ((<u64>0x9fb21c65) << 32) | <u64>0x1e98df25;

/** Seeded, and over every byte: who is watched chooses the names. */
function hashOf(parent: u32, key: usize, bytes: u32): u32 {
  let hash: u64 = (((<u64>parent) << 32) | <u64>bytes) ^ (<u64>load<u32>(HASH_SEED) * SEEDING);
  while (bytes >= 8) {
    hash = (hash ^ load<u64>(key)) * MIXING;
    hash ^= hash >> 32;
    key += 8;
    bytes -= 8;
  }
  if (bytes > 0) {
    const rest = load<u64>(key) & (((<u64>1) << (bytes << 3)) - 1);
    hash = (hash ^ rest) * MIXING;
    hash ^= hash >> 32;
  }
  return <u32>((hash * SEEDING) >> 32);
}
