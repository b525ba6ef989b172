/** `1 claim`, `2 claims`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** The end of a sentence about so many matches, of which not all are shown. */
export function shownOf(shown: number, matched: number): string {
  return shown < matched ? `; the newest ${shown} are shown` : '';
}
