/** What several sensors and servers say alike, by the names of OCSF and of Sigma's taxonomy. */
import type { Members } from '../event/draft.ts';

/** `rcode_id` by the names of RFC 1035, 2136 and 6895 as servers and sensors write them. */
export const RCODES: ReadonlyMap<string, number> = new Map([
  ['NOERROR', 0],
  ['FORMERR', 1],
  ['SERVFAIL', 2],
  ['NXDOMAIN', 3],
  ['NOTIMP', 4],
  ['REFUSED', 5],
  ['YXDOMAIN', 6],
  ['YXRRSET', 7],
  ['NXRRSET', 8],
  ['NOTAUTH', 9],
  ['NOTZONE', 10],
]);

export interface WebFields {
  readonly method: unknown;
  readonly host: unknown;
  readonly uri: unknown;
  readonly agent: unknown;
  readonly referer: unknown;
  readonly status: unknown;
}

/** The fields of Sigma's `webserver` and `proxy` categories, which name the user agent differently. */
export function putWebFields(rest: Members, { method, host, uri, agent, referer, status }: WebFields): void {
  if (typeof method === 'string') rest['cs-method'] = method;
  if (typeof host === 'string') rest['cs-host'] = host;
  if (typeof uri === 'string') {
    rest['c-uri'] = uri;
    const mark = uri.indexOf('?');
    rest['cs-uri-stem'] = mark < 0 ? uri : uri.slice(0, mark);
    rest['cs-uri-query'] = mark < 0 ? uri : [uri, uri.slice(mark + 1)];
    if (mark >= 0) rest['c-uri-query'] = uri.slice(mark + 1);
  }
  if (typeof agent === 'string') {
    rest['cs-user-agent'] = agent;
    rest['c-useragent'] = agent;
  }
  if (typeof referer === 'string') rest['cs-referer'] = referer;
  if (typeof status === 'number') rest['sc-status'] = status;
}
