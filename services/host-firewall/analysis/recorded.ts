/** Events of this room back to flows, so that a proposal can be asked about what there was. Pure. */
import type { OcsfEvent } from '@demarc/platform/contract/agent';
import * as z from 'zod';
import { addressOf } from '../elements.ts';
import type { RecordedFlow } from './simulate.ts';

export interface Recorded extends RecordedFlow {
  /** Packets or connections that the event stands for. */
  readonly count: number;
}

const Port = z.int().min(0).max(65_535).optional();
const Byte = z.int().min(0).max(255).optional();
const Endpoint = z.object({
  ip: z.string(),
  port: Port,
  mac: z.string().optional(),
  interface_name: z.string().optional(),
});
const Activity = z.object({
  time: z.number(),
  count: z.int().min(1).default(1),
  src_endpoint: Endpoint,
  dst_endpoint: Endpoint,
  connection_info: z.object({ direction_id: z.number(), protocol_num: z.int().min(0).max(255) }),
  firewall_rule: z.object({ uid: z.string() }).optional(),
  unmapped: z
    .object({
      verdict: z.string().optional(),
      tcp_flags: Byte,
      icmp_type: Byte,
      icmp_code: Byte,
    })
    .default({}),
});

const [IN, OUT] = [1, 2];
const [TCP, SYN] = [6, 2];
const BYTES = 60;
/** They remember more than one packet, or are no part of a policy: a proposal changes nothing about them. */
const NOT_OF_A_POLICY = [':blocked', ':isolated', ':new-rate', ':syn-rate', ':canary'];

/** @returns undefined for what no policy decides about, and for events of anyone else */
export function recordedOf(event: OcsfEvent): Recorded | undefined {
  const { data } = Activity.safeParse(event);
  if (data === undefined) return undefined;
  const { time, count, src_endpoint: source, dst_endpoint: destination, connection_info, unmapped } = data;
  const { direction_id: direction, protocol_num: protocol } = connection_info;
  const family = addressOf(source.ip)?.family;
  const rule = data.firewall_rule?.uid ?? '';
  // What a log-only rule saw is told again by whoever decided.
  if (family === undefined || NOT_OF_A_POLICY.includes(rule) || unmapped.verdict === 'log') return undefined;
  if (direction !== IN && direction !== OUT) return undefined;
  const flags = unmapped.tcp_flags ?? (protocol === TCP ? SYN : undefined);
  const near = direction === IN ? destination.interface_name : source.interface_name;
  return {
    count,
    wasDropped: unmapped.verdict === 'drop',
    state: rule === ':invalid' ? 'invalid' : 'new',
    packet: {
      atMs: time,
      bytes: BYTES,
      direction: direction === IN ? 'in' : 'out',
      family,
      source: source.ip,
      destination: destination.ip,
      protocol,
      ...(source.port === undefined ? {} : { sourcePort: source.port }),
      ...(destination.port === undefined ? {} : { destinationPort: destination.port }),
      ...(flags === undefined ? {} : { tcpFlags: flags }),
      ...(unmapped.icmp_type === undefined ? {} : { icmpType: unmapped.icmp_type }),
      ...(unmapped.icmp_code === undefined ? {} : { icmpCode: unmapped.icmp_code }),
      ...(near === undefined ? {} : { interfaceName: near }),
      ...(source.mac === undefined ? {} : { sourceMac: source.mac }),
    },
  };
}
