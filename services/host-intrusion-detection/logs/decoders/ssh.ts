/**
 * OpenSSH's and Dropbear's servers.
 *
 * One connection is one process, and tells its story in several lines: who it is, which keys did not fit,
 * that it was too many. @see sshd's auth.c, packet.c, kex.c for the messages.
 */
import {
  type Context,
  type Decoder,
  decoder,
  extra,
  fails,
  firstOf,
  floods,
  harmless,
  invalid,
  type Reading,
  refuses,
  type SessionStep,
  succeeds,
} from './define.ts';

const PEER = String.raw`$host( port $int|)`;

/** Said of an address that is in the line. */
const OF_PEER = [
  succeeds(String.raw`Accepted $method for $$user from $host( port $port|)`),
  // Behind a colon may stand what the other side chose; so what stands before the first such place is believed.
  invalid(String.raw`Failed $method for (invalid user |illegal user )$user from ${PEER} ssh$int(:|$end)`),
  invalid(String.raw`Failed $method for (invalid user |illegal user |<invalid username>)$$user from ${PEER}`),
  invalid(String.raw`Failed $method for <invalid username> from ${PEER}`),
  fails(String.raw`Failed $method for (user |)$user from ${PEER} ssh$int(:|$end)`),
  fails(String.raw`Failed $method for (user |)$$user from ${PEER}`),
  invalid(String.raw`PAM: $any for illegal user $$user from $host`),
  fails(String.raw`PAM: (A|a)uthentication (failure|error) for $$user from $host( via |$end)`),
  invalid(
    String.raw`PAM: User not known to the underlying authentication module for (illegal user |invalid user |)$$user from $host`,
  ),
  fails(String.raw`PAM: $any for $$user from $host( via |$end)`),
  fails(String.raw`maximum authentication attempts exceeded for (invalid user |)$$user from ${PEER}`),
  refuses(String.raw`ROOT LOGIN REFUSED FROM $host`),
  invalid(String.raw`(I|i)(nvalid|llegal) user $$user from $host`),
  refuses(String.raw`User $$user from $host not allowed because `),
  refuses(String.raw`refused connect from $$any \($host\)`),
  refuses(String.raw`refused connect from $host`),
  fails(String.raw`Received disconnect from ${PEER}:( |)3: $any: Auth fail`),
  fails(String.raw`Received disconnect from ${PEER}:( |)3: Auth fail`),
  extra(String.raw`Received disconnect from ${PEER}:( |)14: No supported authentication method`),
  fails(
    String.raw`Disconnecting (invalid|authenticating) user $$user $ip port $port: Change of username or service not allowed`,
  ),
  fails(
    String.raw`Disconnecting (invalid|authenticating) user $$user $ip port $port: Too many authentication failures`,
  ),
  fails(String.raw`Disconnecting(:|) Too many authentication failures for $$user from $ip`),
  floods(String.raw`Did not receive identification string from $host`),
  floods(String.raw`Bad protocol version identification $$any from $host`),
  floods(String.raw`banner exchange: Connection from $host port $port: `),
  floods(String.raw`ssh_dispatch_run_fatal: Connection from $any $ip port $port: `),
  floods(String.raw`ssh_dispatch_run_fatal: Connection from $ip port $port: `),
  floods(String.raw`Timeout before authentication for (connection from |)$host`),
  floods(String.raw`drop connection #$int from [$host]`),
  floods(String.raw`beginning MaxStartups throttling`),
  extra(String.raw`Unable to negotiate with ${PEER}: no matching `),
  floods(
    String.raw`Connection (closed|reset) by (authenticating|invalid) user $$user $ip port $port [preauth]`,
  ),
  extra(String.raw`Disconnected from (authenticating|invalid) user $$user $ip port $port [preauth]`),
];

/** An end before anybody was let in. */
const CLOSED_EARLY = [
  floods(String.raw`Connection (closed|reset) by ${PEER} [preauth]`),
  extra(String.raw`Disconnected from ${PEER} [preauth]`),
  harmless(String.raw`Received disconnect from ${PEER}:( |)$any[preauth]`),
];
const CLOSED = [
  harmless(String.raw`Connection (closed|reset) by ${PEER}`),
  harmless(String.raw`Disconnected from (user $user |)$host`),
  harmless(String.raw`Received disconnect from $host`),
];
const OPENED = [
  harmless(String.raw`Connection from $host( port $port|)`),
  harmless(String.raw`SSH: Server;$any;Remote: $ip-$port;`),
  harmless(String.raw`Postponed $method for (invalid user |)$$user from $host port $port`),
];
/** Said of the connection, which must be known from before. */
const OF_SESSION = [
  fails(String.raw`Disconnecting(:|) Too many authentication failures for $user [preauth]`),
  fails(String.raw`Disconnecting(:|) Too many authentication failures`),
  refuses(String.raw`User $$user not allowed because account is locked`),
  refuses(String.raw`Access denied for user $$user by PAM account configuration`),
  floods(String.raw`Read from socket failed: Connection reset by peer`),
  // Of what is tried on the decryption and on the exchange of keys; a line that loses bytes does it too.
  extra(String.raw`(ssh_dispatch_run_fatal: $any |Disconnecting(:|) |)(C|c)orrupted MAC on input`),
  extra(String.raw`(Disconnecting(:|) |)(B|b)ad packet length $int`),
  extra(String.raw`(Disconnecting(:|) |)bad client public DH value`),
  extra(String.raw`Unable to negotiate a key exchange method`),
  extra(String.raw`(n|N)o matching (mac|cipher|comp|key) found`),
];
const PAM_FAILURE = fails(
  String.raw`pam_$any\(sshd:auth\): authentication failure; $any ruser=$ruser rhost=$host( |)( user=$user| user=$user|)$end`,
);
const PAM_NOTED = [PAM_FAILURE];
/** Beside the attempt itself, which has a line of its own. */
const ASIDE = [
  harmless(String.raw`Address $ip maps to $any POSSIBLE BREAK-IN ATTEMPT`),
  harmless(String.raw`reverse mapping checking getaddrinfo for $any [$ip] failed`),
  harmless(String.raw`input_userauth_request: (invalid|illegal) user $$user [preauth]`),
  harmless(String.raw`Read error from remote host $ip`),
  harmless(
    String.raw`PAM $int more authentication failure(s|); $any ruser=$ruser rhost=$host( |)( user=$user| user=$user|)$end`,
  ),
];

export const openssh: Decoder = {
  name: 'sshd',
  protocol: 'ssh',
  programs: ['sshd', 'sshd-session', 'sshd-auth', 'in.sshd'],
  decode: (message, context) => {
    const said = withoutPrefix(message);
    const key = sessionKey(context);
    const with_ = (reading: Reading | undefined, step: SessionStep['step']): Reading | undefined =>
      reading === undefined ? undefined : { ...reading, session: { key, step } };
    const ofPeer = firstOf(OF_PEER, said);
    if (ofPeer !== undefined) return ofPeerReading(ofPeer, key);
    return (
      with_(noted(firstOf(PAM_NOTED, said)), 'notes') ??
      with_(firstOf(OF_SESSION, said), 'fails') ??
      with_(firstOf(OPENED, said), 'opens') ??
      with_(firstOf(CLOSED_EARLY, said), 'closes') ??
      with_(firstOf(CLOSED, said), 'closes') ??
      firstOf(ASIDE, said)
    );
  },
};

function ofPeerReading(reading: Reading, key: string): Reading {
  const { outcome, fields } = reading;
  if (outcome === 'authentication-success') return { ...reading, session: { key, step: 'succeeds' } };
  // Whoever has several keys offers them one after another; only if none fits was it a failure.
  if (outcome === 'authentication-failure' && fields['method'] === 'publickey')
    return { ...reading, sign: 'none', session: { key, step: 'notes' } };
  return { ...reading, session: { key, step: 'fails' } };
}

function noted(reading: Reading | undefined): Reading | undefined {
  if (reading === undefined) return undefined;
  const { ruser = '', user = ruser, ...others } = reading.fields;
  return { ...reading, sign: 'none', fields: user === '' ? others : { ...others, user } };
}

function withoutPrefix(message: string): string {
  let said = message;
  for (const prefix of ['error: ', 'fatal: ', 'info: '])
    if (said.startsWith(prefix)) said = said.slice(prefix.length);
  return said;
}

export function sessionKey({ hostName, program, pid }: Context): string {
  return `${hostName ?? ''} ${program ?? ''} ${pid ?? ''}`;
}

export const dropbear = decoder({ name: 'dropbear', protocol: 'ssh', programs: ['dropbear'] }, [
  fails(String.raw`(B|b)ad (password|PAM password) attempt for '$$user' from $host`),
  invalid(String.raw`(L|l)ogin attempt for nonexistent user( '$user'|) from $host`),
  fails(
    String.raw`(E|e)xit before auth \(user '$user', $int fails\): Max auth tries reached - user '$any' from $host`,
  ),
  fails(
    String.raw`(E|e)xit before auth from <$host:$port>: \(user '$user', $int fails\): Max auth tries reached`,
  ),
  fails(String.raw`(E|e)xit before auth from <$host:$port>: Max auth tries reached - user '$$user'`),
  fails(String.raw`(E|e)xit before auth: Max auth tries reached - user '$$user' from $host`),
  refuses(String.raw`(U|u)ser '$$user' has (invalid shell|blank password), rejected`),
  succeeds(String.raw`$any auth succeeded for '$$user' $any from $host`),
  succeeds(String.raw`$any auth succeeded for '$$user' from $host`),
]);
