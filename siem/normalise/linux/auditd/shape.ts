import type { Members } from '../../event/draft.ts';

/** What an event of this kind adds to the common part; own fields that have no place in OCSF go to `rest`. */
export interface Shape {
  readonly classUid: number;
  readonly activityId: number;
  readonly members: Members;
  readonly rest?: Members | undefined;
}
