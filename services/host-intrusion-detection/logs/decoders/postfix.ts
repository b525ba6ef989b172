/** Postfix: its SMTP server and postscreen in front of it. @see smtpd(8), postscreen(8) */
import {
  type Decoder,
  errs,
  extra,
  fails,
  firstOf,
  floods,
  harmless,
  lists,
  misuses,
  one,
  refuses,
  weak,
} from './define.ts';

const CLIENT = String.raw`$any[$host](:$port|)`;
/** RFC 3463 codes may be missing. */
const CODE = String.raw`$int ($int.$int.$int |)`;

const SASL = [
  weak(String.raw`warning: ${CLIENT}: SASL $method authentication failed: Invalid authentication mechanism`),
  {
    ...harmless(
      String.raw`warning: ${CLIENT}: SASL $method authentication failed: Connection lost to authentication server`,
    ),
    outcome: 'other' as const,
  },
  fails(String.raw`warning: ${CLIENT}: SASL $method authentication failed:$any, sasl_username=$user$end`),
  fails(String.raw`warning: ${CLIENT}: SASL $method authentication failed`),
];
const POSTFIX = [
  floods(
    String.raw`warning: (Connection|Message delivery request|Recipient address|New TLS session|AUTH) $any limit exceeded: $int from ${CLIENT}`,
  ),
  extra(String.raw`warning: hostname $any does not resolve to address $host`),
  weak(String.raw`warning: non-SMTP command from ${CLIENT}`),
  errs(String.raw`too many errors after $word from ${CLIENT}`),
  misuses(String.raw`improper command pipelining after $word from ${CLIENT}`),
  harmless(String.raw`(lost connection|timeout) after (DATA|END-OF-MESSAGE|BDAT)`),
  harmless(String.raw`(lost connection|timeout) after AUTH from ${CLIENT}`),
  floods(String.raw`(NOQUEUE: |)lost connection after $any from ${CLIENT}`),
  floods(String.raw`(NOQUEUE: |)timeout after $any from ${CLIENT}`),
  floods(String.raw`disconnect from ${CLIENT}( $any | )auth=0/$int`),
  harmless(String.raw`disconnect from ${CLIENT}`),
  harmless(String.raw`connect from ${CLIENT}`),
  floods(String.raw`PREGREET $int after $any from [$host]:$port`),
  floods(String.raw`HANGUP after $any from [$host]:$port`),
  floods(String.raw`COMMAND (TIME|COUNT|LENGTH|PIPELINING) (LIMIT |)from [$host]:$port`),
  floods(
    String.raw`(BARE NEWLINE|NON-SMTP COMMAND|DNSBL rank $int for|BLACKLISTED|DENYLISTED) (from |)[$host]:$port`,
  ),
  floods(String.raw`SSL_accept error from ${CLIENT}`),
];
/** `queue id: reject: COMMAND from client: code text; …` */
const REJECT = [
  // Postscreen refuses by its own score of several lists.
  refuses(String.raw`$word reject: $word from [$ip]:$port: ${CODE}`),
  lists(String.raw`$word (milter-reject|reject): $word from ${CLIENT}: ${CODE}$any blocked using `),
  refuses(String.raw`$word (milter-reject|reject): $word from ${CLIENT}: ${CODE}`),
];
const REJECT_WARNING = harmless(String.raw`$word (reject_warning|warn|redirect|discard|hold|filter): `);
/** Refusals for now, that say nothing of the client: what is full, slow or being greylisted. */
const TEMPORARY = [
  'Greylist',
  'greylist',
  'Service currently unavailable',
  'Server configuration',
  'queue file',
  'Insufficient system storage',
  'try again later',
];

export const postfix: Decoder = {
  name: 'postfix',
  protocol: 'smtp',
  programs: ['postfix'],
  decode: (message) => {
    const reading =
      (message.includes(': SASL ') ? firstOf(SASL, message) : undefined) ?? firstOf(POSTFIX, message);
    if (reading !== undefined) return reading;
    const rejected = firstOf(REJECT, message);
    if (rejected === undefined) return one(REJECT_WARNING, message);
    const isTemporary = TEMPORARY.some((text) => message.includes(text));
    const user = /(?:^|[ ,;])to=<([^<>]{1,320})>/.exec(message.slice(-1_024))?.[1];
    return {
      ...rejected,
      sign: isTemporary ? 'weak' : rejected.sign,
      fields: { ...rejected.fields, ...(user === undefined ? {} : { recipient: user }) },
    };
  },
};
