import type { Mapping } from '@demarc/platform/sigma/view';
import type { Members } from '../event/draft.ts';

/** Where an audit log keeps what OCSF asks for. Paths are tried in order; the first that is there counts. */
export interface AuditSource {
  /** Cheap: a few own members, looked at for every record of JSON. */
  readonly is: (record: Members) => boolean;
  readonly mapping: Mapping;
  readonly product: string;
  readonly vendor: string;
  /** What recognitions go by. */
  readonly logName: (record: Members) => string;
  /** The provider, where the OCSF profile of clouds applies. */
  readonly cloud?: string | undefined;
  readonly operation: readonly string[];
  readonly service: readonly string[];
  readonly userName: readonly string[];
  readonly userUid: readonly string[];
  readonly address: readonly string[];
  readonly agent: readonly string[];
  readonly uid: readonly string[];
  readonly time: readonly string[];
  /** `status_id`; undefined when the record does not say. */
  readonly status: (record: Members) => number | undefined;
  readonly isLogon?: ((record: Members, operation: string) => boolean) | undefined;
  /** Adds names that rules use and the record has not. */
  readonly fill?: ((record: Members, rest: Members) => void) | undefined;
}

export const SUCCESS = 1;
export const FAILURE = 2;
