/** Servers that hand out mail: Dovecot, Cyrus, Courier, UW imapd and others, and the pages in front of them. */
import {
  type Decoder,
  decoder,
  extra,
  fails,
  firstOf,
  harmless,
  invalid,
  misuses,
  type Reading,
  refuses,
  weak,
} from './define.ts';

const RIP = String.raw`$any rip=$host`;
/** `…-login: Info: Reason (detail): user=<x>, method=y, rip=z`; a user without a name is written as `<>`. */
const ENDED = [
  fails(String.raw`$any\(auth failed, $int attempts$any: (user=<$user>, |)($any|)rip=$host`),
  fails(String.raw`$any\(proxy dest auth failed\): (user=<$user>, |)${RIP}`),
  fails(String.raw`$any\(proxy dest auth failed\)$any rip=$host`),
  misuses(
    String.raw`$any\(tried to use (disabled|disallowed) $any auth\): (user=<$user>, |)($any |)rip=$host`,
  ),
  weak(String.raw`$any\(no auth attempts$any: ($any |)rip=$host`),
  // Of Dovecot 1.
  weak(String.raw`Aborted login \($int authentication attempts\): (user=<$user>, |)($any |)rip=$host`),
  harmless(String.raw`Aborted login: (user=<$user>, |)($any |)rip=$host`),
  extra(String.raw`$any\(disconnected before auth was ready$any: ($any |)rip=$host`),
  extra(String.raw`$any\(client didn't finish SASL auth$any: ($any |)rip=$host`),
  extra(String.raw`$any\(disconnected during TLS handshake\)$any: ($any |)rip=$host`),
  {
    ...harmless(String.raw`Login: user=<$user>, $any rip=$host`),
    outcome: 'authentication-success' as const,
  },
];
/** `auth-worker(1): conn unix:…: auth-worker<2>: sql(user,address,<session>): what happened` */
const BACKENDS = [
  'pam',
  'passwd-file',
  'passwd',
  'shadow',
  'sql',
  'ldap',
  'static',
  'lua',
  'oauth2',
  'checkpassword',
  'dict',
  'imap',
  'bsdauth',
  'vpopmail',
];
const CHECKED = [
  fails(
    String.raw`$$user,$ip(,$any|)\): pam_authenticate\(\) failed: (Authentication failure|User not known|Permission denied|Authentication token)`,
  ),
  invalid(String.raw`$$user,$ip(,$any|)\): (U|u)nknown user`),
  fails(String.raw`$$user,$ip(,$any|)\): (P|p)assword mismatch`),
  fails(String.raw`$$user,$ip(,$any|)\): invalid credentials`),
];
/** Since 2.4: `auth(user,address,sasl:plain)<session>: Info: sql: Password mismatch` */
const CHECKED_SINCE_2_4 = [
  fails(
    String.raw`auth\($$user,$ip,sasl:$any\)$any: ($any |)(Password mismatch|pam_authenticate\(\) failed|invalid credentials|Invalid credentials)`,
  ),
  invalid(String.raw`auth\($$user,$ip,sasl:$any\)$any: ($any |)(unknown user|Unknown user)`),
];

export const dovecot: Decoder = {
  name: 'dovecot',
  programs: [
    'dovecot',
    'auth',
    'auth-worker',
    'dovecot-auth',
    'imap-login',
    'pop3-login',
    'managesieve-login',
    'submission-login',
  ],
  marks: ['-login: ', 'auth-worker', 'auth('],
  decode: (message, { line, program }) => {
    if (line.includes('auth') && !message.includes('pam_unix(')) {
      const newer = line.indexOf('auth(');
      const reading = newer === -1 || newer > 96 ? undefined : firstOf(CHECKED_SINCE_2_4, line.slice(newer));
      const found = reading ?? checked(message);
      if (found !== undefined) return found;
    }
    if (program?.includes('-login') !== true && !message.slice(0, 64).includes('-login: ')) return undefined;
    const at = program?.includes('-login') === true ? 0 : message.indexOf('-login: ') + 8;
    return firstOf(ENDED, message.slice(at).replace(/^Info: /, ''));
  },
};

function checked(message: string): Reading | undefined {
  for (const backend of BACKENDS) {
    const at = message.indexOf(`${backend}(`);
    if (at === -1 || at > 160) continue;
    const reading = firstOf(CHECKED, message.slice(at + backend.length + 1));
    if (reading !== undefined) return reading;
  }
  return undefined;
}

const BADLOGIN = [
  fails(String.raw`badlogin: $any[$ip](:$port|) (plaintext|PLAINTEXT) $user SASL`),
  fails(String.raw`badlogin: $any[$ip] $method `),
  { ...harmless(String.raw`login: $any[$ip] $user `), outcome: 'authentication-success' as const },
];

export const mailBoxes: readonly Decoder[] = [
  decoder(
    {
      name: 'sieve',
      protocol: 'managesieve',
      programs: ['sieve', 'cyrus/sieve', 'cyrus/managesieve', 'timsieved', 'cyrus/timsieved'],
    },
    BADLOGIN,
  ),
  decoder(
    {
      name: 'cyrus',
      protocol: 'imap',
      programs: ['cyrus', 'imap', 'imaps', 'pop3', 'pop3s', 'imapd', 'pop3d', 'lmtpd', 'master', 'nntpd'],
      marks: ['badlogin: '],
    },
    BADLOGIN,
  ),
  decoder(
    {
      name: 'courier',
      protocol: 'imap',
      programs: ['imapd', 'imapd-ssl', 'pop3d', 'pop3d-ssl', 'courierpop3login', 'courierlogger', 'courier'],
    },
    [
      fails(String.raw`LOGIN FAILED, user=$$user, ip=[$ip]`),
      fails(String.raw`LOGIN FAILED, method=$any, ip=[$ip]`),
      fails(String.raw`LOGIN FAILED, ip=[$ip]`),
    ],
  ),
  decoder({ name: 'uw-imap', protocol: 'imap', programs: ['imapd', 'ipop3d', 'ipop2d'] }, [
    fails(
      String.raw`Login (failed|excessive login failures|disabled|failure|refused) user=$user auth=$any host=$any[$ip]`,
    ),
    fails(
      String.raw`Login (failed|excessive login failures|disabled|failure|refused) user=$user auth=$any host=[$ip]`,
    ),
    fails(String.raw`Failed $any override of user=$user host=$any[$ip]`),
  ]),
  decoder({ name: 'perdition', protocol: 'imap', programs: ['perdition'] }, [
    fails(String.raw`Auth: $ip:$port->$any authentication_id="$user" $any status="failed: `),
    fails(String.raw`Auth: $ip:$port->$any status="failed: `),
    misuses(String.raw`Fatal Error reading authentication information from client $ip:$port->`),
  ]),
  decoder({ name: 'solid-pop3d', protocol: 'pop3', programs: ['solid-pop3d'] }, [
    invalid(String.raw`authentication failed: (no such user|can't map user name): $$user - $ip`),
    fails(String.raw`(APOP |)authentication failed for (mapped |)user $$user - $ip`),
    refuses(String.raw`root login not allowed - $ip`),
    fails(String.raw`can't find APOP secret for user $$user - $ip`),
  ]),
  decoder(
    {
      name: 'roundcube',
      protocol: 'http',
      programs: ['roundcube'],
      marks: ['FAILED login for ', 'Login failed for ', 'Failed login for '],
    },
    [
      fails(
        String.raw`(<$any> |)(FAILED login|Login failed|Failed login) for $$user from $ip in session $any$end`,
      ),
      fails(
        String.raw`(<$any> |)(IMAP Error: |)(FAILED login|Login failed|Failed login) for $$user(, | against $any | )from $ip(. $any|$any|)$end`,
      ),
      fails(String.raw`$any: (FAILED login|Login failed|Failed login) for $$user from $ip`),
    ],
  ),
  decoder({ name: 'squirrelmail', protocol: 'http', marks: ['LOGIN_ERROR'] }, [
    fails(String.raw`[LOGIN_ERROR] $$user from $ip: Unknown user or password incorrect`),
  ]),
  decoder({ name: 'openwebmail', protocol: 'http', marks: [' login error - ', ' userinfo error - '] }, [
    fails(String.raw`([$int] |)\($ip\) $user - (login error|userinfo error) - `),
  ]),
  decoder({ name: 'horde', protocol: 'http', marks: ['FAILED LOGIN for '] }, [
    fails(String.raw`$any FAILED LOGIN for $$user [$ip]( \(forwarded for $any\)|) to `),
    fails(String.raw`$any FAILED LOGIN for $$user from $ip `),
  ]),
  decoder({ name: 'sogo', protocol: 'http', programs: ['sogod', 'sogo'] }, [
    fails(String.raw`SOGoRootPage Login from '$ip$any' for user '$$user' might not have worked`),
    fails(String.raw`SOGoRootPage Login from '$ip' for user '$$user' might not have worked`),
  ]),
];
