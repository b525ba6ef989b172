/** Network sensors and servers: which program's text is read by which parser, and what the logs are to Sigma. */
import type { Recognition } from '@demarc/platform/sigma/event';
import type { Mapping } from '@demarc/platform/sigma/view';
import { SURICATA_MAPPINGS, ZEEK_MAPPINGS } from '../json-mappings.ts';
import type { AppParser } from '../syslog/line.ts';
import { dhcpMapping, parseDhcp } from './dhcp.ts';
import { dnsMapping, parseDns } from './dns.ts';
import { suricataRecognitions } from './suricata.ts';
import { zeekRecognitions } from './zeek.ts';

export const NETWORK_APPS: readonly (readonly [name: string, parse: AppParser])[] = [
  ['named', parseDns],
  ['unbound', parseDns],
  ['dnsmasq', parseDns],
  ['dhcpd', parseDhcp],
  ['dnsmasq-dhcp', parseDhcp],
  ['kea-dhcp4', parseDhcp],
];

export const networkMappings: readonly Mapping[] = [
  dnsMapping,
  dhcpMapping,
  ...SURICATA_MAPPINGS,
  ...ZEEK_MAPPINGS,
];

const PARSER = 'metadata.transformation_info_list.name';

export const networkRecognitions: readonly Recognition[] = [
  { when: { [PARSER]: ['dns'] }, is: { category: 'dns' } },
  { when: { [PARSER]: ['dhcp'] }, is: { category: 'dhcp' } },
  { when: { [PARSER]: ['netfilter'] }, is: { category: 'firewall' } },
  ...suricataRecognitions,
  ...zeekRecognitions,
];
