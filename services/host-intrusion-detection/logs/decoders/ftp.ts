/** FTP servers. */
import { type Decoder, decoder, fails, invalid, refuses, succeeds, weak } from './define.ts';

export const ftp: readonly Decoder[] = [
  decoder(
    {
      name: 'vsftpd',
      protocol: 'ftp',
      programs: ['vsftpd', 'vsftpd(pam_unix)'],
      marks: ['FAIL LOGIN: Client', 'OK LOGIN: Client'],
    },
    [
      fails(String.raw`[pid $int] [$user] FAIL LOGIN: Client "$host"`),
      fails(String.raw`[$user] FAIL LOGIN: Client "$host"`),
      fails(String.raw`authentication failure; $any rhost=$host( |)( user=$user| user=$user|)$end`),
      succeeds(String.raw`[pid $int] [$user] OK LOGIN: Client "$host"`),
      succeeds(String.raw`[$user] OK LOGIN: Client "$host"`),
    ],
  ),
  decoder({ name: 'proftpd', protocol: 'ftp', programs: ['proftpd'] }, [
    invalid(String.raw`$any\($any[$host]\)( - |: | )(mod_sftp/$any: |)USER $$user: no such user found from `),
    fails(String.raw`$any\($any[$host]\)( - |: | )USER $$user \(Login failed\): `),
    refuses(String.raw`$any\($any[$host]\)( - |: | )SECURITY VIOLATION: ($user|) login attempted`),
    fails(String.raw`$any\($any[$host]\)( - |: | )Maximum login attempts \($int\) exceeded`),
    fails(String.raw`$any\($any[$host]\)( - |: | )(mod_sftp/$any: |)user '$$user': authentication `),
    invalid(String.raw`$any\($any[$host]\)( - |: | )no such user '$$user'$end`),
    succeeds(String.raw`$any\($any[$host]\)( - |: | )(USER|ANON) $user: Login successful`),
    refuses(String.raw`$any\($any[$host]\)( - |: | )Connection from $any denied`),
  ]),
  decoder({ name: 'pure-ftpd', protocol: 'ftp', programs: ['pure-ftpd'] }, [
    fails(
      String.raw`\($any@$host\) [WARNING] (Authentication failed for user|Erreur d'authentification pour l'utilisateur|Authentifizierung fehlgeschlagen für Benutzer|Autenticación fallida para el usuario|Autenticazione falita per l'utente) [$$user]`,
    ),
    // The server speaks twenty languages; the account is in brackets in all of them.
    fails(String.raw`\($any@$host\) [WARNING] $any [$$user]$end`),
    succeeds(String.raw`\($any@$host\) [INFO] $user is now logged in`),
  ]),
  decoder({ name: 'wu-ftpd', protocol: 'ftp', programs: ['wu-ftpd', 'wuftpd', 'in.ftpd'] }, [
    fails(String.raw`failed login from $any [$ip]`),
    fails(String.raw`failed login from [$ip]`),
    refuses(String.raw`(PAM-listfile: Refused user|ACCESS DENIED) $any [$ip]`),
  ]),
  decoder({ name: 'gssftpd', protocol: 'ftp', programs: ['ftpd', 'gssftpd'] }, [
    fails(String.raw`repeated login failures from $host `),
    fails(String.raw`repeated login failures from $host$end`),
    weak(String.raw`FTP LOGIN FAILED \($any\) FROM $host`),
    fails(String.raw`FTP LOGIN (FAILED|REFUSED) FROM $host`),
  ]),
];
