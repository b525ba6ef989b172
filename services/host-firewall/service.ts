import { defineService } from '@demarc/platform/contract';
import { HostFirewallPolicy } from './policy.ts';

export const hostFirewall = defineService({
  id: 'host-firewall',
  title: 'Host firewall',
  policy: HostFirewallPolicy,
  emits: [],
  evidences: [],
});
