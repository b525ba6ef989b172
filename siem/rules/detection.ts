/** Door for tools that work on rules and events without a platform. */
export { ALL_RECOGNITIONS, eventView } from '../detect/view.ts';
export { compileHere, readRules } from './compile.ts';
export type { SourceFile } from './compiler.ts';
export { explained, inWords } from './explained.ts';
