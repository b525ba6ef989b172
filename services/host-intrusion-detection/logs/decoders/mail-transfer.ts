/** Servers that take mail: Postfix, Exim, sendmail, Courier, qmail and others. */
import { sessionKey } from './ssh.ts';
import { type Decoder, decoder, errs, extra, fails, firstOf, floods, invalid, lists, misuses, type Reading, refuses, weak, harmless, one } from './define.ts';

const CLIENT = String.raw`$any[$host](:$port|)`;
/** RFC 3463 codes may be missing. */
const CODE = String.raw`$int ($int.$int.$int |)`;

const SASL = [
  weak(String.raw`warning: ${CLIENT}: SASL $method authentication failed: Invalid authentication mechanism`),
  { ...harmless(String.raw`warning: ${CLIENT}: SASL $method authentication failed: Connection lost to authentication server`), outcome: 'other' as const },
  fails(String.raw`warning: ${CLIENT}: SASL $method authentication failed:$any, sasl_username=$user$end`),
  fails(String.raw`warning: ${CLIENT}: SASL $method authentication failed`),
];
const POSTFIX = [
  floods(String.raw`warning: (Connection|Message delivery request|Recipient address|New TLS session|AUTH) $any limit exceeded: $int from ${CLIENT}`),
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
  floods(String.raw`(BARE NEWLINE|NON-SMTP COMMAND|DNSBL rank $int for|BLACKLISTED|DENYLISTED) (from |)[$host]:$port`),
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
const TEMPORARY = ['Greylist', 'greylist', 'Service currently unavailable', 'Server configuration', 'queue file', 'Insufficient system storage', 'try again later'];

export const postfix: Decoder = {
  name: 'postfix',
  protocol: 'smtp',
  programs: ['postfix'],
  decode: (message) => {
    const reading = (message.includes(': SASL ') ? firstOf(SASL, message) : undefined) ?? firstOf(POSTFIX, message);
    if (reading !== undefined) return reading;
    const rejected = firstOf(REJECT, message);
    if (rejected === undefined) return one(REJECT_WARNING, message);
    const isTemporary = TEMPORARY.some((text) => message.includes(text));
    const user = /(?:^|[ ,;])to=<([^<>]{1,320})>/.exec(message.slice(-1_024))?.[1];
    return { ...rejected, sign: isTemporary ? 'weak' : rejected.sign, fields: { ...rejected.fields, ...(user === undefined ? {} : { recipient: user }) } };
  },
};

/** Exim writes the host as `H=name (helo) [address]:port`; what is in parentheses the client chose. */
const EXIM_HOST = String.raw`$any[$host](:$port|)`;
const EXIM = [
  fails(String.raw`$word authenticator failed for $any[$ip](: |:$port I=$any: |:$port: | I=$any: )535 Incorrect authentication data \(set_id=$$user\)$end`),
  fails(String.raw`$word authenticator failed for $any[$ip](: |:$port I=|:$port: | I=)`),
  misuses(String.raw`SMTP protocol error in "$$any" H=${EXIM_HOST} $any(AUTH command used when not advertised|authentication mechanism not supported)`),
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
  refuses(String.raw`H=${EXIM_HOST} $any rejected (RCPT|MAIL|EHLO|HELO|after DATA|connection|VRFY|EXPN|AUTH|DATA|ETRN|STARTTLS)`),
  refuses(String.raw`H=${EXIM_HOST} rejected (RCPT|MAIL|EHLO|HELO|after DATA|connection|VRFY|EXPN|AUTH|DATA|ETRN|STARTTLS)`),
  harmless(String.raw`F=$any H=${EXIM_HOST} $any temporarily rejected by `),
  refuses(String.raw`F=$any H=${EXIM_HOST} $any rejected by local_scan`),
  refuses(String.raw`rejected (EHLO|HELO|VRFY|EXPN) from H=${EXIM_HOST}`),
  refuses(String.raw`rejected connection (from|in $any:) H=${EXIM_HOST}`),
  refuses(String.raw`SA: Action: (flagged as Spam but accepted|silently tossed message): score=$any \(host=$any [$host]\) for `),
];
/** `[pid] `, and the identifier of the message. */
const EXIM_PREFIX = /^(?:\[\d{1,10}\] )?(?:[0-9A-Za-z]{6}-[0-9A-Za-z]{6,11}-[0-9A-Za-z]{2,4} )?/;

export const exim: Decoder = {
  name: 'exim',
  protocol: 'smtp',
  programs: ['exim', 'exim4'],
  marks: ['authenticator failed for ', 'SMTP protocol ', 'SMTP call from ', 'SMTP connection from ', 'no MAIL in SMTP', 'H=', 'no host name found for IP', 'no IP address found for host', 'SA: Action: '],
  decode: (message) => firstOf(EXIM, message.replace(EXIM_PREFIX, '')),
};

const RELAY = String.raw`$any[(IPv6:|)$host]`;
/** A user may be called `x, relay=[1.2.3.4]`; what sendmail wrote stands last. */
const LAST_RELAY = `$${RELAY}`;
const SENDMAIL = [
  fails(String.raw`${RELAY}$any: possible SMTP attack: command=AUTH, count=$int`),
  fails(String.raw`${RELAY}: possible SMTP attack: command=AUTH, count=$int`),
  fails(String.raw`AUTH failure \($method\): $any, user=$user, relay=` + LAST_RELAY),
  fails(String.raw`AUTH failure \($method\): $any, relay=` + LAST_RELAY),
  lists(String.raw`ruleset=$word arg1=$any, relay=${RELAY}$any, reject=$int $any(listed at|blacklist|in Barracuda RBL|SpamHaus|RBL)`),
  floods(String.raw`ruleset=check_relay, arg1=$any, relay=${RELAY}$any reject=421 4.3.2 (Connection rate limit exceeded|Too many open connections)`),
  extra(String.raw`ruleset=$word arg1=$any, relay=${RELAY}$any reject=4$int 4.4.0 `),
  refuses(String.raw`ruleset=$word arg1=$any, relay=${RELAY}$any reject=`),
  misuses(String.raw`rejecting commands from $any[$host] due to pre-greeting traffic`),
  refuses(String.raw`${RELAY}: (EXPN|expn|VRFY|vrfy) $any [rejected]`),
  extra(String.raw`${RELAY}$any did not issue MAIL/EXPN/VRFY/ETRN during connection to `),
  extra(String.raw`${RELAY} did not issue MAIL/EXPN/VRFY/ETRN during connection to `),
  extra(String.raw`lost input channel from ${RELAY} to $word after `),
];
const NOBODY = invalid(String.raw`<$user>... (No such user here|User unknown)`);
const FROM = harmless(String.raw`from=$any, relay=` + LAST_RELAY);

export const sendmail: Decoder = {
  name: 'sendmail',
  protocol: 'smtp',
  programs: ['sendmail', 'sm-mta', 'sm-acceptingconnections', 'sm-msp'],
  decode: (message, context) => {
    const queue = /^(\w{6,24}): /.exec(message.slice(0, 32));
    const said = queue === null ? message : message.slice(queue[0].length);
    const reading = firstOf(SENDMAIL, said);
    if (reading !== undefined || queue === null) return sorted(reading);
    const key = `${sessionKey(context)} ${queue[1] ?? ''}`;
    const nobody = one(NOBODY, said);
    if (nobody !== undefined) return { ...nobody, session: { key, step: 'fails' } };
    const from = one(FROM, said);
    return from === undefined ? undefined : { ...from, session: { key, step: 'closes' } };
  },
};

/** Being on a list is a refusal like the others to who counts those. */
function sorted(reading: Reading | undefined): Reading | undefined {
  if (reading === undefined) return undefined;
  return reading.sign === 'listed' || reading.sign === 'flood' ? { ...reading, sign: 'rejection' } : reading;
}

export const courierSmtp = decoder({ name: 'courier-smtp', protocol: 'smtp', programs: ['courieresmtpd'] }, [
  fails(String.raw`error,relay=$host,$any535 Authentication failed.",cmd: `),
  refuses(String.raw`error,relay=$host,$any: 550 User $any`),
  refuses(String.raw`error,relay=$host,from=$any: 5$int `),
]);

export const qmail = decoder({ name: 'qmail', protocol: 'smtp', programs: ['qmail', 'rblsmtpd', 'qmail-smtpd'], marks: ['rblsmtpd: ', 'qmail-smtpd: '] }, [
  lists(String.raw`$any rblsmtpd: $ip pid $int `),
  lists(String.raw`rblsmtpd: $ip pid $int `),
  lists(String.raw`$any badiprbl: ip $ip rbl: `),
  lists(String.raw`$any blocked $ip $word -`),
  lists(String.raw`$any badiprbl: $any ip $ip `),
]);

export const otherMail: readonly Decoder[] = [
  decoder({ name: 'assp', protocol: 'smtp', marks: ['max sender authentication errors', 'too much AUTH errors', 'SSL negotiation with client failed', 'authentication', '[RelayAttempt]', 'relay attempt blocked'] }, [
    fails(String.raw`Blocking $ip - too much AUTH errors`),
    fails(String.raw`$any $ip max sender authentication errors \($int\) exceeded`),
    misuses(String.raw`$any $ip SSL negotiation with client failed: `),
    fails(String.raw`$any] $ip $any[SMTP Error] 535 5.7.8 Error: authentication failed`),
    fails(String.raw`$any $ip $any authentication (failed|error)`),
    refuses(String.raw`$any [RelayAttempt] $ip `),
    refuses(String.raw`$any $ip $any relay attempt blocked `),
  ]),
  decoder({ name: 'domino', protocol: 'smtp', marks: ['authentication failure using internet password', 'Authentication failed for user ', 'rejected for policy'] }, [
    fails(String.raw`$any: $$user [$ip] authentication failure using internet password`),
    fails(String.raw`$any Authentication failed for user $$user ; connecting host ([|)$ip`),
    fails(String.raw`SMTP Server: Authentication failed for user $$user ; connecting host ([|)$ip`),
    refuses(String.raw`$any Connection from ([|)$ip(]|) rejected for policy`),
    refuses(String.raw`$any (C|c)onnection from ([|)$ip(]|) rejected`),
  ]),
  decoder({ name: 'kerio', protocol: 'smtp', marks: ['SMTP Spam attack detected', 'IP address ', ' login from ', 'Failed '] }, [
    floods(String.raw`SMTP Spam attack detected from $ip,`),
    lists(String.raw`IP address $ip found in DNS blacklist `),
    refuses(String.raw`Relay attempt from IP address $ip`),
    refuses(String.raw`Attempt to deliver to unknown recipient <$user>, from $any, IP address $ip$end`),
    refuses(String.raw`Attempt to deliver to unknown recipient $user, from $any, IP address $ip$end`),
    invalid(String.raw`$word User $$user doesn't exist. Attempt from IP address $ip`),
    fails(String.raw`$word User $$user. Invalid password. Authentication from IP address $ip`),
    fails(String.raw`$word Invalid password for user $$user. Attempt from IP address $ip`),
    fails(String.raw`$any Invalid password for user $$user. Attempt from IP address $ip`),
    refuses(String.raw`Client with IP address $ip has no reverse DNS entry, connection rejected`),
    refuses(String.raw`Message from IP address $ip, sender $any rejected: `),
    fails(String.raw`$any login into $any from $ip failed`),
    fails(String.raw`Failed $word login from $ip, user $user$end`),
    fails(String.raw`Failed $word login from $ip`),
  ]),
  decoder({ name: 'oracle-messaging', protocol: 'smtp', marks: ['<co ts="'] }, [
    fails(String.raw`$any tr="TCP\|$any\|$any\|$ip\|$any" ap="$any" mi="$any" us="$user" di="535 `),
    fails(String.raw`$any tr="TCP\|$any\|$any\|$ip\|$any" ap="$any" mi="(Bad password|User not found|No such user)"`),
  ]),
];
