/** Door: what people see of rules and findings, and what they change. */
export { importRules, removeRuleFile, setRuleOverlay } from './change.ts';
export { CompileWorker, prepareRules } from './compile-worker.ts';
export { ruleErrors } from './errors.ts';
export { findingDetails } from './finding-details.ts';
export { listRules, ruleDetails } from './list.ts';
export { ProviderDirectory } from './provider-directory.ts';
export { Rulesets } from './rulesets.ts';
export { tryRules } from './try.ts';
