/** What became of every record: the numbers as sums that are added up before the reader's eyes. */
import type { SourceAccounting } from '@demarc/platform/contract/intake';
import { Fragment } from 'react';
import { PlacesBar, PlacesLegend } from './source-marks.tsx';
import { addsUp, bytes, figure, reasonWords, type Sum, sumsOf } from './sources-view.ts';

export function SourceSums({ accounting }: { readonly accounting: SourceAccounting }) {
  const [taken, carried] = sumsOf(accounting);
  return (
    <section className="d-part" data-testid="sums">
      <h2>What became of every record</h2>
      <PlacesBar accounting={accounting} />
      <PlacesLegend accounting={accounting} />
      <Adding sum={taken} caption="Of what arrived" />
      <Adding sum={carried} caption="Of what left the disk for the store" />
      <p className="d-quiet">
        {bytes(accounting.waitingBytes)} of at most {bytes(accounting.spoolBytesMax)} wait on disk
        {accounting.spoolBytesMax > 0
          ? ` (${((accounting.waitingBytes / accounting.spoolBytesMax) * 100).toFixed(1)} %)`
          : ''}
        .
      </p>
    </section>
  );
}

function Adding({ sum, caption }: { readonly sum: Sum; readonly caption: string }) {
  return (
    <table className="d-sum">
      <caption>{caption}</caption>
      <tbody>
        {sum.parts.map(({ key, words, count, reasons }, index) => (
          <Fragment key={key}>
            <tr>
              <th scope="row">{words}</th>
              <td>
                {index === 0 ? '' : '+ '}
                {figure(count)}
              </td>
            </tr>
            {reasons.map(([reason, each]) => (
              <tr key={reason} className="d-reason">
                <th scope="row">{reasonWords(reason)}</th>
                <td>{figure(each)}</td>
              </tr>
            ))}
          </Fragment>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row">
            {sum.of}{' '}
            <span style={{ color: addsUp(sum) ? 'var(--d-holds)' : 'var(--d-fails)' }}>
              {addsUp(sum) ? '✓ adds up' : `✗ the parts are ${figure(sum.sum)}`}
            </span>
          </th>
          <td>= {figure(sum.total)}</td>
        </tr>
      </tfoot>
    </table>
  );
}
