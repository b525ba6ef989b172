import type { Random } from './random.ts';

/** A condition over the searches, in all forms that the specification has. */
export function randomCondition(names: readonly string[], random: Random): string | readonly string[] {
  if (random.isLucky(0.08)) return [expression(names, 2, random), expression(names, 1, random)];
  return expression(names, 3, random);
}

function expression(names: readonly string[], depth: number, random: Random): string {
  const inner = (): string => expression(names, depth - 1, random);
  if (depth === 0 || random.isLucky(0.3)) return random.pick(names);
  switch (random.below(8)) {
    case 0:
      return `${inner()} ${random.pick(['and', 'and', 'AND'])} ${inner()}`;
    case 1:
      return `${inner()} ${random.pick(['or', 'or', 'Or'])} ${inner()}`;
    case 2:
      return `${random.pick(['not', 'NOT'])} ${inner()}`;
    case 3:
      return `(${inner()})`;
    case 4:
      return `not (${inner()} or ${inner()}) and  ( ${inner()} )`;
    case 5:
      return quantified(names, random);
    case 6:
      return `${quantified(names, random)} and not ${quantified(names, random)}`;
    default:
      return `${inner()} and not ${random.pick(names)}`;
  }
}

/** A pattern that means at least one search that does not begin with an underscore. */
function quantified(names: readonly string[], random: Random): string {
  const meant = names.filter((name) => !name.startsWith('_'));
  if (meant.length === 0) return random.pick(names);
  const name = random.pick(meant);
  const cut = 1 + random.below(name.length);
  const pattern = random.pick([
    'them',
    '*',
    name,
    `${name.slice(0, cut)}*`,
    `*${name.slice(-cut)}`,
    `${name.slice(0, 1)}*${name.slice(-1)}`,
  ]);
  // A name of one character is both its own first and last.
  const isSafe = name.length > 1 || pattern === 'them' || !pattern.includes('*') || pattern === '*';
  return `${random.pick(['1', 'all', 'any'])} of ${isSafe ? pattern : name}`;
}
