import { defineErrors, entry } from '../errors/errors.ts';

export const netfilterErrors = defineErrors({
  NFT_MISSING: entry<{ because: string }>({
    says: ({ because }) => `nftables cannot be used here: ${because}`,
    fix: 'Install libnftables (Debian: apt-get install libnftables1) and run the agent as root with CAP_NET_ADMIN.',
    status: 503,
    retryable: false,
  }),
  NFT_REFUSED: entry<{ because: string }>({
    says: ({ because }) => `The kernel refused the rules, and those before are in force: ${because}`,
    fix: 'Compare with demarc firewall compile --policy FILE; a kernel without a feature names the rule that needs it.',
    status: 422,
    retryable: false,
  }),
  NFLOG_REFUSED: entry<{ group: number; because: string }>({
    says: ({ group, because }) => `Packets logged to group ${group} cannot be read: ${because}`,
    fix: 'Run the agent as root with CAP_NET_ADMIN, and see that nothing else (ulogd2) listens to that group.',
    status: 503,
    retryable: true,
  }),
  NFT_BUSY: entry<{ waiting: number }>({
    says: ({ waiting }) => `${waiting} changes of the firewall already wait for the kernel.`,
    fix: 'Try again when they are done.',
    status: 503,
    retryable: true,
  }),
});
