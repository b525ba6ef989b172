/** sendmail, which tells of one message in several lines. */
import {
  type Decoder,
  extra,
  fails,
  firstOf,
  floods,
  harmless,
  invalid,
  lists,
  misuses,
  one,
  type Reading,
  refuses,
} from './define.ts';
import { sessionKey } from './ssh.ts';

const RELAY = String.raw`$any[(IPv6:|)$host]`;
/** A user may be called `x, relay=[1.2.3.4]`; what sendmail wrote stands last. */
const LAST_RELAY = `$${RELAY}`;
const SENDMAIL = [
  fails(String.raw`${RELAY}$any: possible SMTP attack: command=AUTH, count=$int`),
  fails(String.raw`${RELAY}: possible SMTP attack: command=AUTH, count=$int`),
  fails(String.raw`AUTH failure \($method\): $any, user=$user, relay=` + LAST_RELAY),
  fails(String.raw`AUTH failure \($method\): $any, relay=` + LAST_RELAY),
  lists(
    String.raw`ruleset=$word arg1=$any, relay=${RELAY}$any, reject=$int $any(listed at|blacklist|in Barracuda RBL|SpamHaus|RBL)`,
  ),
  floods(
    String.raw`ruleset=check_relay, arg1=$any, relay=${RELAY}$any reject=421 4.3.2 (Connection rate limit exceeded|Too many open connections)`,
  ),
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
