/** The ledger keeps who did something by their account's id; people read their names. */
import { accountNames } from '../../accounts.ts';
import type { ApiDeps } from '../context.ts';

/** Of the local command line, which is no account. */
const LOCAL = new Map([['cli', 'local command line']]);

export async function withNames<T>(
  { store }: ApiDeps,
  items: readonly T[],
  idsOf: (item: T) => readonly string[],
  named: (item: T, nameOf: (id: string) => string) => T,
): Promise<T[]> {
  const names = await accountNames(store, items.flatMap(idsOf));
  return items.map((item) => named(item, (id) => names.get(id) ?? LOCAL.get(id) ?? id));
}
