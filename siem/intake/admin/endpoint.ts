/** Where a sender is to send, in one line. */
import type { Intake } from '../intake.ts';
import type { SourceRow } from './table.ts';

export interface PublicNames {
  /** Name or address under which this machine is reached, for listeners on all of its addresses. */
  readonly publicHost: string;
}

export function endpointOf(
  { publicHost }: PublicNames,
  intake: Intake,
  { settings, source_id }: SourceRow,
): string {
  const { listen, filesRoot } = intake.options;
  const at = (scheme: string, host: string | undefined, port: number | undefined): string =>
    `${scheme}://${hostOf(host ?? '', publicHost)}:${port ?? 0}`;
  switch (settings.kind) {
    case 'syslog-udp':
      return at('udp', listen.syslogUdp?.host, settings.port ?? intake.ports.udp);
    case 'syslog-tcp':
      return at('tcp', listen.syslogTcp?.host, settings.port ?? intake.ports.tcp);
    case 'syslog-tls':
      return at('tls', listen.syslogTls?.host, intake.ports.tls);
    case 'file':
      return `${filesRoot ?? ''}/<tenant>/${settings.path}`;
    case 'http':
    case 'webhook': {
      const base =
        listen.https === undefined
          ? at('http', listen.http?.host, intake.ports.http)
          : at('https', listen.https.host, intake.ports.https);
      return settings.kind === 'webhook' ? `${base}/webhook/${source_id}` : base;
    }
  }
}

function hostOf(host: string, publicHost: string): string {
  const reachable = host === '0.0.0.0' || host === '::' ? publicHost : host;
  return reachable.includes(':') ? `[${reachable}]` : reachable;
}
