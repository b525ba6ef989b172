/** Reading of records whose shape is their source's: what is not there, or is something else, is absent. */

export type JsonObject = Readonly<Record<string, unknown>>;

export function at(record: JsonObject, path: string): unknown {
  let value: unknown = record;
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as JsonObject)[key];
  }
  return value;
}

export function textAt(record: JsonObject, path: string): string | undefined {
  const value = at(record, path);
  return typeof value === 'string' ? value : undefined;
}

export function numberAt(record: JsonObject, path: string): number | undefined {
  const value = at(record, path);
  return typeof value === 'number' ? value : undefined;
}

export function objectAt(record: JsonObject, path: string): JsonObject {
  const value = at(record, path);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

export function listAt(record: JsonObject, path: string): readonly JsonObject[] {
  const value = at(record, path);
  return Array.isArray(value)
    ? value.filter((each): each is JsonObject => typeof each === 'object' && each !== null)
    : [];
}
