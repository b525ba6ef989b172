/** Two maps, 5 × 5: every risk without its controls, and with those that hold now. */
import type { Risks } from '@demarc/platform/contract/assurance/workbook';
import { useState } from 'react';
import { BAND_WORDS, bandOf, heatRows } from './risks-view.ts';

interface Pointing {
  readonly pointed: string | undefined;
  readonly onPoint: (riskId: string | undefined) => void;
  readonly onOpen: (riskId: string) => void;
}

export function HeatMaps({
  risks,
  onOpen,
}: {
  readonly risks: Risks;
  readonly onOpen: (riskId: string) => void;
}) {
  const [pointed, setPointed] = useState<string>();
  const shared = { risks, pointed, onPoint: setPointed, onOpen };
  return (
    <section className="d-heats" aria-label="Heat maps">
      <HeatMap which="inherent" caption="Inherent: as if no control held" {...shared} />
      <div className="d-arrow" aria-hidden="true">
        →
      </div>
      <HeatMap which="residual" caption="Residual: with the controls that hold now" {...shared} />
      <p className="d-quiet d-legend">
        {(['low', 'moderate', 'high', 'very-high'] as const).map((band) => (
          <span key={band}>
            <i className="d-swatch d-heat" data-band={band} aria-hidden="true" /> {BAND_WORDS[band]}{' '}
          </span>
        ))}
        <i className="d-swatch d-heat" data-above="" aria-hidden="true" /> above the appetite of{' '}
        {risks.appetite}
      </p>
    </section>
  );
}

function HeatMap({
  risks,
  which,
  caption,
  ...pointing
}: {
  readonly risks: Risks;
  readonly which: 'inherent' | 'residual';
  readonly caption: string;
} & Pointing) {
  return (
    <div className="d-card d-heatmap">
      <table>
        <caption>{caption}</caption>
        <tbody>
          {heatRows(risks.heat).map((fields) => {
            const likelihood = fields[0]?.likelihood ?? 0;
            return (
              <tr key={likelihood}>
                <th scope="row">
                  <span className="d-visually-hidden">Likelihood </span>
                  {likelihood}
                </th>
                {fields.map((field) => (
                  <td
                    key={field.impact}
                    className="d-heat"
                    data-band={bandOf(field.score)}
                    data-above={field.aboveAppetite ? '' : undefined}
                    title={`${field.likelihood} × ${field.impact} = ${field.score}, ${BAND_WORDS[bandOf(field.score)]}`}
                  >
                    <span className="d-chips">
                      {field[which].map((riskId) => (
                        <Chip key={riskId} riskId={riskId} risks={risks} {...pointing} />
                      ))}
                    </span>
                  </td>
                ))}
              </tr>
            );
          })}
          <tr>
            <th scope="row" className="d-axis">
              <span title="Likelihood upwards, impact to the right">L ↑ I →</span>
            </th>
            {[1, 2, 3, 4, 5].map((impact) => (
              <th key={impact} scope="col">
                <span className="d-visually-hidden">Impact </span>
                {impact}
              </th>
            ))}
          </tr>
        </tbody>
      </table>
    </div>
  );
}

/** Pointing at a risk on one map shows where it is on the other. */
function Chip({
  riskId,
  risks,
  pointed,
  onPoint,
  onOpen,
}: { readonly riskId: string; readonly risks: Risks } & Pointing) {
  const risk = risks.risks.find((each) => each.riskId === riskId);
  return (
    <button
      type="button"
      className="d-chip"
      data-pointed={pointed === riskId ? '' : undefined}
      title={risk?.title ?? riskId}
      aria-label={`${riskId} ${risk?.title ?? ''}: inherent ${risk?.inherent.score ?? ''}, residual ${risk?.residual.score ?? ''}`}
      onMouseEnter={() => onPoint(riskId)}
      onMouseLeave={() => onPoint(undefined)}
      onFocus={() => onPoint(riskId)}
      onBlur={() => onPoint(undefined)}
      onClick={() => onOpen(riskId)}
    >
      {riskId}
    </button>
  );
}
