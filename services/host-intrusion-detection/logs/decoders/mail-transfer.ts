/** Servers that take mail: Courier, qmail, ASSP, Domino, Kerio and Oracle's. */
import { type Decoder, decoder, fails, floods, invalid, lists, misuses, refuses } from './define.ts';

export const courierSmtp = decoder({ name: 'courier-smtp', protocol: 'smtp', programs: ['courieresmtpd'] }, [
  fails(String.raw`error,relay=$host,$any535 Authentication failed.",cmd: `),
  refuses(String.raw`error,relay=$host,$any: 550 User $any`),
  refuses(String.raw`error,relay=$host,from=$any: 5$int `),
]);

export const qmail = decoder(
  {
    name: 'qmail',
    protocol: 'smtp',
    programs: ['qmail', 'rblsmtpd', 'qmail-smtpd'],
    marks: ['rblsmtpd: ', 'qmail-smtpd: '],
  },
  [
    lists(String.raw`$any rblsmtpd: $ip pid $int `),
    lists(String.raw`rblsmtpd: $ip pid $int `),
    lists(String.raw`$any badiprbl: ip $ip rbl: `),
    lists(String.raw`$any blocked $ip $word -`),
    lists(String.raw`$any badiprbl: $any ip $ip `),
  ],
);

export const otherMail: readonly Decoder[] = [
  decoder(
    {
      name: 'assp',
      protocol: 'smtp',
      marks: [
        'max sender authentication errors',
        'too much AUTH errors',
        'SSL negotiation with client failed',
        'authentication',
        '[RelayAttempt]',
        'relay attempt blocked',
      ],
    },
    [
      fails(String.raw`Blocking $ip - too much AUTH errors`),
      fails(String.raw`$any $ip max sender authentication errors \($int\) exceeded`),
      misuses(String.raw`$any $ip SSL negotiation with client failed: `),
      fails(String.raw`$any] $ip $any[SMTP Error] 535 5.7.8 Error: authentication failed`),
      fails(String.raw`$any $ip $any authentication (failed|error)`),
      refuses(String.raw`$any [RelayAttempt] $ip `),
      refuses(String.raw`$any $ip $any relay attempt blocked `),
    ],
  ),
  decoder(
    {
      name: 'domino',
      protocol: 'smtp',
      marks: [
        'authentication failure using internet password',
        'Authentication failed for user ',
        'rejected for policy',
      ],
    },
    [
      fails(String.raw`$any: $$user [$ip] authentication failure using internet password`),
      fails(String.raw`$any Authentication failed for user $$user ; connecting host ([|)$ip`),
      fails(String.raw`SMTP Server: Authentication failed for user $$user ; connecting host ([|)$ip`),
      refuses(String.raw`$any Connection from ([|)$ip(]|) rejected for policy`),
      refuses(String.raw`$any (C|c)onnection from ([|)$ip(]|) rejected`),
    ],
  ),
  decoder(
    {
      name: 'kerio',
      protocol: 'smtp',
      marks: ['SMTP Spam attack detected', 'IP address ', ' login from ', 'Failed '],
    },
    [
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
    ],
  ),
  decoder({ name: 'oracle-messaging', protocol: 'smtp', marks: ['<co ts="'] }, [
    fails(String.raw`$any tr="TCP\|$any\|$any\|$ip\|$any" ap="$any" mi="$any" us="$user" di="535 `),
    fails(
      String.raw`$any tr="TCP\|$any\|$any\|$ip\|$any" ap="$any" mi="(Bad password|User not found|No such user)"`,
    ),
  ]),
];
