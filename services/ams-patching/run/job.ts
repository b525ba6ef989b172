/** What one job does on one host, as a JSON document. `JOB.md` explains it field by field. */
import * as z from 'zod';
import { runErrors } from './run-errors.ts';

export const PACKAGES_MAX = 500;
const UNITS_MAX = 256;
const ROLLBACK = '.rollback';
/** Names files too: no slash, no dot in front, and none that is another job's rollback. */
const Id = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/)
  .refine(
    (id) => !id.endsWith(ROLLBACK),
    `must not end in ${ROLLBACK}: the journal of a rollback is called so`,
  );
const Who = z.string().min(1).max(256);
const Instant = z.int().min(0);
const Bytes = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const Argument = z
  .string()
  .max(4_096)
  .refine((text) => !text.includes('\0'), 'must not contain a NUL');

export const MANAGERS = ['apt', 'dnf', 'zypper', 'apk'] as const;
export type Manager = (typeof MANAGERS)[number];

/** Nothing in them can be taken for an option or a pattern by a package manager. */
export const Name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9+._-]{0,254}$/);
const Version = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9.+:~^_-]{0,254}$/);
const Arch = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/);

export const JobPackage = z.strictObject({
  name: Name,
  /** `all`, `amd64`, `noarch`, `x86_64`. */
  arch: Arch,
  /** In full, as the manager has it: `2:1.30-4+deb12u1`; of an rpm always with its epoch, `0:1.28-419.el8`. */
  /** Null for one that is not there yet: a kernel's package of Debian has its version in its name. */
  from: Version.nullable(),
  to: Version,
  /** The kernel, libc, the init system, …: installed is not enough. */
  needsReboot: z.boolean().default(false),
});
export type JobPackage = z.infer<typeof JobPackage>;

export const PatchJob = z
  .strictObject({
    id: Id,
    manager: z.enum(MANAGERS),
    packages: z.array(JobPackage).min(1).max(PACKAGES_MAX),
    window: z.strictObject({ opensAtMs: Instant, closesAtMs: Instant }),
    /** The party that owns the duty to patch this host. */
    party: Who,
    requestedBy: z.strictObject({ party: Who, person: Who }),
    approval: z
      .strictObject({ party: Who, person: Who, atMs: Instant, untilMs: Instant.optional() })
      .optional(),
    /** The tenant demands that who approves is not who asked. */
    fourEyes: z.boolean().default(true),
    restart: z
      .strictObject({
        /** systemd units that may be restarted when they still run replaced files. */
        services: z
          .array(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9:_.\\@-]{0,250}\.(service|socket)$/))
          .max(UNITS_MAX)
          .default([]),
        reboot: z.enum(['allowed', 'not-allowed']).default('not-allowed'),
        /** As long must be left of the window for a reboot to be ordered. */
        rebootSeconds: z.int().min(0).max(7_200).default(600),
      })
      .prefault({}),
    /** Packages that may fail; with as many it stops. */
    errorThreshold: z.int().min(1).max(PACKAGES_MAX).default(3),
    /** Packages that are given to the manager at once. What they cannot do without joins them. */
    setSize: z.int().min(1).max(64).default(1),
    /** As long must be left of the window for a set to be begun. */
    secondsPerSet: z.int().min(1).max(7_200).default(300),
    lockWaitSeconds: z.int().min(0).max(3_600).default(120),
    /** Demanded at the beginning, of the file systems that hold `/`, `/var` and `/boot`. */
    freeBytes: z
      .strictObject({
        root: Bytes.default(536_870_912), // 512 MiB
        var: Bytes.default(1_073_741_824), // 1 GiB
        boot: Bytes.default(104_857_600), // 100 MiB
      })
      .prefault({}),
    rollback: z
      .strictObject({
        by: z.enum(['versions', 'snapshot', 'none']).default('versions'),
        /** `package`: what failed goes back; `all`: everything does; `keep`: nothing does by itself. */
        onFailure: z.enum(['package', 'all', 'keep']).default('package'),
        /** Until then a rollback may be begun; the window's end when left out. */
        untilMs: Instant.optional(),
      })
      .prefault({}),
    snapshot: z
      .strictObject({
        /** A program and its arguments; `status` or `restore ID` is added. No shell. */
        hook: z
          .array(Argument)
          .min(1)
          .max(32)
          .refine(([file]) => file?.startsWith('/') === true, 'names a program by its absolute path'),
        ageSecondsMax: z.int().min(60).max(31_536_000),
        timeoutSeconds: z.int().min(1).max(7_200).default(300),
      })
      .optional(),
  })
  .refine(({ window }) => window.opensAtMs < window.closesAtMs, {
    path: ['window'],
    message: 'it closes before it opens',
  })
  .refine(({ packages }) => new Set(packages.map(keyOf)).size === packages.length, {
    path: ['packages'],
    message: 'one is named twice',
  })
  .refine(({ packages }) => packages.every(({ from, to }) => from !== to), {
    path: ['packages'],
    message: 'one stays at the version that it has',
  })
  .refine(({ rollback, snapshot }) => rollback.by !== 'snapshot' || snapshot !== undefined, {
    path: ['snapshot'],
    message: 'a rollback by snapshot needs its hook',
  });
export type PatchJob = z.infer<typeof PatchJob>;

/** What its journals are called by. */
export const journalName = ({ id }: PatchJob, what: 'apply' | 'rollback'): string =>
  what === 'rollback' ? `${id}${ROLLBACK}` : id;

/** One host has a package once per architecture. */
export function keyOf({ name, arch }: { readonly name: string; readonly arch: string }): string {
  return `${name}:${arch}`;
}

/** @throws PATCH_JOB_INVALID */
export function parsePatchJob(value: unknown): PatchJob {
  const parsed = PatchJob.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw runErrors.make('PATCH_JOB_INVALID', {
    because: `${issue?.path.join('.') || 'the document'}: ${issue?.message ?? 'not understood'}`,
  });
}
