/** Signing in to the machine itself: PAM, su, sudo, login, and the tools that watch it. */
import {
  type Decoder,
  decoder,
  fails,
  firstOf,
  harmless,
  invalid,
  probes,
  type Reading,
  refuses,
  session,
  succeeds,
  weak,
} from './define.ts';

const FAILURE = [
  fails(
    String.raw`$any authentication failure; $any ruser=$ruser rhost=$host( |)( user=$user| user=$user|)$end`,
  ),
  fails(String.raw`authentication failure; $any ruser=$ruser rhost=$host( |)( user=$user| user=$user|)$end`),
  // At the machine itself there is no address.
  fails(String.raw`$any authentication failure; $any ruser=$ruser rhost=( |)( user=$user| user=$user|)$end`),
  fails(String.raw`authentication failure; rhost=$host user=$user msg=`),
];
/** Linux-PAM since 0.99.2: pam_unix(service:type); before, and elsewhere: (pam_unix). */
const MODULE = /^\(?pam_[\w]{1,32}\)?(?:\([^)]{0,64}\))?:? /;
/** Said behind the module's name; the form of before stands behind the daemon's: `su(pam_unix)[4711]: `. */
const SAID = [
  session(String.raw`session opened for user $user(\(uid=$int\)| by )`),
  session(String.raw`session (opened|closed) for user $user$end`),
  harmless(String.raw`auth could not identify password for [$$user]`),
  harmless(String.raw`check pass; user unknown`),
  refuses(String.raw`access denied for user \`$$user' from \`$host'`),
  weak(String.raw`Consecutive login failures for user $user account temporarily locked`),
  weak(String.raw`user $user \($int\) tally $int, deny $int`),
];

export const pam: Decoder = {
  name: 'pam',
  marks: [
    'authentication failure;',
    'session opened for user ',
    'session closed for user ',
    'could not identify password for [',
    'check pass; user unknown',
    'access denied for user `',
    ' account temporarily locked',
    ' tally ',
  ],
  decode: (message, { program }) => {
    const module = MODULE.exec(message.slice(0, 160))?.[0];
    const isOldForm = program?.includes('(pam_') === true;
    if (module === undefined && !isOldForm && !message.startsWith('authentication failure; '))
      return undefined;
    const said =
      module === undefined && !isOldForm ? undefined : firstOf(SAID, message.slice(module?.length));
    if (said !== undefined) return said;
    // That form was given up in 2006; of failures only vsftpd is met with it.
    if (isOldForm && !program.startsWith('vsftpd')) return { outcome: 'other', sign: 'none', fields: {} };
    return named(firstOf(FAILURE, message));
  },
};

/** The account that was asked for; where PAM does not know it, who asked. */
function named(reading: Reading | undefined): Reading | undefined {
  if (reading === undefined) return undefined;
  const { ruser = '', user = ruser, ...others } = reading.fields;
  const isRemote = others['host'] !== undefined;
  return {
    ...reading,
    sign: isRemote ? reading.sign : 'weak',
    fields: user === '' ? others : { ...others, user },
  };
}

/** What stands between who asked and for whom: of the terminal, the change of root, the folder, as each was there. */
const SUDO_WHERE = String.raw`(TTY=$any ; |)(CHROOT=$any ; |)(PWD=$any ; |)`;
const SUDO_WHAT = String.raw`USER=$target ; ($any |)COMMAND=$command`;

export const sudo = decoder({ name: 'sudo', programs: ['sudo'] }, [
  {
    ...refuses(
      String.raw`$user : (user NOT in sudoers|user NOT authorized on host|command not allowed) ; ${SUDO_WHERE}${SUDO_WHAT}`,
    ),
    outcome: 'privilege-refused',
  },
  {
    ...fails(String.raw`$user : $int incorrect password attempt(s|) ; ${SUDO_WHERE}${SUDO_WHAT}`),
    outcome: 'privilege-refused',
  },
  // Asked not to ask (`sudo -n`): scripts of every day do that too.
  {
    ...weak(String.raw`$user : a password is required ; ${SUDO_WHERE}${SUDO_WHAT}`),
    outcome: 'privilege-refused',
  },
  { ...harmless(String.raw`$user : ${SUDO_WHERE}${SUDO_WHAT}`), outcome: 'privilege-used' },
]);

export const su = decoder({ name: 'su', programs: ['su', 'su-l'] }, [
  { ...fails(String.raw`FAILED SU \(to $target\) $user on `), outcome: 'privilege-refused' },
  { ...fails(String.raw`FAILED su for $target by $user$end`), outcome: 'privilege-refused' },
  // BSD, AIX and the shadow tools.
  { ...fails(String.raw`BAD SU $user to $target on `), outcome: 'privilege-refused' },
  { ...fails(String.raw`failed: $any changing from $user to $target$end`), outcome: 'privilege-refused' },
  { ...fails(String.raw`- $word $user:$target$end`), outcome: 'privilege-refused' },
  {
    ...harmless(String.raw`(Successful su for $target by $user|\(to $target\) $user on )`),
    outcome: 'privilege-used',
  },
  { ...harmless(String.raw`+ $word $user:$target$end`), outcome: 'privilege-used' },
  { ...harmless(String.raw`$user to $target on /dev/`), outcome: 'privilege-used' },
]);

/** Others that lend rights. */
export const privileges: readonly Decoder[] = [
  decoder({ name: 'doas', programs: ['doas'] }, [
    { ...fails(String.raw`failed auth for $user$end`), outcome: 'privilege-refused' },
    { ...refuses(String.raw`command not permitted for $user: $command`), outcome: 'privilege-refused' },
    {
      ...harmless(String.raw`$user ran command $command as $target from $any$end`),
      outcome: 'privilege-used',
    },
  ]),
  decoder({ name: 'polkit', programs: ['polkitd', 'polkit-agent-helper', 'pkexec'] }, [
    {
      ...fails(
        String.raw`Operator of $any FAILED to authenticate to gain authorization $any \(owned by unix-user:$user\)`,
      ),
      outcome: 'privilege-refused',
    },
    {
      ...refuses(
        String.raw`$user: Error executing command as another user: Not authorized [USER=$target] $any[COMMAND=$command]`,
      ),
      outcome: 'privilege-refused',
    },
    {
      ...harmless(String.raw`$user: Executing command [USER=$target] $any[COMMAND=$command]`),
      outcome: 'privilege-used',
    },
  ]),
];

export const login = decoder(
  { name: 'login', programs: ['login', 'in.telnetd', 'telnetd', 'rlogind', 'sddm', 'gdm'] },
  [
    fails(String.raw`FAILED LOGIN (\($int\)|$int) (FROM|from) $host FOR $$user, `),
    fails(String.raw`FAILED LOGIN (SESSION |)(FROM|from) $host FOR $$user, `),
    fails(String.raw`FAILED LOGIN \($int\) on '$any'( from '$host'|) FOR '$$user', `),
    fails(String.raw`REPEATED LOGIN FAILURES ON $any FROM $host`),
    succeeds(String.raw`LOGIN ON $word BY $user FROM $host`),
    succeeds(String.raw`ROOT LOGIN (ON|on) $word`),
  ],
);

export const accounts = decoder(
  {
    name: 'accounts',
    programs: [
      'useradd',
      'usermod',
      'groupadd',
      'gpasswd',
      'passwd',
      'chpasswd',
      'userdel',
      'chage',
      'chsh',
      'chfn',
    ],
  },
  [
    { ...harmless(String.raw`new user: name=$user, UID=$uid,`), outcome: 'account-changed' },
    { ...harmless(String.raw`add '$user' to (shadow |)group '$group'`), outcome: 'account-changed' },
    { ...harmless(String.raw`user $user added by $by to group $group$end`), outcome: 'account-changed' },
    {
      ...harmless(String.raw`pam_unix\((ch|)passwd:chauthtok\): password changed for $user$end`),
      outcome: 'account-changed',
    },
    { ...harmless(String.raw`delete user '$user'`), outcome: 'account-changed' },
    { ...harmless(String.raw`delete '$user' from (shadow |)group '$group'`), outcome: 'account-changed' },
    {
      ...harmless(String.raw`(change|changed|lock|unlock) user (name |)'$user' `),
      outcome: 'account-changed',
    },
    { ...harmless(String.raw`changed password expiry for $user$end`), outcome: 'account-changed' },
    harmless(String.raw`failed adding user '$user'`),
  ],
);

/** Addresses that fail2ban banned; what bans those that were banned before would count itself. */
export const fail2ban: Decoder = {
  name: 'fail2ban',
  marks: ['] Ban '],
  decode: (message, { program }) => {
    if (program?.startsWith('fail2ban') !== true && !message.startsWith('fail2ban.')) return undefined;
    const found = firstOf(BANS, message);
    return found?.fields['jail'] === 'recidive' ? { ...found, sign: 'none' } : found;
  },
};
const BANS = [
  { ...refuses(String.raw`[$jail] Ban $ip`), outcome: 'banned' as const },
  { ...refuses(String.raw`$any[$jail] Ban $ip`), outcome: 'banned' as const },
];

export const watchers: readonly Decoder[] = [
  decoder({ name: 'portsentry', marks: [' Port: '] }, [
    probes(String.raw`Host: $any/$ip Port: $port (TCP|UDP) Blocked`),
    probes(String.raw`attackalert: $any from host: $any/$ip to (TCP|UDP) port: $port`),
  ]),
  decoder({ name: 'scanlogd', programs: ['scanlogd'] }, [probes(String.raw`$ip(:$int|) to $peer port(s|) `)]),
  decoder({ name: 'xinetd', programs: ['xinetd'] }, [
    refuses(String.raw`FAIL: $service (address|libwrap|service_limit|per_source_limit|time) from=$host`),
    refuses(String.raw`libwrap refused connection to $service from $host`),
  ]),
  decoder({ name: 'tcp-wrappers', marks: ['refused connect from '] }, [
    refuses(String.raw`(warning: |)refused connect from $$any \($ip\)`),
    refuses(String.raw`(warning: |)refused connect from $host`),
  ]),
  decoder({ name: 'screensharingd', programs: ['screensharingd'], protocol: 'vnc' }, [
    fails(String.raw`Authentication: FAILED :: User Name: $$user :: Viewer Address: $ip :: Type: `),
    succeeds(String.raw`Authentication: SUCCEEDED :: User Name: $$user :: Viewer Address: $ip :: Type: `),
  ]),
  decoder({ name: 'webmin', programs: ['webmin', 'usermin'], protocol: 'http' }, [
    fails(String.raw`Invalid login as $$user from $host`),
    invalid(String.raw`Non-existent login as $$user from $host`),
    refuses(String.raw`Security alert: Host $host blocked after `),
    succeeds(String.raw`Successful login as $$user from $host`),
  ]),
  decoder({ name: 'nagios', programs: ['nrpe', 'nagios', 'nsca'] }, [
    refuses(
      String.raw`(Error: |)(Host|Request packet type/version was invalid from|Connection from) $ip is not allowed to talk to us`,
    ),
    refuses(String.raw`Host $ip is not allowed to talk to us`),
  ]),
  decoder(
    {
      name: 'monit',
      programs: ['monit'],
      marks: ['accessing monit httpd', 'access denied -- client '],
      protocol: 'http',
    },
    [
      invalid(String.raw`$any(C|c)lient '$host' supplied unknown user '$$user' accessing monit httpd`),
      fails(
        String.raw`$any(C|c)lient '$host' supplied wrong password for user '$$user' accessing monit httpd`,
      ),
      invalid(String.raw`$any access denied -- client [$host]: unknown user '$$user'`),
      invalid(String.raw`$any access denied -- client $host: unknown user '$$user'`),
      fails(
        String.raw`$any access denied -- client ([|)$host(]|): (wrong password for user '$$user'|empty password)`,
      ),
    ],
  ),
  decoder({ name: 'routeros', marks: ['login failure for user '] }, [
    fails(String.raw`$any login failure for user $$user from $ip via `),
    fails(String.raw`login failure for user $$user from $ip via `),
  ]),
  decoder({ name: 'selinux-audit', marks: ["res=failed'"], protocol: 'ssh' }, [
    fails(String.raw`type=USER_(ERR|AUTH) $any exe="$any/sshd"$any addr=$ip $any res=failed'`),
    fails(String.raw`type=USER_(ERR|AUTH) $any exe="$any/sshd"$any hostname=$host,$any res=failed'`),
  ]),
  decoder({ name: 'xrdp', programs: ['xrdp', 'xrdp-sesman'], protocol: 'rdp' }, [
    fails(String.raw`[INFO ]$any login failed for user $user from $ip`),
    fails(String.raw`$any AUTHFAIL: user=$user ip=(::ffff:|)$ip `),
  ]),
  decoder(
    {
      name: 'proxmox',
      programs: ['pvedaemon', 'pveproxy', 'proxmox-backup-api', 'pbs-api'],
      protocol: 'http',
    },
    [fails(String.raw`authentication failure; rhost=([|)$ip(]:$int|) user=$user msg=`)],
  ),
];
