/** One e-mail through the installation's mail server: who took it, who did not, and whether they may later. */
import type { SendMailOptions, Transporter } from 'nodemailer';
import type { Mail, RejectedRecipient } from '../contract/server.ts';
import { deliveryErrors } from './errors.ts';

export const RECIPIENTS_MAX = 50;
/** From the first step to the last: what comes byte by byte keeps every pause short, and would never end. */
export const MAIL_SECONDS_MAX = 180;
const SILENT_SECONDS_MAX = 60;

export interface Sent {
  readonly answer: string;
  readonly accepted: readonly string[];
  readonly rejected: readonly RejectedRecipient[];
}

/** How the server is spoken to: encrypted, unless it is this machine. */
export function transportOptions(server: URL) {
  const isLocal = ['localhost', '127.0.0.1', '[::1]'].includes(server.hostname);
  return {
    host: server.hostname.replace(/^\[|\]$/g, ''),
    port: Number(server.port) || (server.protocol === 'smtps:' ? 465 : 587),
    secure: server.protocol === 'smtps:',
    requireTLS: server.protocol !== 'smtps:' && !isLocal,
    ignoreTLS: isLocal,
    ...(server.username === ''
      ? {}
      : { auth: { user: decodeURIComponent(server.username), pass: decodeURIComponent(server.password) } }),
    connectionTimeout: SILENT_SECONDS_MAX * 1_000,
    greetingTimeout: SILENT_SECONDS_MAX * 1_000,
    socketTimeout: SILENT_SECONDS_MAX * 1_000,
    // What is attached comes as bytes: no file and no address that somebody named is opened.
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

/** @throws DELIVERY_REFUSED, DELIVERY_DEFERRED, DELIVERY_UNREACHABLE; then nobody took it */
export async function sendMail(
  transport: Transporter,
  from: string,
  { to, subject, text, attachments }: Mail,
  secondsMax: number,
): Promise<Sent> {
  const signal = AbortSignal.timeout(secondsMax * 1_000);
  const message: SendMailOptions = {
    from,
    to: [...to],
    subject,
    text,
    attachments: attachments.map(({ name, type, bytes }) => ({
      filename: name,
      contentType: type,
      content: Buffer.from(bytes),
    })),
    signal,
  };
  try {
    const sent: SmtpSent = await transport.sendMail(message);
    const { response = '', accepted = [], rejected = [] } = sent;
    const errors = new Map((sent.rejectedErrors ?? []).map((each) => [each.recipient ?? '', each]));
    // Addresses come back in the form that the protocol has.
    const given = new Map(to.map((each) => [each.toLowerCase(), each]));
    const nameOf = (each: unknown): string => given.get(String(each).toLowerCase()) ?? String(each);
    return {
      answer: response,
      accepted: accepted.map(nameOf),
      rejected: rejected.map((each) => {
        const error = errors.get(String(each));
        return {
          to: nameOf(each),
          because: error?.message ?? response,
          isRetryable: isForNow(error?.responseCode),
        };
      }),
    };
  } catch (error) {
    const names = to.join(', ');
    if (signal.aborted)
      throw deliveryErrors.make('DELIVERY_UNREACHABLE', {
        to: names,
        because: `it took longer than ${secondsMax} s`,
      });
    throw asDeliveryError(error, names);
  }
}

interface SmtpSent {
  readonly response?: string | undefined;
  readonly accepted?: readonly unknown[] | undefined;
  readonly rejected?: readonly unknown[] | undefined;
  readonly rejectedErrors?: readonly SmtpError[] | undefined;
}
interface SmtpError extends Error {
  readonly code?: string | undefined;
  readonly responseCode?: number | undefined;
  readonly recipient?: string | undefined;
}

/** @see https://www.rfc-editor.org/rfc/rfc5321#section-4.2.1 (4yz: for now, 5yz: for good) */
const isForNow = (code: number | undefined): boolean => code !== undefined && code >= 400 && code < 500;

/** SMTP's own refusals have a reply code; everything else is the way there, as is an account that is ours and wrong. */
function asDeliveryError(error: unknown, to: string): unknown {
  const { code, responseCode } = error as Partial<SmtpError>;
  const because = (error instanceof Error ? error.message : String(error)).slice(0, BECAUSE_MAX);
  if (code === 'EAUTH' || responseCode === undefined || responseCode < 400)
    return deliveryErrors.make('DELIVERY_UNREACHABLE', { to, because });
  return deliveryErrors.make(isForNow(responseCode) ? 'DELIVERY_DEFERRED' : 'DELIVERY_REFUSED', {
    to,
    because,
  });
}

const BECAUSE_MAX = 500;
