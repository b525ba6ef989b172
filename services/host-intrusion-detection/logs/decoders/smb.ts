/**
 * Samba's audit of sign-ins, as smbd writes it at level 3 of `auth_audit`.
 *
 * @see auth/auth_log.c of Samba for the message
 */
import { addressAt } from '../address.ts';
import { type Decoder, fails, firstOf, invalid, isOnce, type Reading, succeeds } from './define.ts';

const SIGN_IN = String.raw`Auth: [$any] user [$any]\\[$$user] at [$any] with [$any] status `;
const SIGN_INS = [
  succeeds(String.raw`${SIGN_IN}[NT_STATUS_OK]`),
  invalid(String.raw`${SIGN_IN}[NT_STATUS_NO_SUCH_USER]`),
  fails(String.raw`${SIGN_IN}[NT_STATUS_`),
  invalid(
    String.raw`check_ntlm_password:  Authentication for user [$$user] -> $$any FAILED with error NT_STATUS_NO_SUCH_USER`,
  ),
  fails(
    String.raw`check_ntlm_password:  Authentication for user [$$user] -> $$any FAILED with error NT_STATUS_`,
  ),
];
const REMOTE = 'remote host [ipv';

export const samba: Decoder = {
  name: 'samba',
  protocol: 'smb',
  programs: ['smbd', 'samba', 'smbd_audit'],
  marks: ['Auth: [', 'check_ntlm_password:  '],
  decode: (message) => {
    const said = message.trimStart();
    const reading = firstOf(SIGN_INS, said);
    return reading === undefined ? undefined : withHost(reading, said);
  },
};

/** `ipv4:192.0.2.9:49152`, `ipv6:2001:db8::9:49152`; account and workstation are chosen by the client. */
function withHost(reading: Reading, said: string): Reading {
  if (!isOnce(said, REMOTE)) return reading;
  const from = said.indexOf(REMOTE) + REMOTE.length + 'N:'.length;
  const close = said.indexOf(']', from);
  const port = said.lastIndexOf(':', close);
  const host = port > from ? addressAt(said.slice(from, port), 0)?.text : undefined;
  return host === undefined ? reading : { ...reading, fields: { ...reading.fields, host } };
}
