/** What the parser knows of one kind of Windows event: its OCSF class, and where its fields stand in it. */
/** A record's fields by the names of rules; one value, or several. */
export type Fields = ReadonlyMap<string, unknown>;

/** An OCSF object in the making. */
export type Members = { [name: string]: unknown };

export interface Family {
  /** Last part of its mappings' names. */
  readonly name: string;
  readonly classUid: number;
  readonly activity: number | ((fields: Fields) => number);
  /**
   * Field → OCSF path. A value whose type is another than the path's is converted where that is possible, and
   * then stays under its own name as well. No path of it is written by anything else.
   */
  readonly paths: Readonly<Record<string, string>>;
  /** Adds what the class wants besides. Never at a path that `paths` or a shape names. `host` logged it. */
  readonly complete?: (event: Members, fields: Fields, host: string) => void;
}

/** By channel, folded, then by event identifier. */
export type Families = Readonly<Record<string, Readonly<Record<string, Family>>>>;

/** The one value of a field as text; nothing where it is absent, empty, a dash, or several. */
export function textOf(fields: Fields, name: string): string | undefined {
  const value = fields.get(name);
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && isSaid(value) ? value : undefined;
}

/** Windows writes a dash for what it does not know. */
export function isSaid(text: string): boolean {
  return text !== '' && text !== '-';
}

/** Decimal or, with its prefix, hexadecimal. */
export function integerOf(text: string): number | undefined {
  if (!/^(?:\d{1,15}|0x[\da-f]{1,16})$/i.test(text)) return undefined;
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : undefined;
}

/** The object under a name, made where it is missing. */
export function within(event: Members, name: string): Members {
  const known = event[name];
  if (typeof known === 'object' && known !== null) return known as Members;
  const made: Members = {};
  event[name] = made;
  return made;
}

/** What stands behind the last separator of a Windows or a POSIX path. */
export function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('\\'), path.lastIndexOf('/')) + 1);
}

/** Lists as Windows writes them into one text: by white space, commas, or both. */
export function wordsOf(fields: Fields, name: string): readonly string[] {
  return (textOf(fields, name) ?? '').split(/[\s,]+/).filter(isSaid);
}

/** The same family for several events. */
export function each(eventIds: readonly number[], family: Family): Readonly<Record<string, Family>> {
  return Object.fromEntries(eventIds.map((eventId) => [String(eventId), family]));
}
