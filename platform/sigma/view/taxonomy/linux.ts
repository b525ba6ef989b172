/** Linux as its own tools tell it: audit records, Sysmon for Linux, journal entries. */
import type { Recognition } from '../../event.ts';

const SYSMON: readonly (readonly [eventId: number, category: string])[] = [
  [1, 'process_creation'],
  [3, 'network_connection'],
  [5, 'process_termination'],
  [11, 'file_event'],
  [23, 'file_delete'],
];
const SYSMON_CHANNEL = 'Linux-Sysmon/Operational';

/** Types of audit records that rules ask for, and those that come with them. @see linux/audit.h */
const AUDIT_TYPES = `
  ADD_GROUP ADD_USER ANOM_PROMISCUOUS AVC BPF CONFIG_CHANGE CRED_ACQ CRED_DISP CWD DAEMON_ABORT
  DAEMON_END DAEMON_START DEL_GROUP DEL_USER EOE EXECVE KERN_MODULE LOGIN MMAP NETFILTER_CFG PATH
  PROCTITLE SECCOMP SERVICE_START SERVICE_STOP SOCKADDR SYSCALL TTY USER_ACCT USER_AUTH
  USER_CHAUTHTOK USER_CMD USER_END USER_ERR USER_LOGIN USER_START USER_TTY
`
  .trim()
  .split(/\s+/);

/** Service by the identifiers that its programs log with. */
const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  auth: ['login', 'sshd', 'sshd-session', 'su', 'sudo', 'systemd-logind', 'polkitd', 'useradd', 'passwd'],
  clamav: ['clamd', 'clamav', 'freshclam', 'clamonacc'],
  cron: ['cron', 'crond', 'crontab', 'anacron'],
  guacamole: ['guacd', 'guacamole'],
  sshd: ['sshd', 'sshd-session'],
  sudo: ['sudo'],
  vsftpd: ['vsftpd'],
};
/** Journal; our own parsers; what syslog's readers call it. */
const PROGRAM_FIELDS = ['SYSLOG_IDENTIFIER', 'metadata.product.name', 'program', 'appname'];

export const LINUX_RECOGNITIONS: readonly Recognition[] = [
  { when: { Channel: [SYSMON_CHANNEL] }, is: { product: 'linux', service: 'sysmon' } },
  ...SYSMON.map(([eventId, category]) => ({
    when: { Channel: [SYSMON_CHANNEL], EventID: [String(eventId)] },
    is: { product: 'linux', category, service: 'sysmon' },
  })),
  { when: { type: AUDIT_TYPES }, is: { product: 'linux', service: 'auditd' } },
  { when: { 'metadata.product.name': ['auditd'] }, is: { product: 'linux', service: 'auditd' } },
  ...PROGRAM_FIELDS.flatMap((field) =>
    Object.entries(PROGRAMS).map(([service, programs]) => ({
      when: { [field]: programs },
      is: { product: 'linux', service },
    })),
  ),
  {
    when: { _TRANSPORT: ['syslog', 'journal', 'stdout', 'kernel'] },
    is: { product: 'linux', service: 'syslog' },
  },
];
