/** An event and a rule's text, with what decided marked in them. */
import type { Test } from './explain-view.ts';
import type { SeenValue } from './finding-view.ts';
import { markedLines, segmentsOf } from './marked-view.ts';

export function MarkedEvent({
  event,
  seen,
}: {
  readonly event: unknown;
  readonly seen: readonly SeenValue[];
}) {
  return (
    <pre className="d-code" tabIndex={0} aria-label="Event, with the values on which the rule matched">
      {segmentsOf(event, seen).map(({ text, isMarked }, index) =>
        // oxlint-disable-next-line react/no-array-index-key -- parts of one text never move
        isMarked ? <mark key={index}>{text}</mark> : <span key={index}>{text}</span>,
      )}
    </pre>
  );
}

export function RuleText({ text, tests }: { readonly text: string; readonly tests: readonly Test[] }) {
  const marked = markedLines(text, tests);
  return (
    <pre className="d-code d-numbered" tabIndex={0} aria-label="Text of the rule">
      {text.split('\n').map((line, index) => {
        const key = `${index}`;
        return marked.has(index) ? (
          <mark key={key}>{`${line}\n`}</mark>
        ) : (
          <span key={key}>{`${line}\n`}</span>
        );
      })}
    </pre>
  );
}
