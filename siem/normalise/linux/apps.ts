/** Which parser reads the text of which program, by the name in the syslog header. */

import type { Recognition } from '@demarc/platform/sigma/event';
import type { Mapping } from '@demarc/platform/sigma/view';
import type { AppParser } from '../syslog/line.ts';
import { ACCOUNT_TOOLS, accountsMapping, parseAccounts } from './accounts.ts';
import { auditdMapping } from './auditd/auditd.ts';
import { cronMapping, parseCron } from './cron.ts';
import { netfilterMapping, parseNetfilter } from './netfilter.ts';
import { pamMapping } from './pam.ts';
import { parseSshd, sshdMapping } from './sshd.ts';
import { parseSu, parseSudo, sudoMapping, suMapping } from './sudo.ts';
import { parseLogind, parseSystemd, systemdMapping } from './systemd.ts';

/** By the program's name in lower case, without its directory. */
export const LINUX_APPS: readonly (readonly [name: string, parse: AppParser])[] = [
  ['sshd', parseSshd],
  ['sshd-session', parseSshd],
  ['sshd-auth', parseSshd],
  ['sudo', parseSudo],
  ['su', parseSu],
  ['cron', parseCron],
  ['crond', parseCron],
  ['crontab', parseCron],
  ['anacron', parseCron],
  ['systemd', parseSystemd],
  ['systemd-logind', parseLogind],
  ['kernel', parseNetfilter],
  ...ACCOUNT_TOOLS.map((tool) => [tool, parseAccounts] as const),
];

export const linuxMappings: readonly Mapping[] = [
  sshdMapping,
  sudoMapping,
  suMapping,
  pamMapping,
  cronMapping,
  systemdMapping,
  netfilterMapping,
  accountsMapping,
  auditdMapping,
];

const PRODUCT = 'metadata.product.name';

/** What the logs are in Sigma's words; a program's own log is a log of Linux too. */
export const linuxRecognitions: readonly Recognition[] = [
  { when: { [PRODUCT]: ['sshd', 'sshd-session', 'sshd-auth'] }, is: { product: 'linux', service: 'sshd' } },
  { when: { [PRODUCT]: ['sudo'] }, is: { product: 'linux', service: 'sudo' } },
  { when: { [PRODUCT]: ['cron', 'crond', 'crontab', 'anacron'] }, is: { product: 'linux', service: 'cron' } },
  { when: { [PRODUCT]: ['clamd', 'freshclam', 'clamav'] }, is: { product: 'linux', service: 'clamav' } },
  { when: { [PRODUCT]: ['vsftpd'] }, is: { product: 'linux', service: 'vsftpd' } },
  { when: { [PRODUCT]: ['guacd', 'guacamole'] }, is: { product: 'linux', service: 'guacamole' } },
  // RFC 5424: 4 and 10 are what Debian's auth.log and Red Hat's secure hold.
  { when: { facility: ['4', '10'] }, is: { product: 'linux', service: 'auth' } },
  {
    when: { [PRODUCT]: ['sshd', 'sshd-session', 'sudo', 'su', ...ACCOUNT_TOOLS] },
    is: { product: 'linux', service: 'auth' },
  },
  { when: { 'metadata.log_name': ['syslog', 'journald'] }, is: { product: 'linux', service: 'syslog' } },
  { when: { [PRODUCT]: ['auditd'] }, is: { product: 'linux', service: 'auditd' } },
  {
    when: { [PRODUCT]: ['auditd'], type: ['EXECVE'] },
    is: { product: 'linux', category: 'process_creation', service: 'auditd' },
  },
  {
    when: { [PRODUCT]: ['auditd'], nametype: ['CREATE'] },
    is: { product: 'linux', category: 'file_event', service: 'auditd' },
  },
  {
    when: { [PRODUCT]: ['auditd'], Initiated: ['true'] },
    is: { product: 'linux', category: 'network_connection', service: 'auditd' },
  },
];
