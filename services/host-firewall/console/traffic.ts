/** An event of the firewall as a line of the page. Pure. */
type Raw = Readonly<Record<string, unknown>>;

export interface Traffic {
  readonly uid: string;
  readonly time: number;
  readonly host: string;
  readonly outcome: string;
  readonly direction: string;
  readonly protocol: string;
  readonly from: string;
  readonly to: string;
  readonly count: number;
  readonly rule: string;
  readonly message: string;
  readonly raw: Raw;
}

const record = (value: unknown): Raw => (typeof value === 'object' && value !== null ? (value as Raw) : {});
const text = (value: unknown): string =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
const DIRECTIONS: readonly string[] = ['', 'in', 'out'];
const OUTCOMES: Readonly<Record<string, string>> = {
  drop: 'denied',
  tap: 'would be denied',
  log: 'logged',
};
const NETWORK_ACTIVITY = 4_001;

/** @returns undefined for what tells of no traffic */
export function trafficOf(event: Raw): Traffic | undefined {
  const feature = text(record(record(record(event['metadata'])['product'])['feature'])['name']);
  if (event['class_uid'] !== NETWORK_ACTIVITY || feature !== 'host-firewall') return undefined;
  const connection = record(event['connection_info']);
  const rule = record(event['firewall_rule']);
  return {
    uid: text(record(event['metadata'])['uid']),
    time: typeof event['time'] === 'number' ? event['time'] : 0,
    host: text(record(event['device'])['hostname']),
    outcome: OUTCOMES[text(record(event['unmapped'])['verdict'])] ?? 'let through',
    direction: DIRECTIONS[Number(connection['direction_id'] ?? 0)] ?? '',
    protocol: text(connection['protocol_name']) || text(connection['protocol_num']),
    from: endOf(event['src_endpoint']),
    to: endOf(event['dst_endpoint']),
    count: typeof event['count'] === 'number' ? event['count'] : 1,
    rule: text(rule['name']) || text(rule['uid']),
    message: text(event['message']),
    raw: event,
  };
}

function endOf(endpoint: unknown): string {
  const { ip, port } = record(endpoint);
  const address = text(ip);
  if (port === undefined) return address;
  return address.includes(':') ? `[${address}]:${text(port)}` : `${address}:${text(port)}`;
}
