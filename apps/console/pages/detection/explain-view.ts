/** The explain tree: which tests decided. Pure. */
import type { Explained } from '@demarc/platform/contract/detection';

export type Test = Extract<Explained, { readonly op: 'test' }>;
export type Branch = Exclude<Explained, Test>;

/** The parts whose answer makes the whole come out as it does. Of "one of", those that hold; of "all of", all. */
export function decidingParts(tree: Branch): readonly Explained[] {
  const everyPartCounts = tree.op === 'not' || (tree.op === 'and') === tree.holds;
  return everyPartCounts ? tree.of : tree.of.filter((part) => part.holds === tree.holds);
}

export function decidingTests(tree: Explained): readonly Test[] {
  return tree.op === 'test' ? [tree] : decidingParts(tree).flatMap(decidingTests);
}

export function testsOf(tree: Explained): readonly Test[] {
  return tree.op === 'test' ? [tree] : tree.of.flatMap(testsOf);
}

/** `All of 3`, `One of 12`, `Not`. */
export function branchWords({ op, of }: Branch): string {
  if (op === 'not') return 'Not';
  return `${op === 'and' ? 'All' : 'One'} of ${of.length}`;
}

/** What is shown of a branch at once: what decided, and of the rest only so much. */
export const OTHERS_SHOWN_MAX = 4;

export function partsOf(tree: Branch): {
  readonly shown: readonly Explained[];
  readonly folded: readonly Explained[];
} {
  const deciding = decidingParts(tree);
  const others = tree.of.filter((part) => !deciding.includes(part));
  if (others.length <= OTHERS_SHOWN_MAX) return { shown: tree.of, folded: [] };
  return { shown: deciding, folded: others };
}

/** The whole in one sentence, for who does not open the tree. */
export function verdictOf(tree: Explained): string {
  const all = testsOf(tree).length;
  const decided = decidingTests(tree).length;
  return `${decided} of ${all} ${all === 1 ? 'test' : 'tests'} decided that it ${tree.holds ? 'matches' : 'does not match'}.`;
}
