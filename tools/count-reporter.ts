/** A node:test reporter that yields one JSON line of counts, for the closing line of the whole run. */
import type { TestEvent } from 'node:test/reporters';

export default async function* countReporter(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of source) {
    // The run's own summary has no file; those of isolated files are parts of it.
    if (event.type !== 'test:summary' || event.data.file !== undefined) continue;
    yield `${JSON.stringify(event.data.counts)}\n`;
  }
}
