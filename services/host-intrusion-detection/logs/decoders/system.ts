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
  succeeds,
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

export const pam: Decoder = {
  name: 'pam',
  marks: ['authentication failure;'],
  decode: (message, { program }) => {
    if (!MODULE.test(message.slice(0, 160)) && !message.startsWith('authentication failure; '))
      return undefined;
    // The module behind the daemon's name is a form that was given up in 2006; only vsftpd is met with it.
    if (program?.includes('(pam_') === true && !program.startsWith('vsftpd'))
      return { outcome: 'other', sign: 'none', fields: {} };
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

export const sudo = decoder({ name: 'sudo', programs: ['sudo'] }, [
  {
    ...refuses(
      String.raw`$user : user NOT in sudoers ; TTY=$any ; PWD=$any ; USER=$target ; COMMAND=$command`,
    ),
    outcome: 'privilege-refused',
  },
  {
    ...refuses(
      String.raw`$user : command not allowed ; TTY=$any ; PWD=$any ; USER=$target ; COMMAND=$command`,
    ),
    outcome: 'privilege-refused',
  },
  {
    ...fails(
      String.raw`$user : $int incorrect password attempt(s|) ; TTY=$any ; USER=$target ; COMMAND=$command`,
    ),
    outcome: 'privilege-refused',
  },
  {
    ...harmless(String.raw`$user : TTY=$any ; PWD=$any ; USER=$target ; COMMAND=$command`),
    outcome: 'privilege-used',
  },
]);

export const su = decoder({ name: 'su', programs: ['su', 'su-l'] }, [
  { ...fails(String.raw`FAILED SU \(to $target\) $user on `), outcome: 'privilege-refused' },
  { ...fails(String.raw`FAILED su for $target by $user$end`), outcome: 'privilege-refused' },
  {
    ...harmless(String.raw`(Successful su for $target by $user|\(to $target\) $user on )`),
    outcome: 'privilege-used',
  },
]);

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
    programs: ['useradd', 'usermod', 'groupadd', 'gpasswd', 'passwd', 'chpasswd', 'userdel', 'chage'],
  },
  [
    { ...harmless(String.raw`new user: name=$user, UID=$uid,`), outcome: 'account-changed' },
    { ...harmless(String.raw`add '$user' to (shadow |)group '$group'`), outcome: 'account-changed' },
    { ...harmless(String.raw`user $user added by $by to group $group$end`), outcome: 'account-changed' },
    {
      ...harmless(String.raw`pam_unix\(passwd:chauthtok\): password changed for $user$end`),
      outcome: 'account-changed',
    },
    { ...harmless(String.raw`delete user '$user'`), outcome: 'account-changed' },
    { ...harmless(String.raw`(change user|changed password expiry for) $user`), outcome: 'account-changed' },
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
