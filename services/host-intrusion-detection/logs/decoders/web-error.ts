/** Error logs of web servers: Apache's, nginx's and lighttpd's. */

import {
  behind,
  type Decoder,
  decoder,
  exploits,
  extra,
  fails,
  firstOf,
  floods,
  invalid,
  misuses,
  probes,
  type Reading,
  refuses,
  weak,
} from './define.ts';
import { isProbedPath } from './web-probes.ts';

const CLIENT = [probes(String.raw`[(client|remote) ([$ip]|$host)(:$port|)]`)];

/** Behind the client: Apache 2.4 numbers its messages. @see https://wiki.apache.org/httpd/ListOfErrors */
const APACHE = [
  fails(String.raw`user $$user: authentication failure for "`),
  invalid("user `$$user' in realm `$any' not found"),
  invalid(String.raw`user $user not found: `),
  invalid(String.raw`user $user not found$end`),
  fails(String.raw`user $$user: password mismatch: `),
  refuses(String.raw`user $$user: authorization failure for "`),
  refuses(String.raw`Authorization of user $user to access $any failed, reason: `),
  refuses(String.raw`client used wrong authentication scheme`),
  fails(String.raw`invalid qop `),
  fails(String.raw`realm mismatch - got `),
  fails(String.raw`unknown algorithm `),
  fails(String.raw`invalid nonce $any received - (length is not|user attempted time travel)`),
  weak(String.raw`invalid nonce $any received - `),
  refuses(String.raw`client denied by server configuration: $path(, referer: |$end)`),
  misuses(String.raw`Hostname $any provided via SNI, but no hostname provided in HTTP request`),
  misuses(String.raw`Hostname $any provided via SNI and hostname $any provided via HTTP`),
  misuses(String.raw`No hostname was provided via SNI for a name based virtual host`),
  exploits(String.raw`Invalid URI in request `),
  exploits(String.raw`invalid URI path `),
  misuses(String.raw`Invalid method in request `),
  misuses(
    String.raw`request failed: (URI too long|erroneous characters after protocol string|invalid characters in URI)`,
  ),
  exploits(String.raw`$word warning: $any: ignoring function definition attempt`),
  exploits(String.raw`$word error importing function definition for `),
  exploits(String.raw`ModSecurity: $any Access denied with (code|connection) `),
  exploits(String.raw`ModSecurity: Access denied with (code|connection) `),
  probes(
    String.raw`(script not found or unable to stat: |File does not exist: |AH01264: script not found or unable to stat: )$path(, referer: |$end)`,
  ),
  probes(String.raw`script '$path' not found or unable to stat`),
  probes(String.raw`stderr from $path: script not found or unable to stat`),
  probes(String.raw`Got error 'Primary script unknown`),
  fails(String.raw`(WAR|ERR) [Login denied for user "$$user"]`),
  invalid(String.raw`ERR [Could not retrieve user $user details]`),
  exploits(String.raw`ALERT - $any \(attacker '$any', file '`),
  floods(String.raw`client denied by server configuration`),
];

export const apacheError: Decoder = {
  name: 'apache-error',
  protocol: 'http',
  marks: ['[client ', '[remote '],
  decode: (message, { line }) => {
    // What stands before the client are the module, the process and, over syslog, the whole header.
    const at = clientAt(line);
    if (at === undefined) return undefined;
    const client = firstOf(CLIENT, line.slice(at));
    const host = client?.fields['host'];
    const isBracketed = line[at + '[client '.length] === '[';
    const close = line.indexOf(']', isBracketed ? line.indexOf(']', at) + 1 : at);
    if (host === undefined || close === -1) return undefined;
    let said = line.slice(close + 1).trimStart();
    // ModSecurity says once more of which client it speaks.
    if (said.startsWith('[client ')) said = behind(said, '] ', 100);
    said = said.replace(/^AH\d{5}: /, '').replace(/^Digest: /, '');
    const reading = firstOf(APACHE, said);
    return reading === undefined
      ? { outcome: 'other', sign: 'none', fields: { host } }
      : weighed({ ...reading, fields: { ...reading.fields, host } }, line.slice(0, at), said);
  },
};

/** Before the message: nothing that a client wrote may stand there. */
function clientAt(line: string): number | undefined {
  const at = Math.min(
    ...['[client ', '[remote '].map((mark) => line.indexOf(mark)).filter((place) => place !== -1),
  );
  return Number.isFinite(at) && at <= 200 ? at : undefined;
}

function weighed(reading: Reading, before: string, said: string): Reading {
  const { path } = reading.fields;
  if (reading.outcome === 'refused' && path !== undefined) {
    // mod_evasive says it of everybody who is in a hurry; and `.ht*` is refused to whoever follows a link.
    if (before.includes('evasive')) return { ...reading, sign: 'weak' };
    return path.includes('/.ht') ? { ...reading, sign: 'none' } : reading;
  }
  if (reading.outcome !== 'probe' || path === undefined) return reading;
  if (isProbedPath(path)) return reading;
  // Home directories of users that do not exist, and scripts that were never there.
  if (path.endsWith('/~') || (said.startsWith('File does not exist') && isScript(path))) return reading;
  if (said.startsWith('script not found') || said.startsWith('stderr from')) return reading;
  return { ...reading, sign: said.startsWith('script ') ? 'weak' : 'none' };
}

const SCRIPT_ENDINGS = ['.php', '.php4', '.php5', '.asp', '.aspx', '.exe', '.pl', '.cgi', '.jsp'];
const isScript = (path: string): boolean =>
  SCRIPT_ENDINGS.some((ending) => path.toLowerCase().endsWith(ending));

const NGINX = [
  invalid(String.raw`user "$$user" was not found in "$any", client: $host`),
  fails(String.raw`user "$$user": password mismatch, client: $host`),
  fails(String.raw`user "$$user": $any, client: $host`),
  fails(String.raw`PAM: user '$user' - not authenticated: $any, client: $host`),
  weak(String.raw`no user/password was provided for basic authentication, client: $host`),
  floods(String.raw`(limiting requests|delaying request), excess: $any by zone "$any", client: $host`),
  floods(
    String.raw`(limiting requests|delaying request)(, dry run|), excess: $any by zone "$any", client: $host`,
  ),
  floods(String.raw`limiting connections by zone "$any", client: $host`),
  refuses(String.raw`access forbidden by rule, client: $host`),
  refuses(String.raw`directory index of "$any" is forbidden, client: $host`),
  probes(String.raw`open\(\) "$path" failed \(2: No such file or directory\), client: $host`),
  probes(String.raw`"$path" is not found \(2: No such file or directory\), client: $host`),
  probes(String.raw`FastCGI sent in stderr: "Primary script unknown" while $any, client: $host`),
  extra(String.raw`SSL_do_handshake\(\) failed \(SSL: error:$any\) while SSL handshaking, client: $host`),
  misuses(String.raw`client sent (invalid|no|too) $any, client: $host`),
];

export const nginxError: Decoder = {
  name: 'nginx-error',
  protocol: 'http',
  marks: [', client: '],
  decode: (message) => {
    const level = /^\[(?:emerg|alert|crit|error|warn|notice|info)\] \d{1,10}#\d{1,10}: (?:\*\d{1,20} )?/.exec(
      message.slice(0, 96),
    );
    if (level === null) return undefined;
    const reading = firstOf(NGINX, message.slice(level[0].length));
    if (reading === undefined) return { outcome: 'other', sign: 'none', fields: {} };
    const { path } = reading.fields;
    return reading.outcome === 'probe' && path !== undefined && !isProbedPath(path)
      ? { ...reading, sign: 'none' }
      : reading;
  },
};

export const lighttpd = decoder(
  { name: 'lighttpd', protocol: 'http', marks: ['auth.c.'] },
  [
    fails(String.raw`password doesn't match for $any username: $$user(,|) IP: $host`),
    fails(String.raw`digest: auth failed for $user : wrong password, IP: $host`),
    fails(String.raw`digest: auth failed: $any, IP: $host`),
    fails(String.raw`digest: auth failed for $user: $any, IP: $host`),
    fails(String.raw`get_password failed, IP: $host`),
    fails(String.raw`get_password failed for $user, IP: $host`),
  ],
  (message) => (message.includes('auth.c.') ? behind(message, ') ', 48).trimStart() : message),
);

export const suhosin = decoder({ name: 'suhosin', protocol: 'http', marks: ["(attacker '"] }, [
  exploits(String.raw`$any ALERT - $any \(attacker '$ip', file '`),
  exploits(String.raw`ALERT - $any \(attacker '$ip', file '`),
]);
