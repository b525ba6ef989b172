/** Events as rules see them: with the mappings of every parser here, and what is known of log sources. */
import { openView, type View } from '@demarc/platform/sigma/view';
import { OTHERWISE, RECOGNITIONS } from '@demarc/platform/sigma/view/taxonomy';
import { mappings, recognitions } from '../normalise/sigma.ts';

/** Of a parser's own and of sources that send their events as they are. */
export const ALL_RECOGNITIONS = [...RECOGNITIONS, ...recognitions];

export function eventView(): View {
  return openView({ mappings, recognitions: ALL_RECOGNITIONS, otherwise: OTHERWISE });
}
