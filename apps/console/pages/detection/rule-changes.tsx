/** What this tenant has changed of a rule, by whom and why. */
import type { RuleDetails } from '@demarc/platform/contract/detection';
import type * as z from 'zod';
import { Facts, Instant } from '../../parts/parts.tsx';
import { levelWord } from './marks.tsx';

type Rule = z.infer<typeof RuleDetails>;

export function RuleChanges({ rule: { overlay } }: { readonly rule: Rule }) {
  if (overlay.version === 0) return null;
  const { threshold } = overlay;
  return (
    <section className="d-part">
      <h2>Changed here</h2>
      <Facts
        facts={[
          ['Makes findings', overlay.enabled ? 'yes' : 'no'],
          ['Level', overlay.level === null ? 'as the rule says' : levelWord(overlay.level)],
          [
            'Threshold',
            threshold === null
              ? 'every match'
              : `${threshold.count} within ${threshold.timespan}${threshold.groupBy.length === 0 ? '' : `, of the same ${threshold.groupBy.join(', ')}`}`,
          ],
          ['Reason', overlay.reason],
          [
            'By',
            <>
              {overlay.by ?? 'nobody'}, <Instant at={overlay.at} />
            </>,
          ],
        ]}
      />
      {overlay.exceptions.map((exception) => (
        <div key={exception.exceptionId} className="d-entry">
          <strong>{exception.title}</strong> <span className="d-tag">{exception.state}</span>{' '}
          {exception.reason}
          <div className="d-quiet">
            {exception.by}, <Instant at={exception.at} />
            {exception.until === undefined ? '' : `, until ${exception.until.slice(0, 10)}`};{' '}
            {exception.heldBackCount} held back
          </div>
          <pre className="d-code" tabIndex={0} aria-label={`Exception ${exception.title}`}>
            {exception.detection}
          </pre>
        </div>
      ))}
    </section>
  );
}
