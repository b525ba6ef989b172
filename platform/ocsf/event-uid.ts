/**
 * A uid that follows from what an event is about, so that the same thing told twice is one event.
 *
 * The parts are joined as JSON, which no part can imitate: `["ab", "c"]` and `["a", "bc"]` differ.
 *
 * @param sha256 of a text, in hex; passed in because this folder runs where there is no Node
 * @returns 32 hexadecimal digits: at 128 bits, a thousand million events of one asset do not collide
 */
export function eventUid(
  sha256: (text: string) => string,
  parts: readonly (string | number | boolean | null)[],
): string {
  return sha256(JSON.stringify(parts)).slice(0, 32);
}
