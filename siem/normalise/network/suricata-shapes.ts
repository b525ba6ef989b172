/** Which OCSF class each kind of EVE record is of, and what it says there beyond its endpoints. */
import { OCSF_CLASS } from '@demarc/platform/ocsf';
import { isoMs } from '../event/clock.ts';
import type { Members } from '../event/draft.ts';
import { fit, isIp } from '../event/text.ts';
import { METHODS } from '../web/access.ts';
import { putWebFields, RCODES } from './protocols.ts';

export interface EveShape {
  readonly classUid: number;
  readonly activityId: number;
  readonly severityId: number;
  readonly hasEndpoints: boolean;
  /** Adds to the event and to what stays in the source's names. */
  readonly fill?: ((event: Members, rest: Members) => void) | undefined;
}

const TRAFFIC = 6;
const OTHER = 99;
const INFORMATIONAL = 1;

export function shapeOf(kind: string, record: Members): EveShape {
  if (kind === 'alert') return alertShape(record);
  const hasEndpoints = isAddress(record['src_ip']) || isAddress(record['dest_ip']);
  if (!hasEndpoints) return base();
  const detail = record[kind];
  const about =
    typeof detail === 'object' && detail !== null && !Array.isArray(detail) ? (detail as Members) : {};
  switch (kind) {
    case 'flow':
    case 'netflow':
      return shape(OCSF_CLASS.network_activity, TRAFFIC, (event) => {
        fillFlow(event, about);
      });
    case 'dns':
      return shape(
        OCSF_CLASS.dns_activity,
        about['type'] === 'answer' || about['type'] === 'response' ? 2 : 1,
        (event, rest) => {
          fillDns(event, rest, about);
        },
      );
    case 'http':
      return httpShape(about);
    case 'tls':
      return shape(OCSF_CLASS.network_activity, TRAFFIC, (event) => {
        fillTls(event, about);
      });
    case 'ssh':
      return shape(OCSF_CLASS.ssh_activity, TRAFFIC);
    case 'smb':
      return shape(OCSF_CLASS.smb_activity, OTHER, (event) => {
        if (typeof about['command'] === 'string') event['command'] = fit(about['command']);
      });
    case 'dhcp':
      return shape(OCSF_CLASS.dhcp_activity, dhcpActivity(about['dhcp_type']), (event) => {
        if (Number.isSafeInteger(about['lease_time'])) event['lease_dur'] = about['lease_time'];
      });
    default:
      return shape(OCSF_CLASS.network_activity, TRAFFIC);
  }
}

function shape(
  classUid: number,
  activityId: number,
  fill?: (event: Members, rest: Members) => void,
): EveShape {
  return { classUid, activityId, severityId: INFORMATIONAL, hasEndpoints: true, fill };
}

function base(): EveShape {
  return {
    classUid: OCSF_CLASS.base_event,
    activityId: OTHER,
    severityId: INFORMATIONAL,
    hasEndpoints: false,
  };
}

/** Suricata's 1 is the gravest. */
const ALERT_SEVERITIES = [1, 4, 3, 2] as const;

function alertShape(record: Members): EveShape {
  const alert = record['alert'];
  if (typeof alert !== 'object' || alert === null) return base();
  const about = alert as Members;
  const severity = ALERT_SEVERITIES[Number(about['severity'])] ?? INFORMATIONAL;
  return {
    classUid: OCSF_CLASS.detection_finding,
    activityId: 1,
    severityId: severity,
    hasEndpoints: false,
    fill: (event) => {
      const signature = typeof about['signature'] === 'string' ? about['signature'] : 'alert';
      const { uid } = event['metadata'] as { readonly uid: string };
      event['finding_info'] = {
        uid,
        title: fit(signature),
        analytic: { type_id: 1, name: fit(signature), uid: fit(String(about['signature_id'] ?? '')) },
      };
      event['is_alert'] = true;
      const evidence: Members = {};
      if (isAddress(record['src_ip'])) evidence['src_endpoint'] = at(record['src_ip'], record['src_port']);
      if (isAddress(record['dest_ip'])) evidence['dst_endpoint'] = at(record['dest_ip'], record['dest_port']);
      if (evidence['src_endpoint'] !== undefined || evidence['dst_endpoint'] !== undefined)
        event['evidences'] = [evidence];
      event['message'] = fit(signature);
    },
  };
}

function at(ip: string, port: unknown): Members {
  return Number.isInteger(port) && (port as number) >= 0 && (port as number) <= 65_535
    ? { ip, port }
    : { ip };
}

function isAddress(value: unknown): value is string {
  return typeof value === 'string' && isIp(value);
}

const COUNTS = [
  ['bytes_toserver', 'bytes_out'],
  ['bytes_toclient', 'bytes_in'],
  ['pkts_toserver', 'packets_out'],
  ['pkts_toclient', 'packets_in'],
] as const;

function fillFlow(event: Members, flow: Members): void {
  const traffic: Members = {};
  for (const [own, name] of COUNTS) if (Number.isSafeInteger(flow[own])) traffic[name] = flow[own];
  event['traffic'] = traffic;
  const start = isoMs(flow['start']);
  const end = isoMs(flow['end']);
  if (start !== undefined) event['start_time'] = start;
  if (end !== undefined) event['end_time'] = end;
}

/** Version 2 has the question in the record itself, version 3 in a list of queries. */
function fillDns(event: Members, rest: Members, dns: Members): void {
  const [query] = Array.isArray(dns['queries']) ? (dns['queries'] as readonly unknown[]) : [dns];
  const question = (typeof query === 'object' && query !== null ? query : {}) as Members;
  const { rrname, rrtype } = question;
  if (typeof rrname === 'string') {
    const asked: Members = { hostname: fit(rrname) };
    rest['query'] = rrname;
    if (typeof rrtype === 'string') {
      asked['type'] = fit(rrtype);
      rest['record_type'] = rrtype;
    }
    event['query'] = asked;
  }
  const rcode = typeof dns['rcode'] === 'string' ? RCODES.get(dns['rcode']) : undefined;
  if (rcode !== undefined) event['rcode_id'] = rcode;
  if (!Array.isArray(dns['answers'])) return;
  const answers: Members[] = [];
  for (const each of dns['answers'].slice(0, ANSWERS_MAX) as readonly (Members | null)[]) {
    const rdata = each?.['rdata'];
    if (typeof rdata !== 'string') continue;
    const answer: Members = { rdata: fit(rdata) };
    if (typeof each?.['rrtype'] === 'string') answer['type'] = fit(each['rrtype']);
    if (Number.isSafeInteger(each?.['ttl'])) answer['ttl'] = each?.['ttl'];
    answers.push(answer);
  }
  if (answers.length === 0) return;
  event['answers'] = answers;
  rest['answer'] = answers.map(({ rdata }) => rdata);
}
const ANSWERS_MAX = 256;

function httpShape(http: Members): EveShape {
  const method = http['http_method'];
  const activity = typeof method === 'string' ? (METHODS.get(method) ?? OTHER) : OTHER;
  return shape(OCSF_CLASS.http_activity, activity, (event, rest) => {
    const request: Members = {};
    const { hostname, url, http_user_agent: agent, http_refer: referer, status } = http;
    if (activity !== OTHER) request['http_method'] = method;
    if (typeof url === 'string') {
      const target: Members = { url_string: fit(url) };
      if (typeof hostname === 'string') target['hostname'] = fit(hostname);
      request['url'] = target;
    }
    if (typeof agent === 'string') request['user_agent'] = fit(agent);
    if (typeof referer === 'string') request['referrer'] = fit(referer);
    event['http_request'] = request;
    if (Number.isSafeInteger(status)) event['http_response'] = { code: status };
    putWebFields(rest, { method, host: hostname, uri: url, agent, referer, status });
  });
}

function fillTls(event: Members, tls: Members): void {
  const { version, sni } = tls;
  if (typeof version !== 'string') return;
  event['tls'] =
    typeof sni === 'string' ? { version: fit(version), sni: fit(sni) } : { version: fit(version) };
}

const DHCP = ['discover', 'offer', 'request', 'decline', 'ack', 'nak', 'release', 'inform'] as const;

function dhcpActivity(type: unknown): number {
  const at = DHCP.findIndex((each) => each === type);
  return at < 0 ? OTHER : at + 1;
}
