/** Door: documents on their way out of the platform, by e-mail or webhook; each bounded in time and size. */
import { createHmac } from 'node:crypto';
import type { Delivered, Delivery, RejectedRecipient } from '../contract/server.ts';
import { deliveryErrors } from './errors.ts';
import { MAIL_SECONDS_MAX, RECIPIENTS_MAX, sendMail, transportOptions } from './mail.ts';
import { post } from './post.ts';

const BYTES_MAX = 26_214_400; // 25 MiB: what mail servers commonly take
const ANSWER_MAX = 500;

export interface DeliveryOptions {
  /** `smtps://…`, or `smtp://…` (then STARTTLS is demanded unless it is this machine); undefined: no e-mail. */
  readonly smtpUrl: string | undefined;
  readonly from: string;
  /** A tenant chooses where a webhook goes: not into the provider's own networks, unless this is said. */
  readonly isPrivateAllowed?: boolean;
  /** For all of an e-mail. */
  readonly mailSecondsMax?: number;
  now(): number;
}

/** The library is loaded where there is a server to send with: a start without one does not wait for it. */
export async function openDelivery(options: DeliveryOptions): Promise<Delivery> {
  const { smtpUrl, from, mailSecondsMax = MAIL_SECONDS_MAX, now } = options;
  const mailer = smtpUrl === undefined ? undefined : await import('nodemailer');
  return {
    async mail(mail) {
      if (smtpUrl === undefined || mailer === undefined) throw deliveryErrors.make('DELIVERY_NOT_SET_UP', {});
      const { to, text, attachments } = mail;
      const size = attachments.reduce((sum, { bytes }) => sum + bytes.length, text.length);
      if (to.length === 0 || to.length > RECIPIENTS_MAX)
        throw refused(to.join(', '), `there must be 1 to ${RECIPIENTS_MAX} recipients`);
      if (size > BYTES_MAX)
        throw refused(to.join(', '), `${size} bytes are more than the ${BYTES_MAX} that are sent`);
      const transport = mailer.createTransport(transportOptions(new URL(smtpUrl)));
      try {
        const { answer, accepted, rejected } = await sendMail(transport, from, mail, mailSecondsMax);
        return delivered(now(), accepted.join(', '), answer, rejected);
      } finally {
        transport.close();
      }
    },
    async webhook({ url, secret, type, bytes }) {
      const target = new URL(url);
      if (bytes.length > BYTES_MAX) throw refused(target.host, `more than ${BYTES_MAX} bytes`);
      const isPrivateAllowed = options.isPrivateAllowed === true;
      if (target.protocol !== 'https:' && !isPrivateAllowed)
        throw refused(target.host, 'only https is sent to');
      const at = Math.trunc(now() / 1_000);
      const mac = createHmac('sha256', secret).update(`${at}.`).update(bytes).digest('hex');
      const status = await post(target, Buffer.from(bytes), isPrivateAllowed, {
        'content-type': type,
        'x-demarc-signature': `t=${at},v1=${mac}`,
      });
      if (status < 200 || status > 299)
        throw deliveryErrors.make(isForNow(status) ? 'DELIVERY_DEFERRED' : 'DELIVERY_REFUSED', {
          to: target.host,
          because: `it answered ${status}`,
        });
      return delivered(now(), target.host, String(status), []);
    },
  };
}

const delivered = (
  atMs: number,
  to: string,
  answer: string,
  rejected: readonly RejectedRecipient[],
): Delivered => ({
  atMs,
  to,
  answer: answer.slice(0, ANSWER_MAX),
  rejected: rejected.map((each) => ({ ...each, because: each.because.slice(0, ANSWER_MAX) })),
});
const refused = (to: string, because: string): Error =>
  deliveryErrors.make('DELIVERY_REFUSED', { to, because: because.slice(0, ANSWER_MAX) });

/** Too early, too much, or the other side's own fault. @see https://www.rfc-editor.org/rfc/rfc9110#section-15 */
const isForNow = (status: number): boolean => status >= 500 || [408, 425, 429].includes(status);
