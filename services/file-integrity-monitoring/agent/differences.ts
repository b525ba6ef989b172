/**
 * What a reading finds that is not in the baseline as it is found, kept until the reading is over. All lines of
 * a reading together are as large as the baseline itself; those that differ are few, or kept outside the heap.
 */
import type { Baseline } from './baseline.ts';
import { pathOfLine } from './line.ts';
import type { Lines } from './lines.ts';

export class Differences {
  readonly #baseline: Baseline;
  /** Of what the baseline has: what the reading has not come across. */
  readonly #unseen: Set<string>;
  readonly #different: Buffer[] = [];

  constructor(baseline: Baseline, roots: readonly string[]) {
    this.#baseline = baseline;
    this.#unseen = new Set(baseline.below(roots));
  }

  take(lines: Lines): void {
    const different: string[] = [];
    for (const line of lines) {
      const path = pathOfLine(line);
      this.#unseen.delete(path);
      if (this.#baseline.line(path) !== line) different.push(line);
    }
    // As bytes of their own: a line alone would keep the whole message that it came with.
    if (different.length > 0) this.#different.push(Buffer.from(different.join('\n'), 'latin1'));
  }

  /** Once the reading is over: what the baseline still has otherwise. */
  *lines(): Generator<string> {
    for (const block of this.#different) {
      for (const line of block.toString('latin1').split('\n'))
        if (this.#baseline.line(pathOfLine(line)) !== line) yield line;
    }
  }

  /** Paths that the baseline had before the reading, and which the reading did not find. */
  gone(): Iterable<string> {
    return this.#unseen;
  }
}
