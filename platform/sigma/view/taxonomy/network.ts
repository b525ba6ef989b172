/** Network sensors, proxies and web servers that say what they are by the fields that they have. */

import type { Recognition } from '../../event.ts';
import type { LogSource } from '../../ir.ts';
import { ANYTHING } from '../recognise.ts';

const ZEEK = ['conn', 'dce_rpc', 'dns', 'files', 'http', 'kerberos', 'ntlm', 'rdp', 'smb_files'];
const ZEEK_MORE = ['smb_mapping', 'ssh', 'ssl', 'x509'];

/** @param fields that are all there, whatever they hold */
function having(fields: readonly string[], is: LogSource): Recognition {
  return { when: Object.fromEntries(fields.map((field) => [field, [ANYTHING]])), is };
}

export const NETWORK_RECOGNITIONS: readonly Recognition[] = [
  ...[...ZEEK, ...ZEEK_MORE].map((service) => ({
    when: { _path: [service], uid: [ANYTHING] },
    is: { product: 'zeek', service },
  })),
  { when: { _path: ['dns'], query: [ANYTHING] }, is: { category: 'dns' } },
  { when: { event_type: ['dns'], flow_id: [ANYTHING] }, is: { category: 'dns' } },
  having(['cs-method', 'cs-uri-stem'], { category: 'webserver' }),
  having(['c-uri'], { category: 'proxy' }),
  having(['cs-host', 'c-uri-extension'], { category: 'proxy' }),
  having(['Signature', 'Filename', 'Action'], { category: 'antivirus' }),
  having(['action', 'src_ip', 'dst_ip', 'dst_port'], { category: 'firewall' }),
  having(['logtype', 'node_id', 'logdata'], { product: 'opencanary', category: 'application' }),
];
