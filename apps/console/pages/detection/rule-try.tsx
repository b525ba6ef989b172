/** A rule on events, neither of them stored: what matches, and which test decided. */
import { RulesTried } from '@demarc/platform/contract/detection';
import { Button, Group, Textarea } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type * as z from 'zod';
import { post } from '../../app/api.ts';
import { Failure, Loading } from '../../parts/parts.tsx';
import { counted } from '../../parts/words.ts';
import { useTenantId } from '../queries.ts';
import { ExplainTree } from './explain-tree.tsx';
import { decidingTests } from './explain-view.ts';
import { RuleText } from './marked.tsx';
import { useFinding, useRule } from './queries.ts';
import { EXAMPLE_EVENT, EXAMPLE_RULE, eventsOf } from './try-view.ts';

export function TryRules({
  ruleId,
  findingUid,
}: {
  readonly ruleId: string | undefined;
  readonly findingUid: string | undefined;
}) {
  if (ruleId === undefined) return <Panel text={EXAMPLE_RULE} events={EXAMPLE_EVENT} />;
  return <Known ruleId={ruleId} findingUid={findingUid} />;
}

/** Begins with a rule that is loaded, and with the events of a finding when it was opened from one. */
function Known({ ruleId, findingUid }: { readonly ruleId: string; readonly findingUid: string | undefined }) {
  const rule = useRule(ruleId);
  if (rule.isError) return <Failure error={rule.error} />;
  if (rule.data === undefined) return <Loading />;
  if (findingUid === undefined) return <Panel text={rule.data.text} events={EXAMPLE_EVENT} />;
  return <WithFinding text={rule.data.text} findingUid={findingUid} />;
}

function WithFinding({ text, findingUid }: { readonly text: string; readonly findingUid: string }) {
  const finding = useFinding(findingUid);
  if (finding.isError) return <Failure error={finding.error} />;
  if (finding.data === undefined) return <Loading />;
  return <Panel text={text} events={finding.data.events.map((event) => JSON.stringify(event)).join('\n')} />;
}

const MONOSPACE = { input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: '0.82rem' } };

function Panel(start: { readonly text: string; readonly events: string }) {
  const tenantId = useTenantId();
  const [text, setText] = useState(start.text);
  const [events, setEvents] = useState(start.events);
  const pasted = eventsOf(events);
  const tried = useMutation({
    mutationFn: async () => {
      if (!('events' in pasted)) return undefined;
      const body = { text, events: pasted.events };
      return { asked: body, answer: await post(`/v1/tenants/${tenantId}/rules/try`, RulesTried, body) };
    },
  });
  return (
    <>
      <div className="d-try">
        <Textarea
          label="Rule (Sigma, YAML)"
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          styles={MONOSPACE}
          autosize
          minRows={14}
          maxRows={28}
          spellCheck={false}
        />
        <Textarea
          label="Events (JSON: one, a list, or one a line)"
          value={events}
          onChange={(event) => setEvents(event.currentTarget.value)}
          error={
            'events' in pasted || events.trim() === '' ? undefined : `Line ${pasted.line}: ${pasted.because}`
          }
          styles={MONOSPACE}
          autosize
          minRows={14}
          maxRows={28}
          spellCheck={false}
        />
      </div>
      <Group my="sm">
        <Button
          disabled={text.trim() === '' || !('events' in pasted)}
          loading={tried.isPending}
          onClick={() => tried.mutate()}
        >
          Try {'events' in pasted ? `on ${counted(pasted.events.length, 'event')}` : 'it'}
        </Button>
        <span className="d-quiet">Neither the rule nor the events are stored.</span>
      </Group>
      {tried.isError ? <Failure error={tried.error} /> : null}
      {tried.data === undefined ? null : (
        <Answer
          answer={tried.data.answer}
          rule={tried.data.asked.text}
          count={tried.data.asked.events.length}
        />
      )}
    </>
  );
}

function Answer({
  answer,
  rule,
  count,
}: {
  readonly answer: z.infer<typeof RulesTried>;
  readonly rule: string;
  readonly count: number;
}) {
  const matched = new Set(answer.matches.map(({ event }) => event));
  return (
    <div className="d-card d-tried" data-testid="tried">
      <strong role="status">
        {answer.refused.length > 0
          ? `The rule is refused: ${counted(answer.refused.length, 'reason')}.`
          : `Matches ${matched.size} of ${counted(count, 'event')}.`}
      </strong>
      {answer.refused.length === 0 ? null : (
        <ul className="d-plain">
          {answer.refused.map(({ line, because }) => (
            <li key={`${line} ${because}`}>
              Line {line}: {because}
            </li>
          ))}
        </ul>
      )}
      {answer.explained.map(({ event, ruleId, tree }, index) => (
        <details key={`${event} ${ruleId}`} open={index === 0}>
          <summary>
            Event {event + 1}: {tree.holds ? 'matches' : 'does not match'}{' '}
            <span className="d-mono">{ruleId}</span>
          </summary>
          <div className="d-try">
            <ExplainTree tree={tree} />
            <RuleText text={rule} tests={decidingTests(tree).filter(({ holds }) => holds === tree.holds)} />
          </div>
        </details>
      ))}
    </div>
  );
}
