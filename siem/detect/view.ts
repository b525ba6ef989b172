/** Events as rules see them: with the mappings of every parser here, and what is known of log sources. */
import type { SigmaEvent } from '@demarc/platform/sigma';
import { openView, type View } from '@demarc/platform/sigma/view';
import { BESIDE, OTHERWISE, RECOGNITIONS } from '@demarc/platform/sigma/view/taxonomy';
import { mappings, recognitions } from '../normalise/sigma.ts';

/** Of a parser's own and of sources that send their events as they are. */
export const ALL_RECOGNITIONS = [...RECOGNITIONS, ...recognitions];

export interface EventView extends View {
  /** Of an event of which nobody says whether it is OCSF already. */
  readonly of: (json: Readonly<Record<string, unknown>>) => SigmaEvent;
}

export function eventView(): EventView {
  const view = openView({ mappings, recognitions: ALL_RECOGNITIONS, otherwise: OTHERWISE, beside: BESIDE });
  return { ...view, of: (json) => (isOcsf(json) ? view.ofOcsf(json) : view.ofNative(json)) };
}

function isOcsf(json: Readonly<Record<string, unknown>>): boolean {
  return typeof json['class_uid'] === 'number' && typeof json['metadata'] === 'object';
}
