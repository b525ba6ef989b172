/** What a tenant may ask of host intrusion detection. `{}` is a safe policy for any Linux machine. */
import * as z from 'zod';
import { MODES } from './logs/mode.ts';
import { NetworkDetectionPolicy } from './network/policy.ts';

const Path = z
  .string()
  .startsWith('/')
  .max(4_096)
  .refine((path) => !path.split('/').includes('..'), 'must not contain ".."');

/** Where distributions and servers log who comes and what is refused; what is not there is left out. */
export const DEFAULT_LOGS = [
  '/var/log/auth.log',
  '/var/log/secure',
  '/var/log/syslog',
  '/var/log/messages',
  '/var/log/mail.log',
  '/var/log/maillog',
  '/var/log/vsftpd.log',
  '/var/log/proftpd/proftpd.log',
  '/var/log/nginx/*access.log',
  '/var/log/nginx/*error.log',
  '/var/log/apache2/*access.log',
  '/var/log/apache2/*error.log',
  '/var/log/httpd/*access_log',
  '/var/log/httpd/*error_log',
  '/var/log/exim4/mainlog',
  '/var/log/mysql/error.log',
];

/** Anyone may write there, so that no package puts programs there. */
export const DEFAULT_TEMPORARY = ['/tmp', '/var/tmp', '/dev/shm'];

const Logs = z.strictObject({
  /** Paths, or globs; followed through rotation. */
  files: z.array(Path).max(256).default(DEFAULT_LOGS),
  /** `auto`: only where no syslog daemon writes the same lines into files; otherwise each would count twice. */
  journal: z.enum(['auto', 'always', 'never']).default('auto'),
  mode: z.enum(MODES).default('wide'),
  /** An IANA name, for lines that say no offset; without it, the machine's own. */
  timezone: z.string().max(64).refine(isTimeZone, 'is no time zone').optional(),
});

const Processes = z.strictObject({
  /** Programs that run from there are told. */
  temporaryDirectories: z.array(Path).max(64).default(DEFAULT_TEMPORARY),
  /** What runs below these may be there: a build server's own directory. */
  exclude: z.array(Path).max(256).default([]),
  /** How often modules of the kernel are compared, and hidden processes looked for. */
  inspectSeconds: z.int().min(5).max(3_600).default(30),
});

export const HostIntrusionDetectionPolicy = z.strictObject({
  network: NetworkDetectionPolicy.prefault({}),
  logs: Logs.prefault({}),
  processes: Processes.prefault({}),
  heartbeatSeconds: z.int().min(5).max(600).default(60),
  canarySeconds: z.int().min(5).max(43_200).default(900),
});
export type HostIntrusionDetectionPolicy = z.infer<typeof HostIntrusionDetectionPolicy>;

function isTimeZone(name: string): boolean {
  try {
    return Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
