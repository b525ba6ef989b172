/** Exim's main log. @see chapter 52 of its specification */
import { type Decoder, fails, firstOf, harmless, lists, misuses, refuses, weak } from './define.ts';

/** Exim writes the host as `H=name (helo) [address]:port`; what is in parentheses the client chose. */
const EXIM_HOST = String.raw`$any[$host](:$port|)`;
const EXIM = [
  fails(
    String.raw`$word authenticator failed for $any[$ip](: |:$port I=$any: |:$port: | I=$any: )535 Incorrect authentication data \(set_id=$$user\)$end`,
  ),
  fails(String.raw`$word authenticator failed for $any[$ip](: |:$port I=|:$port: | I=)`),
  misuses(
    String.raw`SMTP protocol error in "$$any" H=${EXIM_HOST} $any(AUTH command used when not advertised|authentication mechanism not supported)`,
  ),
  misuses(String.raw`SMTP protocol error in "$$any" H=${EXIM_HOST} $any`),
  misuses(String.raw`SMTP protocol synchronization error \($any\): rejected $any H=${EXIM_HOST}`),
  misuses(String.raw`SMTP call from ${EXIM_HOST} $any dropped: too many `),
  misuses(String.raw`SMTP call from ${EXIM_HOST} dropped: too many `),
  refuses(String.raw`SMTP connection from ${EXIM_HOST} $any closed by DROP in ACL`),
  refuses(String.raw`SMTP connection from ${EXIM_HOST} closed by DROP in ACL`),
  misuses(String.raw`no MAIL in SMTP connection from ${EXIM_HOST}`),
  weak(String.raw`no host name found for IP address $ip`),
  weak(String.raw`no IP address found for host $any \(during SMTP connection from $any[$host]`),
  lists(String.raw`H=${EXIM_HOST} $any dropped by $any ACL`),
  lists(String.raw`H=${EXIM_HOST} dropped by $any ACL`),
  refuses(String.raw`H=${EXIM_HOST} sender verify fail for `),
  refuses(String.raw`H=${EXIM_HOST} $any sender verify fail for `),
  harmless(String.raw`H=${EXIM_HOST} $any temporarily rejected `),
  harmless(String.raw`H=${EXIM_HOST} temporarily rejected `),
  refuses(
    String.raw`H=${EXIM_HOST} $any rejected (RCPT|MAIL|EHLO|HELO|after DATA|connection|VRFY|EXPN|AUTH|DATA|ETRN|STARTTLS)`,
  ),
  refuses(
    String.raw`H=${EXIM_HOST} rejected (RCPT|MAIL|EHLO|HELO|after DATA|connection|VRFY|EXPN|AUTH|DATA|ETRN|STARTTLS)`,
  ),
  harmless(String.raw`F=$any H=${EXIM_HOST} $any temporarily rejected by `),
  refuses(String.raw`F=$any H=${EXIM_HOST} $any rejected by local_scan`),
  refuses(String.raw`rejected (EHLO|HELO|VRFY|EXPN) from H=${EXIM_HOST}`),
  refuses(String.raw`rejected connection (from|in $any:) H=${EXIM_HOST}`),
  refuses(
    String.raw`SA: Action: (flagged as Spam but accepted|silently tossed message): score=$any \(host=$any [$host]\) for `,
  ),
];
/** `[pid] `, and the identifier of the message. */
const EXIM_PREFIX = /^(?:\[\d{1,10}\] )?(?:[0-9A-Za-z]{6}-[0-9A-Za-z]{6,11}-[0-9A-Za-z]{2,4} )?/;

export const exim: Decoder = {
  name: 'exim',
  protocol: 'smtp',
  programs: ['exim', 'exim4'],
  marks: [
    'authenticator failed for ',
    'SMTP protocol ',
    'SMTP call from ',
    'SMTP connection from ',
    'no MAIL in SMTP',
    'H=',
    'no host name found for IP',
    'no IP address found for host',
    'SA: Action: ',
  ],
  decode: (message) => firstOf(EXIM, message.replace(EXIM_PREFIX, '')),
};
