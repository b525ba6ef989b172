/** Door for tools that work on rules and events without a platform. */
export { ALL_RECOGNITIONS, type EventView, eventView } from '../detect/view.ts';
export { readEvtxFile } from '../normalise/evtx/evtx.ts';
export { expand as expandRecord } from '../normalise/expand.ts';
export { normalise } from '../normalise/normalise.ts';
export { compileHere, readRules } from './compile.ts';
export type { CompiledRules, SourceFile } from './compiler.ts';
export { explained, inWords } from './explained.ts';
export { type SampleResult, sampleRunner } from './samples.ts';
