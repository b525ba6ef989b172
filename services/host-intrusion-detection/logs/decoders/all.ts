/**
 * All decoders, and which of them look at a line: those of its program, then those whose marks it holds.
 *
 * The order among those that have marks is from the particular to the general.
 */
import { databases, mongodb, mongodbJson, mysql, slapd } from './database.ts';
import type { Context, Decoder, Reading } from './define.ts';
import { exim } from './exim.ts';
import { ftp } from './ftp.ts';
import { generic } from './generic.ts';
import { anyOf } from './literals.ts';
import { dovecot, mailBoxes } from './mail-box.ts';
import { courierSmtp, otherMail, qmail } from './mail-transfer.ts';
import { network } from './network.ts';
import { postfix } from './postfix.ts';
import { sendmail } from './sendmail.ts';
import { samba } from './smb.ts';
import { dropbear, openssh } from './ssh.ts';
import { accounts, fail2ban, login, pam, privileges, su, sudo, watchers } from './system.ts';
import { webAccess } from './web-access.ts';
import { webApps } from './web-apps.ts';
import { apacheError, lighttpd, nginxError, suhosin } from './web-error.ts';

const ALL: readonly Decoder[] = [
  // Their forms are strict, and most lines without a program are theirs.
  nginxError,
  apacheError,
  webAccess,
  openssh,
  dropbear,
  sudo,
  su,
  ...privileges,
  login,
  accounts,
  fail2ban,
  ...watchers,
  postfix,
  sendmail,
  courierSmtp,
  qmail,
  dovecot,
  ...mailBoxes,
  ...ftp,
  mysql,
  mongodb,
  mongodbJson,
  slapd,
  samba,
  ...databases,
  ...network,
  ...webApps,
  lighttpd,
  suhosin,
  ...otherMail,
  exim,
  pam,
];

export const DECODERS = [...ALL, generic].map(({ name }) => name);

const NONE: readonly Decoder[] = [];
const BY_PROGRAM = new Map<string, Decoder[]>();
for (const decoder of ALL) {
  for (const program of decoder.programs ?? []) {
    const others = BY_PROGRAM.get(program);
    if (others === undefined) BY_PROGRAM.set(program, [decoder]);
    else others.push(decoder);
  }
}
const MARKED = ALL.filter(({ marks }) => marks !== undefined);

/** All marks in one question, which most lines answer with no: nothing but literals, so it cannot take long. */
const ANY_MARK = anyOf([...new Set(MARKED.flatMap(({ marks }) => marks ?? []))]);

export interface Decoded extends Reading {
  readonly decoder: Decoder;
}

/** @returns what the first decoder says that knows the message; undefined when none does */
export function decode(message: string, context: Context): Decoded | undefined {
  const tried = programDecoders(context.program);
  for (const decoder of tried) {
    const reading = decoder.decode(message, context);
    if (reading !== undefined) return { ...reading, decoder };
  }
  for (const decoder of ANY_MARK.test(context.line) ? MARKED : NONE) {
    if (tried.includes(decoder) || !(decoder.marks ?? []).some((mark) => context.line.includes(mark)))
      continue;
    const reading = decoder.decode(message, context) ?? again(decoder, message, context);
    if (reading !== undefined) return { ...reading, decoder };
  }
  const reading = tried.length === 0 ? generic.decode(message, context) : undefined;
  return reading === undefined ? undefined : { ...reading, decoder: generic };
}

/** `Failed Login: username=…` has no program, though it looks like one on a host called Failed. */
function again(decoder: Decoder, message: string, context: Context): Reading | undefined {
  const { rest, pid } = context;
  return pid !== undefined || rest === message ? undefined : decoder.decode(rest, context);
}

export function isKnownProgram(program: string): boolean {
  return programDecoders(program).length > 0;
}

const PROGRAMS_MAX = 2_048;
const known = new Map<string, readonly Decoder[]>();

/** `postfix/smtpd` is postfix, `perdition.imaps` perdition, `exim4` exim, `vsftpd(pam_unix)` vsftpd. */
function programDecoders(program: string | undefined): readonly Decoder[] {
  if (program === undefined) return NONE;
  const remembered = known.get(program);
  if (remembered !== undefined) return remembered;
  let found: readonly Decoder[] = NONE;
  const shorter = [
    program,
    ...['(', '/', '.', '-', '_'].map((separator) => program.split(separator, 1)[0] ?? ''),
    program.replace(/\d{1,4}$/, ''),
  ];
  for (const name of shorter) {
    found = BY_PROGRAM.get(name) ?? NONE;
    if (found.length > 0) break;
  }
  if (known.size >= PROGRAMS_MAX) known.clear();
  known.set(program, found);
  return found;
}
