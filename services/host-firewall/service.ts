import { defineService } from '@demarc/platform/contract';
import { ENTITY_MANAGEMENT, NETWORK_ACTIVITY } from '@demarc/platform/ocsf';
import { inherit, type PolicyPatch } from './inherit.ts';
import { HostFirewallPolicy } from './policy.ts';

export const hostFirewall = defineService({
  id: 'host-firewall',
  partOf: 'host-ids-firewall',
  title: 'Host firewall',
  policy: HostFirewallPolicy,
  inherit: (layers) =>
    layers.map((layer): PolicyPatch => layer).reduce((base, layer) => inherit(base, layer), {}),
  emits: [NETWORK_ACTIVITY, ENTITY_MANAGEMENT],
  evidences: [
    { rule: 'VMS-07.1', everySeconds: 60, freshForSeconds: 900 },
    { rule: 'VMS-07.2', everySeconds: 900, freshForSeconds: 86_400 },
  ],
});
