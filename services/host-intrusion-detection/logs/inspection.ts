/** Door: what lines of logs say. */
export { DECODERS } from './decoders/all.ts';
export { type Clock, toText } from './instant.ts';
export { type Inspected, Inspector, LINE_CHARACTERS_MAX } from './lines.ts';
export { MODES, type Mode } from './mode.ts';
export { type Origin, toOcsf } from './to-ocsf.ts';

/** The rules that come with the room. */
export const DETECTIONS = new URL('../detections/', import.meta.url);
