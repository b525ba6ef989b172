import { type TestContext, test } from 'node:test';
import { Inspector } from '../lines.ts';

interface Case {
  readonly line: string;
  /** Of the last line where there are several; undefined is no match. */
  readonly host?: string;
  readonly user?: string;
  readonly decoder?: string;
  /** Of lines that say who, and are no match; without it those with a host are, and those of rights refused. */
  readonly isMatch?: boolean;
}
const REFUSED: ReadonlySet<string> = new Set(['sudo', 'su', 'doas', 'polkit']);

/** One of each form that a program writes, made up of the programs' own sources and manuals. */
const CASES: readonly Case[] = [
  // Telephony
  {
    line: `[2026-02-13 17:21:54] NOTICE[1638] chan_sip.c: Registration from '<sip:301@example.com>' failed for '192.0.2.9' - Wrong password`,
    host: '192.0.2.9',
  },
  {
    line: `[2026-02-13 17:21:54] NOTICE[1638][C-0000a] chan_sip.c: Call from '' (192.0.2.9:10836) to extension '0972598285108' rejected because extension not found in context 'default'.`,
    host: '192.0.2.9',
  },
  {
    line: `[2026-02-13 17:21:54] NOTICE[12579]: chan_sip.c:24478 in handle_request_invite: Call from '' (192.0.2.9:56504) to extension '01' rejected because extension not found in context 'default'.`,
    host: '192.0.2.9',
  },
  {
    line: `[2026-02-13 17:21:54] NOTICE[1638] chan_iax2.c: Host 192.0.2.9 failed to authenticate as 'guess'`,
    host: '192.0.2.9',
    user: 'guess',
  },
  {
    line: `[2026-02-13 17:21:54] NOTICE[1638] chan_sip.c: No registration for peer 'guess' (from 192.0.2.9)`,
    host: '192.0.2.9',
    user: 'guess',
  },
  {
    line: `[2026-02-13 17:21:54] NOTICE[1638] chan_iax2.c: Host 192.0.2.9 failed MD5 authentication for 'guess' (e7df7cd2ca07f4f1ab415d457a6e1c13 != 53ac4bc41ee4ec77888ed4aa50677247)`,
    host: '192.0.2.9',
  },
  {
    line: `[2026-02-13 17:21:54] NOTICE[1638] chan_sip.c: Failed to authenticate user "guess" <sip:301@192.0.2.9>;tag=1r698745234`,
    host: '192.0.2.9',
  },
  {
    line: `[2026-10-29 14:38:55] SECURITY[17337] res_security_log.c: SecurityEvent="InvalidPassword",EventTV="1317742915-123",Severity="Error",Service="SIP",EventVersion="2",AccountID="guess",SessionID="0x7f",LocalAddress="IPV4/UDP/198.51.100.1/5060",RemoteAddress="IPV4/UDP/192.0.2.9/5060",Challenge="1",ReceivedChallenge="1",ReceivedHash="2"`,
    host: '192.0.2.9',
  },
  {
    line: `[2026-10-29 14:38:55] SECURITY[17337] res_security_log.c: SecurityEvent="SuccessfulAuth",EventTV="1317742915-123",RemoteAddress="IPV4/UDP/192.0.2.9/5060"`,
  },
  {
    line: `[2026-03-11 13:56:20] NOTICE[12862] res_pjsip/pjsip_distributor.c: Request from '"x" <sip:2001@198.51.100.1>' failed for '192.0.2.9:5060' (callid: abc) - No matching endpoint found`,
    host: '192.0.2.9',
  },
  {
    line: `[2026-03-11 13:56:20] NOTICE[12862] res_pjsip/pjsip_distributor.c: Request 'INVITE' from '<sip:2001@198.51.100.1>' failed for '192.0.2.9:5060' (callid: abc) - Failed to authenticate`,
    host: '192.0.2.9',
  },
  {
    line: `Nov  4 18:30:40 localhost asterisk[32229]: NOTICE[32257]: chan_sip.c:23417 in handle_request_register: Registration from '<sip:301@example.com>' failed for '192.0.2.9:5060' - No matching peer found`,
    host: '192.0.2.9',
  },
  {
    line: `[2026-05-13 18:11:06] WARNING[1][C-1] Ext. s: "Rejecting unknown SIP connection from 192.0.2.9"`,
    host: '192.0.2.9',
  },
  {
    line: `<W>2026-11-29 17:18:20.962 1 => <8:ann(-1)> Rejected connection from 192.0.2.9:29530: Invalid server password`,
    host: '192.0.2.9',
  },
  {
    line: `<W>2026-11-29 17:18:20.962 1 => <8:ann(-1)> Rejected connection from 192.0.2.9:29530: Wrong certificate or password for existing user`,
    host: '192.0.2.9',
  },
  // The web
  {
    line: `2026/03/25 16:04:00 [error] 3431#0: *1 user "ann" was not found in "/etc/nginx/.htpasswd", client: 192.0.2.9, server: www, request: "GET / HTTP/1.1", host: "www"`,
    host: '192.0.2.9',
    user: 'ann',
  },
  {
    line: `2026/03/25 16:04:00 [error] 3431#0: *1 user "ann": password mismatch, client: 192.0.2.9, server: www, request: "GET / HTTP/1.1", host: "www"`,
    host: '192.0.2.9',
    user: 'ann',
  },
  {
    line: `2026/03/25 16:04:00 [error] 3431#3431: *1 limiting requests, excess: 1.852 by zone "one", client: 192.0.2.9, server: , request: "GET / HTTP/1.0", host: "x"`,
    host: '192.0.2.9',
  },
  {
    line: `2026/03/25 16:04:00 [error] 3431#3431: *1 limiting connections by zone "one", client: 192.0.2.9, server: , request: "GET / HTTP/1.0", host: "x"`,
    host: '192.0.2.9',
  },
  {
    line: `2026/11/25 14:42:16 [crit] 76952#76952: *2454307 SSL_do_handshake() failed (SSL: error:1408F0C6:SSL routines:ssl3_get_record:packet length too long) while SSL handshaking, client: 192.0.2.9, server: 0.0.0.0:443`,
    host: '192.0.2.9',
  },
  {
    line: `Nov 25 14:42:16 web nginx: 2026/11/25 14:42:16 [error] 3431#0: *1 user "ann": password mismatch, client: 192.0.2.9, server: www, request: "GET / HTTP/1.1", host: "www"`,
    host: '192.0.2.9',
  },
  {
    line: `Nov 25 14:42:16 web haproxy[6869]: 192.0.2.9:58444 [25/Nov/2026:14:42:16.041] app app/<NOSRV> -1/-1/-1/-1/+2 401 +248 - - PR-- 2/2/0/0/+0 0/0 {||} "GET / HTTP/1.1"`,
    host: '192.0.2.9',
  },
  {
    line: `Nov 25 14:42:16 web haproxy[6869]: 192.0.2.9:58444 [25/Nov/2026:14:42:16.041] app app/one 0/0/0/1/2 200 248 - - ---- 2/2/0/0/0 0/0 "GET / HTTP/1.1"`,
  },
  {
    line: `t=2026-10-19T17:44:33+0200 lvl=eror msg="Invalid username or password" logger=context userId=0 orgId=0 uname= error="User not found" remote_addr=192.0.2.9`,
    host: '192.0.2.9',
  },
  {
    line: `t=2026-10-19T18:44:33+0200 lvl=eror msg="Invalid username or password" logger=context userId=0 orgId=0 uname= error="Invalid Username or Password" remote_addr=192.0.2.9`,
    host: '192.0.2.9',
  },
  {
    line: `06:12:32.442 [http-nio-8080-exec-1] WARN  o.a.g.r.auth.AuthenticationService - Authentication attempt from 192.0.2.9 for user "ann" failed.`,
    host: '192.0.2.9',
    user: 'ann',
  },
  {
    line: `apr 16, 2026 8:32:13 AM org.slf4j.impl.JCLLoggerAdapter warn\nWARNING: Authentication attempt from 192.0.2.9 for user "ann" failed.`,
    host: '192.0.2.9',
    user: 'ann',
  },
  {
    line: `12:57:32.907 [http-nio-8080-exec-10] WARN  o.a.g.r.auth.AuthenticationService - Authentication attempt from [192.0.2.9, 198.51.100.1] for user "ann" failed.`,
    host: '192.0.2.9',
  },
  {
    line: `[PDT Apr 16 21:05:29] error    : Warning: Client '192.0.2.9' supplied unknown user 'foo' accessing monit httpd`,
    host: '192.0.2.9',
    user: 'foo',
  },
  {
    line: `[PDT Apr 16 21:05:29] error    : Warning: Client '192.0.2.9' supplied wrong password for user 'admin' accessing monit httpd`,
    host: '192.0.2.9',
    user: 'admin',
  },
  {
    line: `Mar  9 09:18:32 host monit[5731]: HttpRequest: access denied -- client 192.0.2.9: unknown user 'foo'`,
    host: '192.0.2.9',
    user: 'foo',
  },
  {
    line: `Mar  9 09:18:33 host monit[5731]: HttpRequest: access denied -- client 192.0.2.9: wrong password for user 'admin'`,
    host: '192.0.2.9',
    user: 'admin',
  },
  {
    line: `[22-Jan-2026 22:28:21 +0200]: FAILED login for user1 from 192.0.2.9`,
    host: '192.0.2.9',
    user: 'user1',
  },
  {
    line: `May 26 07:12:40 mail roundcube: IMAP Error: Login failed for ann@example.com from 192.0.2.9`,
    host: '192.0.2.9',
    user: 'ann@example.com',
  },
  {
    line: `Jul 11 03:06:37 mail roundcube: <jvhcu1ha> IMAP Error: Login failed for admin from 192.0.2.9. AUTHENTICATE PLAIN: A0002 NO Login failed. in /usr/share/roundcube/program/include/rcube_imap.php on line 205 (POST /wmail/?_task=login&_action=login)`,
    host: '192.0.2.9',
    user: 'admin',
  },
  {
    line: `[10-May-2026 13:04:52 +0000]: <1d00e5> Failed login for ann against localhost from 192.0.2.9 in session p1te (error: 0)`,
    host: '192.0.2.9',
  },
  {
    line: `Mar 24 08:58:32 sogod [26818]: SOGoRootPage Login from '192.0.2.9' for user 'hack0r' might not have worked - password policy: 65535  grace: -1  expire: -1  bound: 0`,
    host: '192.0.2.9',
    user: 'hack0r',
  },
  {
    line: `Mar 24 08:58:32 sogod [26818]: SOGoRootPage Login from '192.0.2.9, 198.51.100.3' for user 'hack0r' might not have worked - password policy: 65535`,
    host: '192.0.2.9',
  },
  {
    line: `[Mon Mar 28 16:50:49.522240 2026] [:error] [pid 1795] [client 192.0.2.9:50700] WAR [Login denied for user "username1"], referer: https://zoneminder/`,
    host: '192.0.2.9',
    user: 'username1',
  },
  {
    line: `[Mon Mar 28 16:53:00.123456 2026] [php7:notice] [pid 1795] [client 192.0.2.9:50700] ERR [Could not retrieve user username1 details], referer: https://zoneminder/`,
    host: '192.0.2.9',
    user: 'username1',
  },
  {
    line: `{"reqId":"x","level":2,"time":"2026-01-01T10:10:10+00:00","remoteAddr":"192.0.2.9","user":"--","app":"core","method":"POST","url":"/login","message":"Login failed: ann (Remote IP: 192.0.2.9)"}`,
    host: '192.0.2.9',
    user: 'ann',
  },
  // Mail
  { line: `Apr-27-26 02:33:09 Blocking 192.0.2.9 - too much AUTH errors (41);`, host: '192.0.2.9' },
  {
    line: `Dec-30-25 04:01:47 [SSL-out] 192.0.2.9 max sender authentication errors (5) exceeded`,
    host: '192.0.2.9',
  },
  {
    line: `Dec-29-25 17:10:31 [SSL-out] 192.0.2.9 SSL negotiation with client failed: SSL accept attempt failed with unknown error error:140760FC:SSL routines:SSL23_GET_CLIENT_HELLO:unknown protocol;`,
    host: '192.0.2.9',
  },
  {
    line: `Jun-15-26 09:01:02 m1-02234-10823 [Worker_1] [TLS-out] [RelayAttempt] 192.0.2.9 <a@b.c> to: x@y.z relay attempt blocked for: x@y.z`,
    host: '192.0.2.9',
  },
  {
    line: `22-06-2026 09:56:12   smtp: postmaster [192.0.2.9] authentication failure using internet password`,
    host: '192.0.2.9',
    user: 'postmaster',
  },
  {
    line: `[28325:00010-3735542592] 22-06-2026 09:56:12   smtp: postmaster [192.0.2.9] authentication failure using internet password`,
    host: '192.0.2.9',
  },
  {
    line: `[0EE4:0032-0D48] 03/10/2026 06:31:02 PM  SMTP Server: Authentication failed for user postmaster ; connecting host 192.0.2.9`,
    host: '192.0.2.9',
    user: 'postmaster',
  },
  {
    line: `[18/Jan/2026 06:41:25] SMTP Spam attack detected from 192.0.2.9, client closed connection before SMTP greeting`,
    host: '192.0.2.9',
  },
  {
    line: `[18/Jan/2026 06:41:25] IP address 192.0.2.9 found in DNS blacklist SORBS, mail from <a@b.c> to <d@e.f> rejected`,
    host: '192.0.2.9',
  },
  {
    line: `[18/Jan/2026 06:41:25] Relay attempt from IP address 192.0.2.9, mail from <a@b.c> to <d@e.f> rejected`,
    host: '192.0.2.9',
  },
  {
    line: `[18/Jan/2026 06:41:25] Attempt to deliver to unknown recipient <a@b.c>, from <d@e.f>, IP address 192.0.2.9`,
    host: '192.0.2.9',
  },
  {
    line: `[18/Jan/2026 06:41:25] IMAP: User ann@example.com doesn't exist. Attempt from IP address 192.0.2.9.`,
    host: '192.0.2.9',
  },
  {
    line: `[18/Jan/2026 06:41:25] SMTP: Invalid password for user ann@example.com. Attempt from IP address 192.0.2.9.`,
    host: '192.0.2.9',
  },
  {
    line: `[18/Jan/2026 06:41:25] Failed IMAP login from 192.0.2.9, user ann@example.com`,
    host: '192.0.2.9',
  },
  {
    line: `[18/Jan/2026 06:41:25] Failed SMTP login from 192.0.2.9 with SASL method LOGIN.`,
    host: '192.0.2.9',
  },
  {
    line: `<co ts="2026-06-02T22:02:13.94" pi="72a9.3b4.3774" sc="tcp_submit" dr="+" ac="U" tr="TCP|198.51.100.2|587|192.0.2.9|59762" ap="SMTP" mi="Bad password" us="ann@example.org" di="535 5.7.8 Bad username or password (Authentication failed)."/>`,
    host: '192.0.2.9',
    user: 'ann@example.org',
  },
  {
    line: `Sep  6 07:33:33 sd6 qmail: 1157520813.485077 rblsmtpd: 192.0.2.9 pid 19597 sbl-xbl.spamhaus.org: 451 http://www.spamhaus.org/query/bl?ip=192.0.2.9`,
    host: '192.0.2.9',
  },
  {
    line: `Sep  4 21:11:22 host qmail: 1157396282.112 4 qmail-smtpd: 451 badiprbl: ip 192.0.2.9 rbl: bl.example`,
    host: '192.0.2.9',
  },
  {
    line: `Dec  1 20:36:56 mail sieve[23713]: badlogin: example.com[192.0.2.9] PLAIN authentication failure`,
    host: '192.0.2.9',
  },
  // FTP
  {
    line: `Jan 10 00:00:00 host proftpd[12345]: host.example (192.0.2.9[192.0.2.9]) - USER invalid (Login failed): Incorrect password.`,
    host: '192.0.2.9',
    user: 'invalid',
  },
  {
    line: `Jan 10 00:00:00 host proftpd[12345] host.example (name.example[192.0.2.9]): USER kjsf: no such user found from name.example [192.0.2.9] to 198.51.100.1:21`,
    host: '192.0.2.9',
    user: 'kjsf',
  },
  {
    line: `Jan 10 00:00:00 host proftpd[12345]: host.example (192.0.2.9[192.0.2.9]) - SECURITY VIOLATION: root login attempted.`,
    host: '192.0.2.9',
  },
  {
    line: `Jan 10 00:00:00 host proftpd[12345]: host.example (192.0.2.9[192.0.2.9]) - Maximum login attempts (3) exceeded`,
    host: '192.0.2.9',
  },
  {
    line: `Jan 10 00:00:00 host proftpd[12345]: host.example (192.0.2.9[192.0.2.9]) - USER ann: Login successful.`,
  },
  // Databases and directories
  {
    line: `2026-10-20T09:54:27.108+0200 I NETWORK  [initandlisten] connection accepted from 192.0.2.9:53276 #22 (1 connection now open)\n2026-10-20T09:54:27.109+0200 I ACCESS   [conn22] Failed to authenticate root@admin with mechanism MONGODB-CR: AuthenticationFailed: UserNotFound`,
    host: '192.0.2.9',
    user: 'root',
  },
  {
    line: `2026-11-20T00:04:00.110+0100 [conn1] Failed to authenticate root@admin with mechanism MONGODB-CR: AuthenticationFailed UserNotFound Could not find user root@admin\n2026-11-20T00:04:00.111+0100 [conn1] end connection 192.0.2.9:53276 (0 connections now open)`,
    host: '192.0.2.9',
  },
  {
    line: `2026-11-20T11:57:06.007+0000 I ACCESS   [conn334] SCRAM-SHA-1 authentication failed for root on admin from client 192.0.2.9:57588 ; UserNotFound: Could not find user root@admin`,
    host: '192.0.2.9',
    user: 'root',
  },
  {
    line: `2026-02-24 16:05:21.00 Logon       Login failed for user 'Backend'. Reason: Could not find a login matching the name provided. [CLIENT: 192.0.2.9]`,
    host: '192.0.2.9',
    user: 'Backend',
  },
  {
    line: `2026-02-24 16:30:25.88 Logon       Login failed for user 'sa'. Reason: Password did not match that for the login provided. [CLIENT: 192.0.2.9]`,
    host: '192.0.2.9',
    user: 'sa',
  },
  {
    line: `Sep 16 09:33:33 ldap slapd[6754]: conn=1005 fd=12 ACCEPT from IP=192.0.2.9:49545 (IP=0.0.0.0:389)\nSep 16 09:33:33 ldap slapd[6754]: conn=1005 op=0 BIND dn="cn=x" method=128\nSep 16 09:33:33 ldap slapd[6754]: conn=1005 op=0 RESULT tag=97 err=49 text=`,
    host: '192.0.2.9',
    user: 'cn=x',
  },
  // What clients may, and what they may not by the configuration
  {
    line: `Jan 04 22:51:57 ftp proftpd[26916]: ftp (192.0.2.9[192.0.2.9]) - ANON anonymous: Login successful.`,
    host: '192.0.2.9',
    user: 'anonymous',
    isMatch: false,
  },
  {
    line: `Jan 04 22:51:57 ftp proftpd[15181]: ftp (crawl.example.com[192.0.2.9]) - Connection from crawl.example.com [192.0.2.9] denied.`,
    host: '192.0.2.9',
  },
  {
    line: `Nov 21 09:43:57 mail dovecot: pop3-login: Aborted login (1 authentication attempts): user=<ann>, method=PLAIN, rip=192.0.2.9, lip=192.0.2.1, secured`,
    host: '192.0.2.9',
    user: 'ann',
    isMatch: false,
  },
  {
    line: `Nov 21 09:43:57 mail dovecot: pop3-login: Aborted login: user=<ann>, method=PLAIN, rip=192.0.2.9, lip=192.0.2.1`,
    host: '192.0.2.9',
    user: 'ann',
    isMatch: false,
  },
  {
    line: `{"reqId":"x","level":2,"time":"2026-10-14T09:06:02+00:00","remoteAddr":"192.0.2.9","user":"--","app":"core","method":"POST","url":"/login","message":"Login failed: 'admin' (Remote IP: '192.0.2.9')","userAgent":"x","version":"16.0.5.1"}`,
    host: '192.0.2.9',
    user: 'admin',
  },
  {
    line: `{"reqId":"x","level":1,"time":"2026-10-14T09:06:07+00:00","remoteAddr":"192.0.2.9","user":"ann","app":"admin_audit","method":"POST","url":"/login","message":"Login successful: \\"ann\\"","userAgent":"x","version":"28.0.4.1"}`,
    host: '192.0.2.9',
    user: 'ann',
    isMatch: false,
  },
  {
    line: `Nov 28 10:00:00 srv chpasswd[1]: pam_unix(chpasswd:chauthtok): password changed for bob`,
    user: 'bob',
    isMatch: false,
  },
  {
    line: `Nov 28 10:00:00 srv sshd[7]: Connection from 192.0.2.9 port 4444 on 192.0.2.1 port 22\nNov 28 10:00:00 srv sshd[7]: fatal: Access denied for user bob by PAM account configuration [preauth]`,
    host: '192.0.2.9',
    user: 'bob',
  },
  // Networks
  {
    line: `1386543323.000      4 192.0.2.9 TCP_DENIED/403 4099 GET http://www.example.net/azenv.php - HIER_NONE/- text/html`,
    host: '192.0.2.9',
  },
  {
    line: `1386543323.000      0 192.0.2.9 NONE/405 3638 CONNECT error:method-not-allowed - HIER_NONE/- text/html`,
    host: '192.0.2.9',
  },
  {
    line: `1386543323.000      4 192.0.2.9 TCP_MISS/200 4099 GET http://www.example.net/ - HIER_DIRECT/198.51.100.1 text/html`,
  },
  {
    line: `[1387288694] nsd[7745]: info: ratelimit block example.com. type any target 192.0.2.0/24 query 192.0.2.9 TYPE255`,
    host: '192.0.2.9',
  },
  {
    line: `[2026-01-08 12:00:00.123] nsd[23600]: info: axfr for localdomain. from 192.0.2.9 refused, no acl matches`,
    host: '192.0.2.9',
  },
  {
    line: `2026.11.21 14:29:16 LOG3[28228:140093368055552]: SSL_accept from 192.0.2.9:49421 : 140890C7: error:140890C7:SSL routines:SSL3_GET_CLIENT_CERTIFICATE:peer did not return a certificate`,
    host: '192.0.2.9',
  },
  {
    line: `L 01/01/2026 - 01:25:17: Bad Rcon: "rcon 1146003691 "284"  sv_contact "HLBrute 1.10"" from "192.0.2.9:57370"`,
    host: '192.0.2.9',
  },
  {
    line: `Jan 1 10:00:00 gw openvpn[811]: 192.0.2.9:1194 TLS Auth Error: Auth Username/Password verification failed for peer`,
    host: '192.0.2.9',
  },
  // The machine
  {
    line: `type=USER_ERR msg=audit(1371936672.123:123): user pid=12946 uid=0 auid=4294967295 ses=4294967295 subj=system_u:system_r:sshd_t:s0-s0:c0.c1023 msg='op=PAM:bad_ident acct="?" exe="/usr/sbin/sshd" hostname=192.0.2.9 addr=192.0.2.9 terminal=ssh res=failed'`,
    host: '192.0.2.9',
  },
  {
    line: `type=USER_AUTH msg=audit(1371936672.123:123): user pid=12946 uid=0 auid=4294967295 ses=4294967295 subj=system_u:system_r:sshd_t:s0-s0:c0.c1023 msg='op=PAM:authentication acct="root" exe="/usr/sbin/sshd" hostname=? addr=192.0.2.9 terminal=ssh res=success'`,
  },
  {
    line: `Feb  4 10:33:11 host nrpe[30190]: Host 192.0.2.9 is not allowed to talk to us!`,
    host: '192.0.2.9',
  },
  {
    line: `Feb 22 10:01:02 router system,error,critical login failure for user admin from 192.0.2.9 via winbox`,
    host: '192.0.2.9',
    user: 'admin',
  },
  {
    line: `Apr 29 17:08:00 pve pvedaemon[1234]: authentication failure; rhost=192.0.2.9 user=root@pam msg=Authentication failure`,
    host: '192.0.2.9',
  },
  {
    line: `Jun 21 16:47:48 srv sshd[13709]: error: PAM: Authentication failure for ann from 192.0.2.9`,
    host: '192.0.2.9',
    user: 'ann',
  },
  {
    line: `Feb 25 14:34:10 srv sshd[31602]: Failed password for invalid user ROOT from 192.0.2.9 port 50273 ssh2`,
    host: '192.0.2.9',
    user: 'ROOT',
  },
  {
    line: `Nov 26 00:00:00 srv sshd-session[31602]: Timeout before authentication for connection from 192.0.2.9 to 198.51.100.1, pid = 4711`,
    host: '192.0.2.9',
  },
  {
    line: `Nov 26 00:00:00 srv sshd[31602]: error: kex_exchange_identification: client sent invalid protocol identifier "GET / HTTP/1.1"\nNov 26 00:00:00 srv sshd[31602]: banner exchange: Connection from 192.0.2.9 port 4711: invalid format`,
    host: '192.0.2.9',
  },
  {
    line: `Nov 26 00:00:00 srv sshd[31602]: Accepted publickey for ann from 192.0.2.9 port 4711 ssh2: ED25519 SHA256:abc`,
  },
  {
    line: `2026-11-26T00:00:00.123456+01:00 srv sudo:     ann : user NOT in sudoers ; TTY=pts/0 ; PWD=/home/ann ; USER=root ; COMMAND=/usr/bin/id`,
    user: 'ann',
    decoder: 'sudo',
  },
  {
    line: `Nov 26 00:00:00 srv useradd[1]: new user: name=toor, UID=0, GID=0, home=/root, shell=/bin/sh`,
    user: 'toor',
    decoder: 'accounts',
  },
  // The machine itself: what is asked for, and lent or refused
  {
    line: `Nov 28 10:00:00 srv sudo[811]:      ann : 3 incorrect password attempts ; PWD=/srv ; USER=root ; COMMAND=/usr/bin/id`,
    user: 'ann',
    decoder: 'sudo',
  },
  {
    line: `Nov 28 10:00:00 srv sudo:      ann : user NOT authorized on host ; TTY=pts/0 ; PWD=/home/ann ; USER=root ; COMMAND=/usr/bin/id`,
    user: 'ann',
    decoder: 'sudo',
  },
  {
    line: `Nov 28 10:00:00 srv sudo[811]:      ann : a password is required ; PWD=/home/ann ; USER=root ; COMMAND=/usr/bin/id`,
    user: 'ann',
    decoder: 'sudo',
    isMatch: false,
  },
  {
    line: `Nov 28 10:00:00 srv sudo:      ann : PWD=/ ; USER=root ; GROUP=adm ; COMMAND=/usr/bin/id`,
    user: 'ann',
    decoder: 'sudo',
    isMatch: false,
  },
  {
    line: `Nov 28 10:00:00 srv sudo: pam_unix(sudo:session): session opened for user root(uid=0) by ann(uid=1000)`,
    user: 'root',
    decoder: 'pam',
    isMatch: false,
  },
  {
    line: `Nov 28 10:00:00 srv su(pam_unix)[14592]: session opened for user news by (uid=0)`,
    user: 'news',
    decoder: 'pam',
    isMatch: false,
  },
  {
    line: `Nov 28 10:00:00 srv sshd[77]: pam_unix(sshd:session): session closed for user ann`,
    user: 'ann',
    decoder: 'pam',
    isMatch: false,
  },
  {
    line: `Nov 28 10:00:00 srv sshd[77]: pam_access(sshd:account): access denied for user \`ann' from \`192.0.2.9'`,
    host: '192.0.2.9',
    user: 'ann',
    decoder: 'pam',
  },
  { line: `Nov 28 10:00:00 srv su[234]: BAD SU ann to root on /dev/ttyp0`, user: 'ann', decoder: 'su' },
  {
    line: `Nov 28 10:00:00 srv su[234]: failed: ttyq4 changing from ann to root`,
    user: 'ann',
    decoder: 'su',
  },
  {
    line: `Nov 28 10:00:00 srv su[234]: ann to root on /dev/ttyp1`,
    user: 'ann',
    decoder: 'su',
    isMatch: false,
  },
  { line: `Nov 28 10:00:00 srv doas: failed auth for ann`, user: 'ann', decoder: 'doas' },
  {
    line: `Nov 28 10:00:00 srv polkitd[5]: Operator of unix-session:3 FAILED to authenticate to gain authorization for action org.freedesktop.policykit.exec for unix-process:1:2 [sh] (owned by unix-user:ann)`,
    user: 'ann',
    decoder: 'polkit',
  },
  {
    line: `Nov 28 10:00:00 srv pkexec[5]: ann: Error executing command as another user: Not authorized [USER=root] [TTY=/dev/pts/0] [CWD=/] [COMMAND=/bin/sh]`,
    user: 'ann',
    decoder: 'polkit',
  },
  {
    line: `Nov 28 10:00:00 srv usermod[5]: change user 'ann' UID from '1001' to '0'`,
    user: 'ann',
    decoder: 'accounts',
    isMatch: false,
  },
  {
    line: `Nov 28 10:00:00 srv chsh[5]: changed user 'ann' shell to '/bin/sh'`,
    user: 'ann',
    decoder: 'accounts',
    isMatch: false,
  },
  // SSH
  {
    line: `Nov 28 10:00:00 192.0.2.1 sshd[20247]: [ID 800047 auth.notice] Failed none for root from 192.0.2.9 port 36942 ssh2`,
    host: '192.0.2.9',
    user: 'root',
  },
  {
    line: `Nov 28 10:00:00 srv sshd[7]: Postponed keyboard-interactive for invalid user ann from 192.0.2.9 port 4711 ssh2 [preauth]`,
    user: 'ann',
    decoder: 'sshd',
    isMatch: false,
  },
  {
    line: `Nov 28 10:00:00 srv sshd[7]: Connection from 192.0.2.9 port 4711 on 192.0.2.1 port 22\nNov 28 10:00:00 srv sshd[7]: Disconnecting: Corrupted MAC on input. [preauth]`,
    host: '192.0.2.9',
  },
  {
    line: `Nov 28 10:00:00 srv sshd[7]: Address 192.0.2.9 maps to x.example, but this does not map back to the address - POSSIBLE BREAK-IN ATTEMPT!`,
    decoder: 'sshd',
    isMatch: false,
  },
  // Files and databases
  {
    line: `Nov 28 10:00:00 srv smbd[5]: Auth: [SMB2,(null)] user [CORP]\\[ann] at [Sat, 28 Nov 2026 10:00:00.0 UTC] with [NTLMv2] status [NT_STATUS_WRONG_PASSWORD] workstation [PC] remote host [ipv4:192.0.2.9:5000] mapped to [CORP]\\[ann]. local host [ipv4:192.0.2.1:445]`,
    host: '192.0.2.9',
    user: 'ann',
    decoder: 'samba',
  },
  {
    line: `[2026/11/28 10:00:00.123456,  2] ../../auth/auth_log.c:635(log_authentication_event_human_readable)\n  Auth: [SMB2,(null)] user [CORP]\\[ann] at [Sat, 28 Nov 2026 10:00:00.0 UTC] with [NTLMv2] status [NT_STATUS_NO_SUCH_USER] workstation [PC] remote host [ipv6:2001:db8::9:5000] mapped to [CORP]\\[ann]. local host [ipv6:2001:db8::1:445]`,
    host: '2001:db8::9',
    user: 'ann',
  },
  {
    line: `2026-11-28 10:00:00.123 UTC [55] ann@db 192.0.2.9(5432) FATAL:  password authentication failed for user "ann"`,
    host: '192.0.2.9',
    user: 'ann',
    decoder: 'postgres',
  },
  {
    line: `{"t":{"$date":"2026-11-28T10:00:00.000+00:00"},"s":"I","c":"ACCESS","id":20249,"ctx":"conn22","msg":"Authentication failed","attr":{"mechanism":"SCRAM-SHA-256","principalName":"ann","authenticationDatabase":"admin","client":"192.0.2.9:5000","result":"AuthenticationFailed: SCRAM authentication failed, storedKey mismatch"}}`,
    host: '192.0.2.9',
    user: 'ann',
    decoder: 'mongod',
  },
  {
    line: `{"t":{"$date":"2026-11-28T10:00:00.000+00:00"},"s":"I","c":"ACCESS","id":5286306,"ctx":"conn22","msg":"Successfully authenticated","attr":{"client":"[2001:db8::9]:5000","mechanism":"SCRAM-SHA-256","user":"ann","db":"admin"}}`,
    user: 'ann',
    decoder: 'mongod',
    isMatch: false,
  },
  {
    line: `5:M 28 Nov 2026 10:00:00.123 # Possible SECURITY ATTACK detected. It looks like somebody is sending POST or Host: commands to Redis. This is likely due to an attacker attempting to use Cross Protocol Scripting to compromise your Redis instance. Connection from 192.0.2.9:5000 aborted.`,
    host: '192.0.2.9',
  },
  // What is asked over the network
  {
    line: `Nov 28 10:00:00 ns named[464]: client 192.0.2.9#1036: query (cache) denied`,
    host: '192.0.2.9',
    decoder: 'named',
  },
  {
    line: `Nov 28 10:00:00 srv proftpd[5]: srv (192.0.2.9[192.0.2.9]) - no such user 'ann'`,
    host: '192.0.2.9',
    user: 'ann',
  },
  {
    line: `Nov 28 10:00:00 vpn ocserv[5]: main[ann]:192.0.2.9:5000 failed authentication attempt for user 'ann'`,
    host: '192.0.2.9',
    user: 'ann',
  },
  {
    line: `Nov 28 10:00:00 vpn charon: 05[IKE] EAP method EAP_MSCHAPV2 failed for peer 192.0.2.9`,
    host: '192.0.2.9',
  },
  {
    line: `Nov 28 10:00:00 mq mosquitto[5]: Client x from 192.0.2.9:5000 disconnected, not authorised.`,
    host: '192.0.2.9',
  },
  {
    line: `2026-11-28 10:00:00.123 [error] <0.5.0> Error on AMQP connection <0.5.0> (192.0.2.9:5000 -> 192.0.2.1:5672, state: starting): PLAIN login refused: user 'ann' - invalid credentials`,
    host: '192.0.2.9',
    user: 'ann',
  },
  {
    line: `2026-11-28 10:00:00,123 WARN  [org.keycloak.events] (executor-thread-1) type="LOGIN_ERROR", realmId="x", clientId="account", userId="null", ipAddress="192.0.2.9", error="user_not_found", auth_method="openid-connect", username="ann"`,
    host: '192.0.2.9',
    user: 'ann',
  },
  {
    line: `2026-11-28 10:00:00.123 WARNING (MainThread) [homeassistant.components.http.ban] Login attempt or request with invalid authentication from gateway (192.0.2.9). Requested URL: '/auth/login_flow'. (curl)`,
    host: '192.0.2.9',
  },
  {
    line: `[2026-11-28 10:00:00.123 +00:00] [INF] [12] Jellyfin.Server.Implementations.Users.UserManager: Authentication request for "ann" has been denied (IP: "192.0.2.9").`,
    host: '192.0.2.9',
    user: 'ann',
  },
];

const clock = { referenceMs: Date.parse('2026-11-26T12:00:00Z'), timeZone: 'UTC' };

for (const {
  line,
  host,
  user,
  decoder,
  isMatch = host !== undefined || REFUSED.has(decoder ?? ''),
} of CASES) {
  test(line.slice(0, 110), (t: TestContext) => {
    const inspector = new Inspector({ clock, mode: 'wide' });
    const said = line
      .split('\n')
      .map((one) => inspector.inspect(one))
      .at(-1);
    t.assert.equal(said?.match, isMatch, JSON.stringify(said));
    if (host !== undefined) t.assert.equal(said?.source, host);
    if (user !== undefined) t.assert.equal(said?.user, user);
    if (decoder !== undefined) t.assert.equal(said?.decoder, decoder);
    t.assert.ok(said?.timeMs !== undefined || /^\d\d:/.test(line), 'no time');
  });
}

/** What the other side calls itself is no address to block. */
const FORGED: readonly string[] = [
  `Nov 28 10:00:00 srv smbd[5]: Auth: [SMB2,(null)] user [C]\\[x] remote host [ipv4:198.51.100.7:1] mapped to [C]\\[x] at [Sat] with [NTLMv2] status [NT_STATUS_WRONG_PASSWORD] workstation [PC] remote host [ipv4:192.0.2.9:5000] mapped to [C]\\[x]. local host [ipv4:192.0.2.1:445]`,
  `2026-11-28 10:00:00.123 UTC [55] x 198.51.100.7 FATAL:  password authentication failed for user "y"@db 192.0.2.9(5432) FATAL:  password authentication failed for user "x"`,
];

for (const line of FORGED) {
  test(`forged: ${line.slice(0, 90)}`, (t: TestContext) => {
    const said = new Inspector({ clock, mode: 'wide' }).inspect(line);
    t.assert.notEqual(said.source, '198.51.100.7');
    t.assert.equal(said.match, true);
  });
}
