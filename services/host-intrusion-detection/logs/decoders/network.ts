/** Names, proxies and tunnels. */
import {
  type Decoder,
  decoder,
  fails,
  floods,
  invalid,
  misuses,
  probes,
  refuses,
  succeeds,
} from './define.ts';

const NAMED_CLIENT = String.raw`client (@$any |)$ip#$port( \($any\)|):( view $any:|) `;

export const network: readonly Decoder[] = [
  decoder(
    { name: 'named', protocol: 'dns', programs: ['named'], marks: ['client '] },
    [
      refuses(
        String.raw`(error: |info: |notice: |warning: |security: info: |$any: $any: |)${NAMED_CLIENT}(query|zone transfer|update|notify question section|update forwarding)( \(cache\)|)( '$name'|) denied`,
      ),
      refuses(
        String.raw`(error: |info: |)${NAMED_CLIENT}bad zone transfer request: '$name': non-authoritative zone \(NOTAUTH\)`,
      ),
      refuses(String.raw`(error: |info: |)${NAMED_CLIENT}query failed \(REFUSED\) for `),
    ],
    (message) => behind(message),
  ),
  decoder({ name: 'nsd', protocol: 'dns', programs: ['nsd'] }, [
    floods(String.raw`(info: |)ratelimit block $any query $ip `),
    refuses(String.raw`(info: |)(axfr|AXFR|ixfr|IXFR) for $any from (client |)$ip refused`),
    refuses(String.raw`(info: |)(notify|NOTIFY) for $any from (client |)$ip refused`),
  ]),
  decoder(
    { name: 'squid', protocol: 'http', marks: ['_DENIED/403', 'NONE/405', 'NONE_NONE/405', 'TCP_DENIED'] },
    [
      refuses(
        String.raw`$int $ip (TCP_DENIED|UDP_DENIED|TCP_MISS_DENIED|TCP_IMS_HIT_DENIED|NONE_DENIED|TCP_CLIENT_REFRESH_MISS_DENIED)($any|)/403 `,
      ),
      refuses(String.raw`$int $ip $method_DENIED/403 `),
      misuses(String.raw`$int $ip (NONE|NONE_NONE)/405 `),
    ],
  ),
  decoder({ name: 'haproxy', protocol: 'http', programs: ['haproxy'], marks: ['<NOSRV>'] }, [
    fails(String.raw`$ip:$port [$any] $any<NOSRV> -1/-1/-1/-1/$any 401 `),
    fails(String.raw`$ip:$port [$any] $any/<NOSRV> $int/$any 401 `),
    refuses(String.raw`$ip:$port [$any] $any/<NOSRV> $any 403 `),
    misuses(String.raw`$ip:$port [$any] $any/<NOSRV> $any <BADREQ>`),
  ]),
  decoder(
    { name: '3proxy', protocol: 'socks', marks: ['PROXY.', 'SOCKS.', 'SOCKS5.', 'SOCKS4.'] },
    [
      // The last two digits of the code are 01 to 09 where who asked may not: see its manual, "errors".
      refuses(String.raw`$word $int (-|$user) $ip:$port `),
    ],
    (message) => (/^[A-Z\d]{1,16}\.\d{1,6} \d{3}0[1-9] /.test(message.slice(0, 48)) ? message : ''),
  ),
  decoder({ name: 'dante', protocol: 'socks', programs: ['danted', 'sockd'] }, [
    fails(String.raw`$any: tcp/accept ]: $ip.$port $any: error after reading $any for user "$user"`),
    fails(
      String.raw`$any: tcp/accept ]: $ip.$port $any: error after reading $any could not access user "$user"`,
    ),
    fails(String.raw`$any block\($any tcp/accept ]: $ip.$port $any: error after reading $any authentication`),
  ]),
  decoder({ name: 'softether', protocol: 'vpn', marks: ['User authentication failed. The user name'] }, [
    fails(
      String.raw`$any User authentication failed. The user name that has been provided was "$$user", from $ip.`,
    ),
  ]),
  decoder(
    {
      name: 'openvpn',
      protocol: 'openvpn',
      programs: ['openvpn', 'ovpn'],
      marks: ['TLS Error: ', 'AUTH_FAILED'],
    },
    [
      fails(String.raw`$ip:$port TLS Auth Error: Auth Username/Password verification failed for peer`),
      misuses(String.raw`$ip:$port TLS Error: TLS handshake failed`),
      misuses(
        String.raw`TLS Error: (incoming packet|cannot locate HMAC|tls-crypt)$any from [AF_INET$any]$ip:`,
      ),
      fails(String.raw`$ip:$port VERIFY ERROR: `),
      fails(String.raw`$any/$ip:$port SENT CONTROL [$any]: 'AUTH_FAILED`),
    ],
  ),
  decoder({ name: 'strongswan', protocol: 'ipsec', programs: ['charon', 'pluto', 'ipsec'] }, [
    fails(String.raw`$any EAP method EAP_$any failed for peer $ip$end`),
    fails(String.raw`$any EAP method EAP_$any failed for peer $$user`),
    fails(String.raw`$any no $any found for $any - $ip`),
  ]),
  decoder({ name: 'ocserv', protocol: 'anyconnect', programs: ['ocserv'] }, [
    fails(
      String.raw`(worker|main|sec-mod)([$any]|)(:|) $ip(:$int|) failed authentication attempt for user '$$user'`,
    ),
    fails(
      String.raw`(worker|main|sec-mod)[$any]:$ip(:$int|) failed authentication attempt for user '$$user'`,
    ),
    fails(String.raw`failed authentication attempt for user '$$user' from $ip`),
  ]),
  decoder({ name: 'mosquitto', protocol: 'mqtt', marks: [' disconnected, not authori'] }, [
    fails(String.raw`$any Client $$any [$ip:$port] disconnected, not authori`),
    fails(String.raw`Client $$any [$ip:$port] disconnected, not authori`),
    fails(String.raw`Client $$any from $ip:$port disconnected, not authori`),
  ]),
  decoder({ name: 'rabbitmq', protocol: 'amqp', marks: ['Error on AMQP connection '] }, [
    fails(
      String.raw`$any Error on AMQP connection $any \($ip:$port -> $any login refused: user '$user' - invalid credentials`,
    ),
    fails(String.raw`Error on AMQP connection $any \($ip:$port -> $any login refused: user '$user' -`),
  ]),
  decoder({ name: 'stunnel', protocol: 'tls', marks: ['SSL_accept from '] }, [
    misuses(
      String.raw`$any: SSL_accept from $ip:$port : $any: error:$any:SSL routines:$any:(peer did not return a certificate|no certificate returned|no shared cipher)`,
    ),
    misuses(String.raw`SSL_accept from $ip:$port : $any: error:$any:SSL routines:`),
  ]),
  decoder(
    {
      name: 'asterisk',
      protocol: 'sip',
      programs: ['asterisk'],
      marks: ['NOTICE[', 'WARNING[', 'SECURITY[', 'ERROR[', 'VERBOSE['],
    },
    [
      fails(String.raw`Registration from '$$any' failed for '$ip(:$int|)' - `),
      refuses(
        String.raw`Call from '$$any' \($ip:$port\) to extension '$$any' rejected because extension not found in context `,
      ),
      fails(String.raw`(Host |)$ip failed to authenticate as '$user'$end`),
      fails(String.raw`Host $ip tried to authenticate with nonexistent user '$user'`),
      invalid(String.raw`No registration for peer '$user' \(from $ip\)$end`),
      fails(String.raw`(Host |)$ip failed MD5 authentication for '$user' \(`),
      fails(String.raw`hacking attempt detected '$ip'$end`),
      fails(String.raw`Failed to authenticate (user|device) $any@$ip(:$int|)(>|;|)`),
      fails(
        String.raw`Request (from |)('$any' |)failed for '$ip(:$int|)' (\(callid: $any\) |)- (No matching endpoint found|Not match Endpoint|Failed to authenticate|Error to authenticate)`,
      ),
      fails(
        String.raw`Request ($any |)from '$$any' failed for '$ip(:$int|)' (\(callid: $any\) |)- (No matching endpoint found|Not match Endpoint|Failed to authenticate|Error to authenticate)`,
      ),
      refuses(
        String.raw`SecurityEvent="(FailedACL|InvalidAccountID|ChallengeResponseFailed|InvalidPassword)",$any,RemoteAddress="IPV(4|6)/$word/$ip/`,
      ),
      refuses(
        String.raw`SecurityEvent="(FailedACL|InvalidAccountID|ChallengeResponseFailed|InvalidPassword)",$any,RemoteAddress="IPV4/UDP/$ip/`,
      ),
      refuses(String.raw`(Ext. $any: |)(")Rejecting unknown SIP connection from $ip"`),
      refuses(String.raw`Ext. $any: (")Rejecting unknown SIP connection from $ip(:$int|)"`),
      probes(String.raw`Ext. $any: (")Friendly Scanner from $ip`),
      probes(String.raw`Friendly Scanner from $ip`),
    ],
    asteriskMessage,
  ),
  decoder({ name: 'freeswitch', protocol: 'sip', marks: ['sofia_reg.c', '[SOFIA]'] }, [
    fails(String.raw`$any SIP auth failure \($any\) on sofia profile '$any' for [$$user] from ip $ip`),
    floods(String.raw`$any SIP auth challenge \($any\) on sofia profile '$any' for [$$user] from ip $ip`),
    invalid(String.raw`$any Can't find user [$$user] from $ip`),
  ]),
  decoder({ name: 'murmur', protocol: 'mumble', marks: ['Rejected connection from '] }, [
    fails(
      String.raw`$any<$any:$user\($any\)> Rejected connection from $ip:$port: (Invalid server password|Wrong certificate or password for existing user)`,
    ),
    fails(
      String.raw`$any Rejected connection from $ip:$port: (Invalid server password|Wrong certificate or password)`,
    ),
  ]),
  decoder(
    { name: 'ejabberd', protocol: 'xmpp', marks: ['Failed authentication for ', 'authentication for '] },
    [
      fails(String.raw`$any Failed $any for $user from (IP |)$ip`),
      fails(String.raw`$any Failed authentication for $user from (IP |)$ip`),
    ],
  ),
  decoder({ name: 'znc', protocol: 'irc', marks: ['failed to login from '] }, [
    fails(String.raw`[$user] failed to login from $ip`),
  ]),
  decoder({ name: 'ngircd', protocol: 'irc', programs: ['ngircd'] }, [
    fails(String.raw`$any Bad (server |)password`),
  ]),
  decoder({ name: 'counter-strike', protocol: 'rcon', marks: ['Bad Rcon: '] }, [
    fails(String.raw`$$any from "$ip:$port"`),
  ]),
  decoder({ name: 'rcon-server', protocol: 'rcon', marks: ['rcon from "'] }, [
    fails(String.raw`Bad Rcon: $any from "$ip`),
    succeeds(String.raw`rcon from "$ip:$port": command`),
  ]),
];

/** Levels and categories of named's own log: `security: info: client …`. */
function behind(message: string): string {
  const at = message.indexOf('client ');
  return at > 0 && at <= 48 && /^(?:[\w-]{1,24}: ){1,2}$/.test(message.slice(0, at))
    ? message.slice(at)
    : message;
}

/** `NOTICE[1638][C-00000a] chan_sip.c:23417 in handle_request_register: ` */
function asteriskMessage(message: string): string {
  const head =
    /^(?:(?:NOTICE|WARNING|SECURITY|ERROR|VERBOSE)(?:\[[^\]]{1,24}\]){1,2}:? )?(?:[\w./]{1,48}\.c(?::\d{1,6})?(?: in \w{1,64})?: )?/.exec(
      message.slice(0, 224),
    );
  return message.slice(head?.[0].length ?? 0).trimStart();
}
