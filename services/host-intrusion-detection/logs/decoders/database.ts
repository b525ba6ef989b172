/** Databases and directories. */
import { type Decoder, decoder, exploits, fails, firstOf, harmless, invalid, isOnce, one } from './define.ts';
import { sessionKey } from './ssh.ts';

const DENIED = [
  fails(String.raw`Access denied for user '$$user'@'$host' \(using password: (YES|NO)\)$end`),
  fails(String.raw`Access denied for user '$$user'@'$host'$end`),
];

export const mysql: Decoder = {
  name: 'mysqld',
  protocol: 'mysql',
  marks: ['Access denied for user '],
  decode: (message) => {
    // Before it stand at most the thread, the level, the number of the error and the part: [Note] [MY-010926] [Server].
    const found = /^(?:\d{1,20} )?(?:\[[\w-]{1,32}\] ){1,4}/.exec(message.slice(0, 160));
    return found === null ? undefined : firstOf(DENIED, message.slice(found[0].length));
  },
};

const MONGO_FAILED = [
  fails(String.raw`Failed to authenticate $user@$db (with |)`),
  fails(String.raw`Failed to authenticate `),
  fails(String.raw`$any authentication failed for $user on $db from client $ip`),
  fails(String.raw`authenticate db: $any`),
];
const MONGO_OPENED = harmless(String.raw`connection accepted from $ip:$port #$connection `);
const MONGO_CLOSED = harmless(String.raw`end connection $ip`);

/** One connection is told of in several lines: `[conn22]`, and of its start `#22`. */
export const mongodb: Decoder = {
  name: 'mongod',
  protocol: 'mongodb',
  marks: ['[conn', 'connection accepted from '],
  decode: (message, context) => {
    const found =
      /^(?:[A-Z]\d? +)?(?:[A-Z_-]{1,16} +)?\[(conn(\d{1,12})|initandlisten|listener)\] (?:Q?U?E?R?Y? )?/.exec(
        message.slice(0, 96),
      );
    if (found === null) return undefined;
    const said = message.slice(found[0].length).trimStart();
    const keyOf = (connection: string | undefined): string =>
      `${sessionKey(context)} mongod ${connection ?? ''}`;
    const opened = one(MONGO_OPENED, `${said} `);
    if (opened !== undefined)
      return { ...opened, session: { key: keyOf(opened.fields['connection']), step: 'opens' } };
    const closed = one(MONGO_CLOSED, said);
    if (closed !== undefined) return { ...closed, session: { key: keyOf(found[2]), step: 'closes' } };
    const failed = firstOf(MONGO_FAILED, said);
    if (failed === undefined) return undefined;
    const isKnown = failed.fields['host'] !== undefined;
    if (said.startsWith('authenticate db')) return { ...failed, outcome: 'other', sign: 'none' };
    return { ...failed, session: { key: keyOf(found[2]), step: isKnown ? 'opens' : 'fails' } };
  },
};

/** Since 4.4 each line is an object, whose `msg` is the server's own; what the client chose is in `attr`. */
const MONGO_REFUSALS: ReadonlySet<unknown> = new Set(['Authentication failed', 'Failed to authenticate']);
const MONGO_LINE_MAX = 16_384;

export const mongodbJson: Decoder = {
  name: 'mongod',
  protocol: 'mongodb',
  marks: ['"c":"ACCESS"'],
  decode: (_, { line }) => {
    if (line.length > MONGO_LINE_MAX || !line.startsWith('{"t":{"$date":')) return undefined;
    const said = objectOf(line);
    if (said?.['c'] !== 'ACCESS') return undefined;
    const about = said['attr'];
    const client = textOf(about, 'client');
    const host = client.slice(0, Math.max(0, client.lastIndexOf(':'))).replace(/^\[|\]$/g, '');
    const user = textOf(about, 'principalName') || textOf(about, 'user');
    const fields = { ...(host === '' ? {} : { host }), ...(user === '' ? {} : { user }) };
    if (said['msg'] === 'Authentication succeeded' || said['msg'] === 'Successfully authenticated')
      return { outcome: 'authentication-success', sign: 'none', fields };
    if (!MONGO_REFUSALS.has(said['msg'])) return undefined;
    const isUnknown = textOf(about, 'error').startsWith('UserNotFound');
    return {
      outcome: isUnknown ? 'invalid-user' : 'authentication-failure',
      sign: 'authentication',
      fields,
    };
  },
};

function objectOf(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(line) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}

function textOf(value: unknown, key: string): string {
  const found =
    typeof value === 'object' && value !== null
      ? (value as Readonly<Record<string, unknown>>)[key]
      : undefined;
  return typeof found === 'string' ? found : '';
}

const LDAP_ACCEPT = harmless(String.raw`conn=$connection fd=$int ACCEPT from IP=([|)$ip(]|):`);
/** As whom: what the result does not say again. */
const LDAP_BIND = harmless(String.raw`conn=$connection op=$int BIND dn="$$user" method=`);
const LDAP_FAILED = fails(String.raw`conn=$connection op=$int RESULT $any err=49 `);
const LDAP_CLOSED = harmless(String.raw`conn=$connection fd=$int closed`);

export const slapd: Decoder = {
  name: 'slapd',
  protocol: 'ldap',
  programs: ['slapd'],
  decode: (message, context) => {
    const steps = [
      [LDAP_ACCEPT, 'opens'],
      [LDAP_BIND, 'opens'],
      [LDAP_FAILED, 'fails'],
      [LDAP_CLOSED, 'closes'],
    ] as const;
    for (const [wanted, step] of steps) {
      const reading = one(wanted, message);
      if (reading !== undefined)
        return {
          ...reading,
          session: { key: `${sessionKey(context)} ${reading.fields['connection'] ?? ''}`, step },
        };
    }
    return undefined;
  },
};

const PG_FAILED = [
  fails(String.raw`$any no pg_hba.conf entry for (replication connection from |)host "$ip", user "$user"`),
  fails(String.raw`$ip\($int\) $any FATAL:  password authentication failed for user "$user"`),
  fails(String.raw`$any host=$ip $any password authentication failed for user "$user"`),
  fails(String.raw`$any password authentication failed for user "$user"`),
];
/** As they stand where the prefix of lines names the address: `%r`, `%h`, and the account before or behind it. */
const PG_FAILED_FROM = [
  fails(
    String.raw`($word |)($word |)$ip(\($int\)|)( $word|) FATAL:  password authentication failed for user "$user"`,
  ),
];

const postgres: Decoder = {
  name: 'postgres',
  protocol: 'postgresql',
  marks: ['FATAL: ', 'no pg_hba.conf entry'],
  decode: (message) => {
    const isPlain = isOnce(message, 'FATAL: ');
    return (isPlain ? firstOf(PG_FAILED_FROM, message) : undefined) ?? firstOf(PG_FAILED, message);
  },
};

export const databases: readonly Decoder[] = [
  decoder({ name: 'mssql', protocol: 'tds', marks: ['[CLIENT: '] }, [
    invalid(
      String.raw`(Logon |)$any Login failed for user '$$user'. Reason: Could not find a login matching$any[CLIENT: $ip]`,
    ),
    fails(String.raw`$any Login failed for user '$$user'.$any[CLIENT: $ip]`),
    fails(String.raw`Login failed for user '$$user'.$any[CLIENT: $ip]`),
    fails(String.raw`$any Login failed. $any[CLIENT: $ip]`),
  ]),
  postgres,
  decoder({ name: 'redis', protocol: 'redis', marks: ['Possible SECURITY ATTACK detected'] }, [
    exploits(String.raw`$any Possible SECURITY ATTACK detected. $any Connection from $ip:$port aborted.$end`),
    exploits(String.raw`Possible SECURITY ATTACK detected. $any Connection from $ip:$port aborted.$end`),
  ]),
];
