/** Network sensors and servers: which program's text is read by which parser, and what the logs are to Sigma. */
import type { Recognition } from '@demarc/platform/sigma/event';
import type { Mapping } from '@demarc/platform/sigma/mapping';
import type { AppParser } from '../syslog/line.ts';
import { dhcpMapping, parseDhcp } from './dhcp.ts';
import { dnsMapping, parseDns } from './dns.ts';
import { suricataMappings, suricataRecognitions } from './suricata.ts';
import { zeekMappings, zeekRecognitions } from './zeek.ts';

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
  ...suricataMappings,
  ...zeekMappings,
];

const PARSER = 'metadata.transformation_info_list.name';

export const networkRecognitions: readonly Recognition[] = [
  { when: { [PARSER]: ['dns'] }, is: { category: 'dns' } },
  { when: { [PARSER]: ['dhcp'] }, is: { category: 'dhcp' } },
  { when: { [PARSER]: ['netfilter'] }, is: { category: 'firewall' } },
  ...suricataRecognitions,
  ...zeekRecognitions,
];
