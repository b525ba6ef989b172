import { evtxSource, readEvtx } from '../../normalise/evtx/evtx.ts';
import type { ReadEvtx } from './formats.ts';

/** Each event as its JSON; what is damaged is passed over, and what stands around it is read. */
export const readEvtxTexts: ReadEvtx = function* texts(file) {
  for (const found of readEvtx(evtxSource(file)))
    if (found.kind === 'event') yield JSON.stringify(found.event);
};
