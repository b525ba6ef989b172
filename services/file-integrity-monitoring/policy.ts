/** What a tenant may ask of file integrity monitoring. `{}` is a safe policy for any Linux machine. */
import type { OsFamily } from '@demarc/platform/contract';
import * as z from 'zod';

const Path = z
  .string()
  .startsWith('/')
  .max(4_096)
  .refine((path) => !path.split('/').includes('..'), 'must not contain ".."');

/** Where persistence, privilege and trust live on every distribution; what does not exist is left out. */
export const DEFAULT_WATCH = [
  '/etc',
  '/boot',
  '/usr/bin',
  '/usr/sbin',
  '/usr/local/bin',
  '/usr/local/sbin',
  '/usr/lib/systemd/system',
  '/usr/lib/udev/rules.d',
  '/lib/modules',
  '/root/.ssh',
  '/var/spool/cron',
];

/** Changes there are the system's own business and say nothing. */
export const DEFAULT_EXCLUDE = [
  '/etc/mtab',
  '/etc/.pwd.lock',
  '/etc/ld.so.cache~',
  '/etc/cups/subscriptions.conf*',
];

/** Where a distribution keeps what the list above does not name, and what it rewrites by itself. */
const BY_FAMILY: Readonly<
  Record<OsFamily, { readonly watch: readonly string[]; readonly exclude: readonly string[] }>
> = {
  debian: {
    // Modules of PAM: who changes one there reads every password.
    watch: [
      '/usr/lib/x86_64-linux-gnu/security',
      '/usr/lib/aarch64-linux-gnu/security',
      '/usr/share/keyrings',
      '/usr/share/pam-configs',
    ],
    exclude: ['/etc/fake-hwclock.data', '/etc/systemd/system/*snap-*.mount'],
  },
  rhel: {
    watch: ['/usr/lib64/security', '/usr/libexec'],
    exclude: ['/etc/lvm/cache/*', '/etc/lvm/backup/*', '/etc/lvm/archive/*', '/etc/selinux/*/active/*'],
  },
  suse: {
    watch: ['/usr/lib64/security', '/usr/lib/pam.d', '/usr/etc', '/usr/libexec'],
    exclude: ['/etc/lvm/cache/*', '/etc/lvm/backup/*', '/etc/lvm/archive/*'],
  },
  // Not merged into /usr: its programs are in directories of their own.
  alpine: { watch: ['/bin', '/sbin', '/lib/security', '/lib/apk/db', '/usr/libexec'], exclude: [] },
  arch: { watch: ['/usr/lib/security', '/usr/share/pacman/keyrings'], exclude: ['/etc/pacman.d/gnupg/*'] },
  other: { watch: ['/bin', '/sbin', '/usr/libexec'], exclude: [] },
};

/** Safe defaults of a distribution. */
export function defaultsFor(family: OsFamily): {
  readonly watch: readonly string[];
  readonly exclude: readonly string[];
} {
  const { watch, exclude } = BY_FAMILY[family];
  return { watch: [...DEFAULT_WATCH, ...watch], exclude: [...DEFAULT_EXCLUDE, ...exclude] };
}

export const FileIntegrityPolicy = z.strictObject({
  watch: z.array(Path).min(1).max(512).default(DEFAULT_WATCH),
  /** Paths, or globs where `*` is any run of characters. */
  exclude: z.array(Path).max(512).default(DEFAULT_EXCLUDE),
  /** Full verification, for what was changed while nobody watched. */
  rescanIntervalSeconds: z.int().min(300).max(604_800).default(86_400),
  /** Larger files are watched by their metadata only: hashing them would starve the machine's disk. */
  hashSizeBytesMax: z.int().min(0).max(17_179_869_184).default(268_435_456),
  /** Below these, changes of small text files carry a diff, with secrets blanked out. */
  diff: z.array(Path).max(64).default(['/etc']),
  diffSizeBytesMax: z.int().min(0).max(262_144).default(65_536),
  heartbeatSeconds: z.int().min(5).max(240).default(60),
  canarySeconds: z.int().min(5).max(3_000).default(900),
  /** Files and directories in the baseline; what is beyond is counted and said. */
  entriesMax: z.int().min(1_000).max(2_000_000).default(500_000),
});
export type FileIntegrityPolicy = z.infer<typeof FileIntegrityPolicy>;
