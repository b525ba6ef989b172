import type { Members } from './event/draft.ts';
import type { Parser } from './normaliser.ts';

/** Where the parsers for Windows are joined to the others; until then no record is of theirs. */
export const parseWindows: Parser<Members> = () => undefined;
