/** What the audit page works out of what it was given. Pure, so that it can be tried without a browser. */
import type { Matrix } from '@demarc/platform/contract/api';
import type { AuditLedger, AuditSample } from '@demarc/platform/contract/assurance/evidence';

export interface ControlChoice {
  readonly controlId: string;
  readonly title: string;
  readonly cells: number;
  readonly failing: number;
}

/** Those with most that fails first: an auditor begins there. */
export function controlChoices(cells: Matrix['cells']): readonly ControlChoice[] {
  const found = new Map<string, ControlChoice>();
  for (const { controlId, title, status } of cells) {
    const known = found.get(controlId) ?? { controlId, title, cells: 0, failing: 0 };
    const fails = status === 'not-satisfied' || status === 'stale-evidence';
    found.set(controlId, { ...known, cells: known.cells + 1, failing: known.failing + (fails ? 1 : 0) });
  }
  return [...found.values()].sort((a, b) => b.failing - a.failing || (a.controlId < b.controlId ? -1 : 1));
}

export function choiceLabel({ controlId, title, cells, failing }: ControlChoice): string {
  return `${controlId} ${title}${failing === 0 ? '' : ` · ${failing} of ${cells} fail or are stale`}`;
}

/** Two instants, control, seed and number: enough for anybody to draw the same again. */
export function sampleFile(sample: AuditSample): { readonly name: string; readonly text: string } {
  const at = sample.asOf.replaceAll(/[:.]/g, '-');
  return {
    name: `sample-${sample.controlId}-${at}-${sample.seed.replaceAll(/[^\w-]/g, '_')}.json`,
    text: `${JSON.stringify(sample, null, 2)}\n`,
  };
}

export const SIGNATURE_WORDS: Readonly<Record<string, string>> = {
  holds: 'Holds',
  fails: 'Does not hold',
  unsigned: 'Not signed',
  'no-key': 'No key to check it with',
};

/** `claim-accepted` → `Claim accepted`, and what it is about in a few words. */
export function actWords({ act, payload }: AuditLedger['records'][number]): string {
  const words = act.replaceAll('-', ' ');
  const about = ['name', 'title', 'controlId', 'serviceId', 'claimId', 'assetId', 'riskId', 'person']
    .map((key) => payload[key])
    .filter((value) => typeof value === 'string')
    .slice(0, 2)
    .join(', ');
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}${about === '' ? '' : `: ${about}`}`;
}
