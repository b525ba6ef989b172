/** Door: what the server observes itself, and the schedule that asks it. */
export type { ObservedOn, TakenIn } from '../intake.ts';
export { SourceSchedule } from './schedule.ts';
export { type EvidenceSource, recordSource, type SourceContext, type SourceFinding } from './source.ts';
