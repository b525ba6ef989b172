import type { Asked } from '../../event.ts';
import type { Condition } from '../../ir.ts';

/** The fields that a rule's condition asks for; `null` among them where it has keywords, which ask for all. */
export function fieldsOf(condition: Condition): readonly (string | null)[] {
  const fields = new Set<string | null>();
  const visit = (part: Condition): void => {
    if (part.op === 'and' || part.op === 'or') for (const one of part.of) visit(one);
    else if (part.op === 'not') visit(part.of);
    else if (part.op === 'test') {
      fields.add(part.test.field);
      if (part.test.op === 'fieldref') fields.add(part.test.other);
    }
  };
  visit(condition);
  return [...fields];
}

/** What these rules want to know of an event. */
export function askedBy(
  rules: readonly (readonly (string | null)[])[],
  isField: (name: string) => boolean,
): Asked {
  const fields = new Set<string>();
  let isAll = false;
  for (const field of rules.flat()) {
    if (field === null) isAll = true;
    else fields.add(field);
  }
  let rest = '';
  while (isField(rest)) rest += '.';
  return { fields, rest: isAll ? rest : undefined };
}
