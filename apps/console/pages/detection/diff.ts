/** The difference between two texts as lines with `+`, `-` or a space before them. Pure. */

/** Lines of both sides that are compared one with each other; beyond, the middle is shown as replaced. */
const CELLS_MAX = 4_000_000;
const CONTEXT_LINES = 3;

export function diffOf(before: string, after: string): string {
  const [old, now] = [before.split('\n'), after.split('\n')];
  let head = 0;
  while (head < old.length && head < now.length && old[head] === now[head]) head += 1;
  let tail = 0;
  while (
    tail < old.length - head &&
    tail < now.length - head &&
    old[old.length - 1 - tail] === now[now.length - 1 - tail]
  )
    tail += 1;
  const middle = compared(old.slice(head, old.length - tail), now.slice(head, now.length - tail));
  if (middle.length === 0) return '';
  const before3 = old.slice(Math.max(0, head - CONTEXT_LINES), head);
  const after3 = old.slice(old.length - tail, old.length - tail + CONTEXT_LINES);
  return [
    `@@ line ${Math.max(1, head - before3.length + 1)} @@`,
    ...before3.map((line) => ` ${line}`),
    ...middle,
    ...after3.map((line) => ` ${line}`),
  ].join('\n');
}

/** By the longest common subsequence; what is removed stands before what is added. */
function compared(old: readonly string[], now: readonly string[]): readonly string[] {
  const removed = old.map((line) => `-${line}`);
  const added = now.map((line) => `+${line}`);
  if (old.length * now.length > CELLS_MAX) return [...removed, ...added];
  const width = now.length + 1;
  const longest = new Uint32Array((old.length + 1) * width);
  const at = (i: number, j: number): number => longest[i * width + j] ?? 0;
  for (let i = old.length - 1; i >= 0; i -= 1)
    for (let j = now.length - 1; j >= 0; j -= 1)
      longest[i * width + j] =
        old[i] === now[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const lines: string[] = [];
  let [i, j] = [0, 0];
  while (i < old.length || j < now.length) {
    if (i < old.length && j < now.length && old[i] === now[j]) {
      lines.push(` ${old[i] ?? ''}`);
      i += 1;
      j += 1;
    } else if (j >= now.length || (i < old.length && at(i + 1, j) >= at(i, j + 1))) {
      lines.push(removed[i] ?? '');
      i += 1;
    } else {
      lines.push(added[j] ?? '');
      j += 1;
    }
  }
  return lines;
}
