import { defineService } from '@demarc/platform/contract';
import { HostFirewallPolicy } from './policy.ts';

/** Network Activity: what the firewall dropped or was told to log. */
const NETWORK_ACTIVITY = 4_001;

export const hostFirewall = defineService({
  id: 'host-firewall',
  title: 'Host firewall',
  policy: HostFirewallPolicy,
  emits: [NETWORK_ACTIVITY],
  // None is promised before something keeps the promise.
  evidences: [],
});
