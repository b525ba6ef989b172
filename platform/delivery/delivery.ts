/** Door: documents on their way out of the platform, by e-mail or webhook; each bounded in time and size. */
import { createHmac } from 'node:crypto';
import type { Delivered, Delivery } from '../contract/server.ts';
import { deliveryErrors } from './errors.ts';
import { post } from './post.ts';

const RECIPIENTS_MAX = 50;
const BYTES_MAX = 26_214_400; // 25 MiB: what mail servers commonly take
const SECONDS_MAX = 60;
const ANSWER_MAX = 500;

export interface DeliveryOptions {
  /** `smtps://…`, or `smtp://…` (then STARTTLS is demanded unless it is this machine); undefined: no e-mail. */
  readonly smtpUrl: string | undefined;
  readonly from: string;
  /** A tenant chooses where a webhook goes: not into the provider's own networks, unless this is said. */
  readonly isPrivateAllowed?: boolean;
  now(): number;
}

/** The library is loaded where there is a server to send with: a start without one does not wait for it. */
export async function openDelivery(options: DeliveryOptions): Promise<Delivery> {
  const { smtpUrl, from, now } = options;
  const mailer = smtpUrl === undefined ? undefined : await import('nodemailer');
  return {
    async mail({ to, subject, text, attachments }) {
      if (smtpUrl === undefined || mailer === undefined) throw deliveryErrors.make('DELIVERY_NOT_SET_UP', {});
      const names = to.join(', ');
      const size = attachments.reduce((sum, { bytes }) => sum + bytes.length, text.length);
      if (to.length === 0 || to.length > RECIPIENTS_MAX)
        throw refused(names, `there must be 1 to ${RECIPIENTS_MAX} recipients`);
      if (size > BYTES_MAX)
        throw refused(names, `${size} bytes are more than the ${BYTES_MAX} that are sent`);
      const server = new URL(smtpUrl);
      const transport = mailer.createTransport({
        host: server.hostname.replace(/^\[|\]$/g, ''),
        port: Number(server.port) || (server.protocol === 'smtps:' ? 465 : 587),
        secure: server.protocol === 'smtps:',
        requireTLS: server.protocol !== 'smtps:' && !isLoopback(server.hostname),
        ignoreTLS: isLoopback(server.hostname),
        ...(server.username === ''
          ? {}
          : {
              auth: { user: decodeURIComponent(server.username), pass: decodeURIComponent(server.password) },
            }),
        connectionTimeout: SECONDS_MAX * 1_000,
        greetingTimeout: SECONDS_MAX * 1_000,
        socketTimeout: SECONDS_MAX * 1_000,
        // What is attached comes as bytes: no file and no address that somebody named is opened.
        disableFileAccess: true,
        disableUrlAccess: true,
      });
      try {
        const sent = await transport.sendMail({
          from,
          to: [...to],
          subject,
          text,
          attachments: attachments.map(({ name, type, bytes }) => ({
            filename: name,
            contentType: type,
            content: Buffer.from(bytes),
          })),
        });
        const rejected = sent.rejected.map(String);
        if (rejected.length > 0) throw refused(rejected.join(', '), sent.response);
        return delivered(now(), names, sent.response);
      } catch (error) {
        throw asDeliveryError(error, names);
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
      if (status < 200 || status > 299) throw refused(target.host, `it answered ${status}`);
      return delivered(now(), target.host, String(status));
    },
  };
}

const delivered = (atMs: number, to: string, answer: string): Delivered => ({
  atMs,
  to,
  answer: answer.slice(0, ANSWER_MAX),
});
const refused = (to: string, because: string): Error =>
  deliveryErrors.make('DELIVERY_REFUSED', { to, because: because.slice(0, ANSWER_MAX) });

/** SMTP's own refusals have a reply code; everything else is the way there. */
function asDeliveryError(error: unknown, to: string): unknown {
  if (error instanceof Error && 'fix' in error) return error;
  const code = (error as { readonly responseCode?: number }).responseCode;
  return code !== undefined && code >= 500
    ? refused(to, error instanceof Error ? error.message : String(error))
    : deliveryErrors.make('DELIVERY_UNREACHABLE', {
        to,
        because: error instanceof Error ? error.message : String(error),
      });
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '127.0.0.1' || host === '[::1]' || host === '::1';
