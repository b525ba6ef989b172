/** Field filters as they stand in the URL: `file.path=/etc/passwd`, one after the other. */

export interface FieldFilter {
  readonly field: string;
  readonly op: 'eq' | 'ne';
  readonly value: string;
}

const SEPARATOR = ' & ';

export function filtersOf(text: string | undefined): readonly FieldFilter[] {
  return (text ?? '').split(SEPARATOR).flatMap((part) => {
    const [, field, operator, value] = /^([\w.]+)(!?=)(.*)$/s.exec(part) ?? [];
    return field === undefined || value === undefined
      ? []
      : [{ field, op: operator === '=' ? ('eq' as const) : ('ne' as const), value }];
  });
}

export function textOfFilters(filters: readonly FieldFilter[]): string | undefined {
  if (filters.length === 0) return undefined;
  return filters.map(({ field, op, value }) => `${field}${op === 'eq' ? '=' : '!='}${value}`).join(SEPARATOR);
}

const SHOWN = [
  'message',
  'device.hostname',
  'file.path',
  'actor.process.name',
  'actor.process.file.path',
  'actor.process.cmd_line',
  'actor.process.user.name',
  'severity_id',
  'class_uid',
  'finding_info.analytic.name',
];

/** The attributes that people look at first, where the event has them. */
export function fieldsOf(event: Readonly<Record<string, unknown>>): readonly (readonly [string, string])[] {
  return SHOWN.flatMap((field) => {
    let value: unknown = event;
    for (const key of field.split('.'))
      value =
        typeof value === 'object' && value !== null
          ? (value as Readonly<Record<string, unknown>>)[key]
          : undefined;
    return typeof value === 'string' || typeof value === 'number' ? [[field, String(value)] as const] : [];
  });
}
