/** Lines to paste into what sends: one set a shipper, with the secret where it is known. Pure. */
import type { SourceSecret, SourceSettings } from '@demarc/platform/contract/intake';

export interface Lines {
  readonly title: string;
  /** Where it goes: a file, or a shell. */
  readonly into: string;
  readonly text: string;
}

/** Where the secret is not shown any more. */
const TOKEN = 'THE-TOKEN-OF-THIS-SOURCE';
const SECRET = 'THE-SIGNING-SECRET-OF-THIS-SOURCE';
/** The files that the reader saves beside the configuration. */
export const FILES = {
  authority: 'demarc-authority.pem',
  certificate: 'demarc-sender.pem',
  key: 'demarc-sender-key.pem',
} as const;

export function linesOf(settings: SourceSettings, endpoint: string, secret: SourceSecret): readonly Lines[] {
  switch (settings.kind) {
    case 'syslog-udp':
    case 'syslog-tcp':
      return clearSyslog(endpoint, settings.kind === 'syslog-udp' ? 'udp' : 'tcp');
    case 'syslog-tls':
      return syslogTls(endpoint);
    case 'webhook':
      return webhook(endpoint, settings.signatureHeader, secret.signingSecret ?? SECRET);
    case 'http':
      return http(endpoint, secret.token ?? TOKEN);
    case 'file':
      return [{ title: 'Files', into: 'on this platform’s machine', text: endpoint }];
  }
}

/** `[::1]` loses its brackets: configurations want the address alone. */
function hostPort(endpoint: string): { readonly host: string; readonly port: string } {
  const [, host = '', port = ''] = /^[a-z]+:\/\/(.*):(\d+)/.exec(endpoint) ?? [];
  return { host: host.replaceAll(/[[\]]/g, ''), port };
}

function clearSyslog(endpoint: string, protocol: 'udp' | 'tcp'): readonly Lines[] {
  const { host, port } = hostPort(endpoint);
  const framing = protocol === 'tcp' ? ' TCP_Framing="octet-counted"' : '';
  return [
    {
      title: 'rsyslog',
      into: '/etc/rsyslog.d/90-demarc.conf',
      text: `*.* action(type="omfwd" target="${host}" port="${port}" protocol="${protocol}"${framing}
  template="RSYSLOG_SyslogProtocol23Format"
  queue.type="LinkedList" queue.filename="demarc" queue.saveOnShutdown="on" action.resumeRetryCount="-1")
`,
    },
    {
      title: 'logger',
      into: 'a shell, to try it',
      text: `logger --server ${host} --port ${port} --${protocol} --rfc5424${protocol === 'tcp' ? ' --octet-count' : ''} "a line to try it"\n`,
    },
  ];
}

function syslogTls(endpoint: string): readonly Lines[] {
  const { host, port } = hostPort(endpoint);
  const at = (file: string): string => `/etc/rsyslog.d/${file}`;
  return [
    {
      title: 'rsyslog',
      into: '/etc/rsyslog.d/90-demarc.conf',
      text: `global(DefaultNetstreamDriver="ossl"
  DefaultNetstreamDriverCAFile="${at(FILES.authority)}"
  DefaultNetstreamDriverCertFile="${at(FILES.certificate)}"
  DefaultNetstreamDriverKeyFile="${at(FILES.key)}")
*.* action(type="omfwd" target="${host}" port="${port}" protocol="tcp" TCP_Framing="octet-counted"
  StreamDriver="ossl" StreamDriverMode="1" StreamDriverAuthMode="x509/name" StreamDriverPermittedPeers="${host}"
  template="RSYSLOG_SyslogProtocol23Format"
  queue.type="LinkedList" queue.filename="demarc" queue.saveOnShutdown="on" action.resumeRetryCount="-1")
`,
    },
    {
      title: 'syslog-ng',
      into: '/etc/syslog-ng/conf.d/demarc.conf',
      text: `destination d_demarc {
  syslog("${host}" port(${port}) transport("tls")
    tls(ca-file("/etc/syslog-ng/${FILES.authority}")
        cert-file("/etc/syslog-ng/${FILES.certificate}") key-file("/etc/syslog-ng/${FILES.key}")));
};
log { source(s_src); destination(d_demarc); };
`,
    },
  ];
}

function webhook(url: string, header: string, secret: string): readonly Lines[] {
  return [
    { title: 'Sender', into: 'the service’s own webhook page', text: `URL:    ${url}\nSecret: ${secret}\n` },
    {
      title: 'curl',
      into: 'a shell, to try it',
      text: `body='{"action":"tried"}'
signature=$(printf %s "$body" | openssl dgst -sha256 -hmac '${secret}' -r | cut -d' ' -f1)
curl -sS -H "${header}: sha256=$signature" --data-binary "$body" '${url}'
`,
    },
  ];
}

function http(url: string, token: string): readonly Lines[] {
  const isSecure = url.startsWith('https:');
  const curl = `curl -sS${isSecure ? ` --cacert ${FILES.authority}` : ''}`;
  return [
    {
      title: 'curl',
      into: 'a shell, to try it',
      text: `printf '{"message":"a record to try it"}\\n' |
  ${curl} -H 'Authorization: Bearer ${token}' --data-binary @- '${url}/ndjson'
`,
    },
    {
      title: 'Filebeat',
      into: 'filebeat.yml',
      text: `output.elasticsearch:
  hosts: ["${url}"]
  api_key: "demarc:${token}"
${isSecure ? `  ssl.certificate_authorities: ["/etc/filebeat/${FILES.authority}"]\n` : ''}setup.ilm.enabled: false
setup.template.enabled: false
`,
    },
    {
      title: 'Vector',
      into: 'vector.yaml',
      text: `sinks:
  demarc:
    type: elasticsearch
    inputs: ["*"]
    endpoints: ["${url}"]
    api_version: v8
    auth: { strategy: basic, user: demarc, password: "${token}" }
${isSecure ? `    tls: { ca_file: /etc/vector/${FILES.authority} }\n` : ''}`,
    },
    {
      title: 'Splunk HEC',
      into: 'a shell; forwarders take the same URL and token',
      text: `${curl} -H 'Authorization: Splunk ${token}' -d '{"event":"a record to try it","sourcetype":"tried"}' \\
  '${url}/services/collector/event'
`,
    },
    {
      title: 'OTLP',
      into: 'the configuration of the OpenTelemetry Collector',
      text: `exporters:
  otlphttp/demarc:
    endpoint: ${url}
    headers: { Authorization: "Bearer ${token}" }
${isSecure ? `    tls: { ca_file: /etc/otelcol/${FILES.authority} }\n` : ''}`,
    },
  ];
}
