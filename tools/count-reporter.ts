/** A node:test reporter: a JSON line for each test that failed, and then one of counts, for the closing lines of the whole run. */
import type { TestEvent } from 'node:test/reporters';

export interface Failure {
  readonly name: string;
  /** What was thrown: its first lines. */
  readonly because: string;
}

const BECAUSE_CHARACTERS_MAX = 1_000;

export default async function* countReporter(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of source) {
    if (event.type === 'test:fail') {
      const failure: Failure = { name: event.data.name, because: becauseOf(event.data.details.error) };
      yield `${JSON.stringify({ failure })}\n`;
    }
    // The run's own summary has no file; those of isolated files are parts of it.
    if (event.type !== 'test:summary' || event.data.file !== undefined) continue;
    yield `${JSON.stringify({ counts: event.data.counts })}\n`;
  }
}

/** The runner's own error says that a test failed; its cause, why. */
function becauseOf(error: Error): string {
  const { cause } = error;
  const said = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause ?? error.message);
  return said.replaceAll(/\n\s+at [^\n]*node:internal[^\n]*/g, '').slice(0, BECAUSE_CHARACTERS_MAX);
}
