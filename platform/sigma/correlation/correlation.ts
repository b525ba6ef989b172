/** Door: correlation documents, and the engine that decides them. */
export { parseCorrelation } from './document.ts';
export { CorrelationEngine, type EngineFigures, type Limits, type RuleFigures } from './engine/engine.ts';
export { type LinkedCorrelations, linkCorrelations } from './link.ts';
export type { BaseMatch, CorrelationFinding, MatchFields } from './match.ts';
export type { CorrelationRefusal, CorrelationRule, LinkedCorrelation } from './rule.ts';
