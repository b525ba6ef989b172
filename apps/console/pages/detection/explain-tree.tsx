/** Which test matched, on what value, and which did not: the condition of a rule as a tree. */
import type { Explained } from '@demarc/platform/contract/detection';
import { type Branch, branchWords, decidingParts, partsOf, type Test, verdictOf } from './explain-view.ts';
import { cut } from './finding-view.ts';

const VALUE_CHARACTERS_MAX = 300;

export function ExplainTree({ tree }: { readonly tree: Explained }) {
  return (
    <div className="d-tree" data-testid="explain">
      <p>{verdictOf(tree)}</p>
      <ul>
        <Node node={tree} decides />
      </ul>
    </div>
  );
}

function Node({ node, decides }: { readonly node: Explained; readonly decides: boolean }) {
  return (
    <li data-decides={decides ? '' : undefined}>
      <Answer holds={node.holds} isTest={node.op === 'test'} />
      {node.op === 'test' ? <TestWords test={node} /> : <Parts node={node} decides={decides} />}
    </li>
  );
}

function Parts({ node, decides }: { readonly node: Branch; readonly decides: boolean }) {
  const { shown, folded } = partsOf(node);
  const deciding = decidingParts(node);
  const list = (parts: readonly Explained[]) => (
    <ul>
      {parts.map((part, index) => (
        // oxlint-disable-next-line react/no-array-index-key -- the parts of a condition never move
        <Node key={index} node={part} decides={decides && deciding.includes(part)} />
      ))}
    </ul>
  );
  return (
    <>
      <span>{branchWords(node)}</span>
      {list(shown)}
      {folded.length === 0 ? null : (
        <details>
          <summary>{folded.length} others, which decided nothing</summary>
          {list(folded)}
        </details>
      )}
    </>
  );
}

function TestWords({ test }: { readonly test: Test }) {
  return (
    <span className="d-test">
      <code>{test.field ?? 'any field'}</code> {cut(test.says, VALUE_CHARACTERS_MAX)}
      <span className="d-seen">
        {test.values.length === 0
          ? 'the event has no such field'
          : test.values.map((value, index) => (
              // oxlint-disable-next-line react/no-array-index-key -- values may repeat and never move
              <q key={index} data-holds={test.holds ? '' : undefined}>
                {cut(String(value), VALUE_CHARACTERS_MAX)}
              </q>
            ))}
      </span>
    </span>
  );
}

function Answer({ holds, isTest }: { readonly holds: boolean; readonly isTest: boolean }) {
  return (
    <span
      className={isTest ? 'd-mark d-answer' : 'd-mark'}
      style={{ color: holds ? 'var(--d-holds)' : 'var(--d-unknown)' }}
    >
      <svg
        width="12"
        height="12"
        viewBox="0 0 12 12"
        aria-hidden="true"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.8"
      >
        {holds ? <path d="M1.5 6.5 4.5 9.5 10.5 2.5" /> : <path d="M2.5 2.5l7 7M9.5 2.5l-7 7" />}
      </svg>
      {isTest ? (holds ? 'matched' : 'no match') : holds ? 'holds' : 'fails'}
    </span>
  );
}
