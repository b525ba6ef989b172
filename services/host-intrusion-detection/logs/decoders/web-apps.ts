/** Applications on the web that keep a log of their own. */
import {
  type Decoder,
  decoder,
  fails,
  firstOf,
  floods,
  harmless,
  invalid,
  isOnce,
  one,
  probes,
  refuses,
  succeeds,
} from './define.ts';

const FAILED_TIMES = fails(String.raw`'$ip' $int failed login attempt(s|). (Invalid a|A)ccount '$user'`);

/** Fields of Drupal's syslog line are joined by `|`; a client chooses the fourth and the fifth of them. */
const drupal: Decoder = {
  name: 'drupal',
  protocol: 'http',
  marks: ['|user|'],
  decode: (message) => {
    const [base = '', at = '', kind, ip = ''] = message.split('|', 4);
    if (kind !== 'user' || !base.includes('://') || !/^\d{1,12}$/.test(at)) return undefined;
    // What Drupal says itself is behind the last separator.
    const said = message.slice(message.lastIndexOf('|') + 1);
    const reading = one(DRUPAL_FAILED, said) ?? one(DRUPAL_OPENED, said);
    return reading === undefined
      ? { outcome: 'other', sign: 'none', fields: { host: ip } }
      : { ...reading, fields: { ...reading.fields, host: ip } };
  },
};
const DRUPAL_FAILED = fails(String.raw`Login attempt failed (for|from) $$user.$end`);
const DRUPAL_OPENED = harmless(String.raw`Session opened for $$user.$end`);

const KEYCLOAK_FAILED = [
  invalid(
    String.raw`$any type="LOGIN_ERROR", $any ipAddress="$ip", error="user_not_found"($any username="$user"|)`,
  ),
  fails(String.raw`$any type="LOGIN_ERROR", $any ipAddress="$ip", error="$word"$any username="$user"`),
  fails(String.raw`$any type="LOGIN_ERROR", $any ipAddress="$ip", error="`),
  fails(String.raw`$any type=LOGIN_ERROR, $any ipAddress=$ip, error=`),
];
/** The client's name of itself stands before the address, its account behind. */
const keycloak: Decoder = {
  name: 'keycloak',
  protocol: 'http',
  marks: ['LOGIN_ERROR'],
  decode: (message) => (isOnce(message, 'ipAddress=') ? firstOf(KEYCLOAK_FAILED, message) : undefined),
};

export const webApps: readonly Decoder[] = [
  drupal,
  keycloak,
  decoder({ name: 'home-assistant', protocol: 'http', marks: ['[homeassistant.components.http.ban]'] }, [
    fails(
      String.raw`$any [homeassistant.components.http.ban] Login attempt or request with invalid authentication from $any \($ip\)`,
    ),
    fails(
      String.raw`$any [homeassistant.components.http.ban] Login attempt or request with invalid authentication from $ip`,
    ),
  ]),
  decoder({ name: 'jellyfin', protocol: 'http', marks: ['Authentication request for '] }, [
    fails(String.raw`$any Authentication request for "$$user" has been denied \(IP: "$ip"\)`),
  ]),
  decoder({ name: 'bitwarden', protocol: 'http', marks: ['Failed login attempt'] }, [
    fails(String.raw`$any] Failed login attempt(, 2FA invalid|). $ip`),
  ]),
  decoder(
    {
      name: 'vaultwarden',
      protocol: 'http',
      marks: [
        '[vaultwarden::',
        '[bitwarden_rs::',
        'Username or password is incorrect',
        'Invalid admin token',
        'Invalid TOTP code',
      ],
    },
    [
      fails(String.raw`$any Username or password is incorrect. Try again. IP: $ip. Username: $user.$end`),
      fails(String.raw`$any Username or password is incorrect. Try again. IP: $ip`),
      fails(String.raw`$any Invalid admin token(.|!) IP: $ip`),
      fails(String.raw`$any Invalid TOTP code! Server time: $any UTC IP: $ip`),
    ],
  ),
  decoder({ name: 'centreon', protocol: 'http', marks: ['|[WEB]', '[WEB] '] }, [
    fails(String.raw`$any[WEB] [$ip] Authentication failed for '$$user'`),
    fails(String.raw`$any[WEB] $any [$ip] Authentication failed for '$$user'`),
  ]),
  decoder({ name: 'directadmin', protocol: 'http', marks: ['failed login attempt'] }, [
    FAILED_TIMES,
    fails(String.raw`'$ip' $int failed login attempt`),
  ]),
  decoder({ name: 'froxlor', protocol: 'http', programs: ['froxlor'] }, [
    invalid(String.raw`[Login Action $ip] Unknown user '$$user' tried to login`),
    fails(String.raw`[Login Action $ip] User '$$user' tried to login with wrong password`),
    fails(String.raw`$any: (User|Unknown user) tried to login$any"user":"$ip"`),
  ]),
  decoder({ name: 'gitlab', protocol: 'http', marks: ['Failed Login: username='] }, [
    fails(String.raw`Failed Login: username=$$user ip=$ip`),
  ]),
  decoder(
    {
      name: 'gitea',
      protocol: 'http',
      marks: ['Failed authentication attempt for ', 'invalid credentials from '],
    },
    [
      fails(String.raw`$any Failed authentication attempt for $$user from $ip`),
      fails(String.raw`$any invalid credentials from $ip`),
    ],
  ),
  decoder({ name: 'grafana', protocol: 'http', marks: ['remote_addr='] }, [
    fails(
      String.raw`$any msg="(Invalid username or password|Unauthorized)"$any uname=$user error=$any remote_addr=([|)$ip`,
    ),
    fails(
      String.raw`$any msg="(Invalid username or password|Invalid Username or Password|Unauthorized)"$any remote_addr=([|)$ip`,
    ),
    fails(
      String.raw`$any error="(Invalid Username or Password|Invalid username or password|User not found)"$any remote_addr=([|)$ip`,
    ),
  ]),
  decoder({ name: 'groupoffice', protocol: 'http', marks: ['LOGIN FAILED for user: '] }, [
    fails(String.raw`LOGIN FAILED for user: "$$user" from IP: $ip`),
  ]),
  decoder({ name: 'guacamole', protocol: 'http', marks: ['uthentication attempt from '] }, [
    fails(
      String.raw`(WARNING: |$any - |)Authentication attempt from ([|)$ip(,$any|)(]|) for user "$$user" failed`,
    ),
    fails(String.raw`$any Authentication attempt from ([|)$ip(,$any|)(]|) for user "$$user" failed`),
  ]),
  decoder({ name: 'monitorix', protocol: 'http', marks: ['NOTEXIST - ', 'NOTALLOWED - ', 'AUTHERR - '] }, [
    probes(String.raw`NOTEXIST - [$ip] File does not exist: `),
    refuses(String.raw`NOTALLOWED - [$ip] Access not allowed: `),
    fails(String.raw`AUTHERR - [$ip] Authentication error: `),
  ]),
  decoder(
    {
      name: 'nextcloud',
      protocol: 'http',
      marks: ['Login failed: ', 'Login successful: ', 'Trusted domain error'],
    },
    [
      fails(String.raw`$any"remoteAddr":"$ip"$any"message":"Login failed: '$user' \(Remote IP: `),
      fails(String.raw`$any"remoteAddr":"$ip"$any"message":"Login failed: $user \(Remote IP: `),
      fails(String.raw`$any Login failed: '$user' \(Remote IP: '$ip`),
      refuses(String.raw`$any"remoteAddr":"$ip"$any"message":"Trusted domain error`),
      succeeds(String.raw`$any"remoteAddr":"$ip"$any"message":"Login successful: \\"$user\\""`),
      refuses(String.raw`$any"message":"(Two-factor challenge failed|Login failed: )$any"remoteAddr":"$ip"`),
    ],
  ),
  decoder({ name: 'phpmyadmin', protocol: 'http', programs: ['phpmyadmin'], marks: ['user denied: '] }, [
    fails(String.raw`user denied: $$user \($any-denied\) from $ip`),
    fails(String.raw`$any user denied: $$user \($any-denied\) from $ip`),
  ]),
  decoder({ name: 'tine20', protocol: 'http', marks: ['::login::'] }, [
    fails(String.raw`$any::login::$int Login with username $$user from $ip failed \(`),
  ]),
  decoder(
    { name: 'zoneminder', protocol: 'http', marks: ['Login denied for user ', 'Could not retrieve user '] },
    [
      fails(String.raw`$any Login denied for user "$$user"`),
      invalid(String.raw`$any Could not retrieve user $user details`),
    ],
  ),
  decoder({ name: 'wordpress', protocol: 'http', programs: ['wordpress'] }, [
    fails(
      String.raw`(XML-RPC authentication failure|Authentication failure|XML-RPC authentication attempt) for $$user from $ip`,
    ),
    invalid(
      String.raw`(Authentication attempt for unknown user|Blocked authentication attempt for) $$user from $ip`,
    ),
    probes(
      String.raw`(Blocked user enumeration attempt|Pingback error $any generated|Spammed comment) from $ip`,
    ),
    floods(String.raw`Pingback requested from $ip`),
  ]),
  decoder({ name: 'jupyter', protocol: 'http', marks: ['(@'] }, [
    fails(String.raw`$any 401 POST /login$any \(@$ip\)`),
  ]),
];
