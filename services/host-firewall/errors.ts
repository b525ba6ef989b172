import { defineErrors, entry } from '@demarc/platform/errors';

export const hostFirewallErrors = defineErrors({
  HFW_POLICY_INVALID: entry<{ path: string; because: string }>({
    says: ({ path, because }) => `The policy is not valid at ${path}: ${because}`,
    fix: 'Correct the field named here; the policy before it stays in force.',
    status: 400,
    retryable: false,
  }),
  HFW_PACKET_UNREADABLE: entry<{ packet: string; because: string }>({
    says: ({ packet, because }) => `"${packet}" describes no packet: ${because}`,
    fix: 'Write it as: tcp 10.0.0.1:1234 > 10.0.0.2:22 in flags=S state=new iface=eth0',
    status: 400,
    retryable: false,
  }),
  HFW_CHANGE_PENDING: entry<{ id: string }>({
    says: ({ id }) => `Change ${id} is neither confirmed nor taken back yet.`,
    fix: 'Confirm it, or wait until its time is over; then try again.',
    status: 409,
    retryable: true,
  }),
  HFW_WATCHDOG_FAILED: entry<{ because: string }>({
    says: ({ because }) =>
      `Nothing was changed, as nobody would take it back: the watchdog did not start, ${because}`,
    fix: 'Look for a machine without free memory or processes; then try again.',
    status: 503,
    retryable: true,
  }),
  HFW_BLOCK_INVALID: entry<{ because: string }>({
    says: ({ because }) => `That cannot be blocked: ${because}`,
    fix: 'Name an IPv4 or IPv6 address or a prefix, and a number of seconds.',
    status: 400,
    retryable: false,
  }),
  HFW_TAKEN_BACK: entry<{ because: string }>({
    says: ({ because }) => `The new rules were taken back, and those before are in force: ${because}`,
    fix: 'Let the machine reach the platform in the policy; demarc firewall explain says which rule decides.',
    status: 409,
    retryable: false,
  }),
  HFW_TOO_LATE: entry<{ confirmSeconds: number }>({
    says: ({ confirmSeconds }) =>
      `The new rules were taken back before they could be confirmed: that took longer than ${confirmSeconds} s.`,
    fix: 'Look for what keeps the machine from its work; the agent tries again by itself.',
    status: 503,
    retryable: true,
  }),
  HFW_CANARY_FAILED: entry<{ because: string }>({
    says: ({ because }) => `The probe of a closed port could not be sent: ${because}`,
    fix: 'The agent needs /dev/net/tun and CAP_NET_ADMIN; load the kernel’s module tun.',
    status: 503,
    retryable: true,
  }),
  HFW_CHECK_TOO_LARGE: entry<{ rules: number; rulesMax: number }>({
    says: ({ rules, rulesMax }) => `${rules} rules are more than the server compares: ${rulesMax} at most.`,
    fix: 'Compare them on a machine of your own: demarc firewall check --policy FILE',
    status: 413,
    retryable: false,
  }),
});
