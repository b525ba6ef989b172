/** Door: what the server observes itself, and the schedule that asks it. */
export type { ObservedOn, TakenIn } from '../intake.ts';
export { RECORD_SOURCES } from './records.ts';
export { SourceSchedule } from './schedule.ts';
export type { EvidenceSource, SourceContext, SourceFinding } from './source.ts';
