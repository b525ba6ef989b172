/** Everything that can go wrong when a document is sent out of the platform. */
import { defineErrors, entry } from '../errors/errors.ts';

export const deliveryErrors = defineErrors({
  DELIVERY_NOT_SET_UP: entry<Record<string, never>>({
    says: () => 'This installation has no mail server to send with.',
    fix: 'Set DEMARC_SMTP_URL (smtps://user:password@host:465) and DEMARC_SMTP_FROM, and start again; or choose a webhook.',
    status: 409,
    // The installation may have one by the next attempt: a report that waits for it is not given up at the first.
    retryable: true,
  }),
  DELIVERY_REFUSED: entry<{ to: string; because: string }>({
    says: ({ to, because }) => `${to} did not take it: ${because}`,
    fix: 'Correct the address, or ask the receiving side why; then send it once more.',
    status: 502,
    retryable: false,
  }),
  DELIVERY_DEFERRED: entry<{ to: string; because: string }>({
    says: ({ to, because }) => `${to} does not take it now: ${because}`,
    fix: 'Nothing: it is tried again. If it stays so, ask the receiving side why.',
    status: 502,
    retryable: true,
  }),
  DELIVERY_UNREACHABLE: entry<{ to: string; because: string }>({
    says: ({ to, because }) => `${to} could not be reached: ${because}`,
    fix: 'Check name, port, certificate and firewall between this server and the receiving side; it is tried again.',
    status: 502,
    retryable: true,
  }),
});
