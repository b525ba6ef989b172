/** A search identifier of a rule: a map, a list, or a plain value. */
import type { Condition } from '../ir.ts';
import { type ItemOptions, itemCondition } from './item.ts';
import { quoted, refuse } from './refusal.ts';
import { allOf, anyOf } from './simplify.ts';
import type { Yaml } from './yaml-tree.ts';

/**
 * Lines of a map must all hold, of a list any may; values without a field are keywords.
 *
 * @throws RuleRefused
 */
export function selectionCondition(name: string, definition: Yaml, options: ItemOptions): Condition {
  switch (definition.kind) {
    case 'scalar':
      return itemCondition('', definition, definition.line, options);
    case 'list':
      if (definition.items.length === 0)
        refuse('empty-selection', definition.line, `The search ${quoted(name)} is an empty list.`);
      return anyOf(definition.items.map((item) => selectionCondition(name, item, options)));
    case 'map':
      if (definition.entries.length === 0)
        refuse('empty-selection', definition.line, `The search ${quoted(name)} is an empty map.`);
      return allOf(
        definition.entries.map(({ key, value, line }) => itemCondition(key, value, line, options)),
      );
  }
}
