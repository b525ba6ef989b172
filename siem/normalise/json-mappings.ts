/**
 * How the fields of records that are JSON stand in OCSF: only those at the top, nested ones stay where they are.
 * `tools/generate-mappers.ts` makes code of these.
 */
import type { Mapping } from '@demarc/platform/sigma/view';
import { cloudMappings } from './cloud/sources.ts';

export const AUDIT_MAPPINGS: readonly Mapping[] = cloudMappings;

export const suricataMapping: Mapping = {
  name: 'suricata',
  paths: {
    timestamp: 'metadata.original_time',
    src_ip: 'src_endpoint.ip',
    src_port: 'src_endpoint.port',
    dest_ip: 'dst_endpoint.ip',
    dest_port: 'dst_endpoint.port',
    proto: 'connection_info.protocol_name',
    community_id: 'connection_info.community_uid',
    app_proto: 'app_protocol_name',
    host: 'device.hostname',
  },
};

/** Findings have no endpoints of their own: theirs stand in the evidence, the fields stay as they are. */
const suricataPlainMapping: Mapping = {
  name: 'suricata-plain',
  paths: { timestamp: 'metadata.original_time', host: 'device.hostname' },
};

export const SURICATA_MAPPINGS: readonly Mapping[] = [suricataMapping, suricataPlainMapping];

export const zeekMapping: Mapping = {
  name: 'zeek',
  paths: {
    'id.orig_h': 'src_endpoint.ip',
    'id.orig_p': 'src_endpoint.port',
    'id.resp_h': 'dst_endpoint.ip',
    'id.resp_p': 'dst_endpoint.port',
    proto: 'connection_info.protocol_name',
    uid: 'connection_info.uid',
  },
};
const zeekPlainMapping: Mapping = { name: 'zeek-plain', paths: {} };
export const ZEEK_MAPPINGS: readonly Mapping[] = [zeekMapping, zeekPlainMapping];
