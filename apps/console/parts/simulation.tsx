/** What a simulation says, in tables: duties, scores, risks. */
import type { DutyGroup, Outlook, RiskOutlook } from '@demarc/platform/contract/assurance/handover';
import type { ReactNode } from 'react';
import { changing, difference, percent } from '../pages/handover-view.ts';
import { PartyMark } from './marks.tsx';

export function Lines({
  label,
  headings,
  children,
}: {
  readonly label: string;
  readonly headings: readonly string[];
  readonly children: ReactNode;
}) {
  return (
    <div className="d-lines" role="region" aria-label={label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {headings.map((heading) => (
              <th key={heading} scope="col">
                {heading}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

/** `nobody` and `disputed` are no parties: they have a mark of their own. */
export function Holder({ party }: { readonly party: string }) {
  const none = party === 'nobody' || party === 'disputed';
  return <PartyMark party={none ? null : party} state={party === 'disputed' ? 'contested' : 'unowned'} />;
}

export function Groups({
  label,
  groups,
  none,
}: {
  readonly label: string;
  readonly groups: { readonly total: number; readonly shown: readonly DutyGroup[] };
  readonly none: string;
}) {
  if (groups.total === 0) return <p className="d-quiet">{none}</p>;
  return (
    <>
      <Lines label={label} headings={['Control', 'Duty', 'From', 'To', 'Assets', 'Because']}>
        {groups.shown.map((group) => (
          <tr key={`${group.controlId} ${group.duty} ${group.from} ${group.to}`}>
            <td>
              <strong>{group.controlId}</strong> {group.title}
            </td>
            <td>{group.duty}</td>
            <td>
              <Holder party={group.from} />
            </td>
            <td>
              <Holder party={group.to} />
            </td>
            <td className="d-number">{group.assetCount}</td>
            <td className="d-quiet">{group.because}</td>
          </tr>
        ))}
      </Lines>
      {groups.total > groups.shown.length ? (
        <p className="d-quiet">and {groups.total - groups.shown.length} more</p>
      ) : null}
    </>
  );
}

export function Outlooks({ outlook }: { readonly outlook: readonly Outlook[] }) {
  return (
    <Lines label="Score before and after" headings={['When', 'Score', 'Change', 'Assessed', 'Hold']}>
      {outlook.map((each, at) => (
        <tr key={each.key}>
          <td>{each.says}</td>
          <td className="d-number">{percent(each.score)}</td>
          <td>{difference(outlook, at)}</td>
          <td className="d-number">
            {each.assessed} of {each.applicable}
          </td>
          <td className="d-number">
            {each.satisfied} of {each.applicable}
          </td>
        </tr>
      ))}
    </Lines>
  );
}

export function Risks({
  risks,
  outlook,
}: {
  readonly risks: { readonly total: number; readonly shown: readonly RiskOutlook[] };
  readonly outlook: readonly Outlook[];
}) {
  const would = changing(risks.shown);
  if (would.length === 0)
    return (
      <p className="d-quiet">
        None of {risks.total} risks would be lower or higher: a risk falls only with controls that hold.
      </p>
    );
  return (
    <Lines
      label="Risks that would change"
      headings={['Risk', 'Inherent', ...outlook.map(({ says }) => says)]}
    >
      {would.map((risk) => (
        <tr key={risk.riskId}>
          <td>
            <strong>{risk.riskId}</strong> {risk.title}
          </td>
          <td className="d-number">{risk.inherent}</td>
          {outlook.map(({ key }, at) => (
            <td key={key} className="d-number">
              {risk.residual[at]}
              {risk.aboveAppetite[at] === true ? ' (above appetite)' : ''}
            </td>
          ))}
        </tr>
      ))}
    </Lines>
  );
}
