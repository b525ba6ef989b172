import { defineErrors, entry } from '../errors/errors.ts';

export const storesErrors = defineErrors({
  STORES_ENGINE_MISSING: entry<{ engine: string; looked: string }>({
    says: ({ engine, looked }) => `${engine} is not installed (looked in ${looked}).`,
    fix: 'Run ./demarc up as root, which installs it, or install the Debian package postgresql.',
    status: 503,
    retryable: false,
  }),
  STORES_DIRECTORY_IS_LINK: entry<{ path: string }>({
    says: ({ path }) =>
      `${path} is a link, and is not followed: its directory would be given to another user.`,
    fix: 'Look at who made it. To keep data on another disk set DEMARC_DATA_DIR, or mount that disk there.',
    status: 503,
    retryable: false,
  }),
  STORES_DATA_DIRECTORY_LOCKED: entry<{ engine: string; directory: string }>({
    says: ({ engine, directory }) => `Another ${engine} is using ${directory}.`,
    fix: 'Stop the other instance (./demarc down with the same DEMARC_DATA_DIR), or choose another data directory.',
    status: 503,
    retryable: true,
  }),
  STORES_DATA_DIRECTORY_CORRUPT: entry<{ engine: string; directory: string; because: string }>({
    says: ({ engine, directory, because }) => `${engine} cannot use ${directory}: ${because}`,
    fix: 'Keep the directory for analysis, and restore the latest backup into an empty one: ./demarc restore --from FILE',
    status: 503,
    retryable: false,
  }),
  STORES_EVENTS_DAMAGED: entry<{ parts: number; tables: string; directory: string }>({
    says: ({ parts, tables, directory }) =>
      `ClickHouse found ${parts} damaged parts of ${tables} in ${directory} and set them aside: searches do not find what was in them.`,
    fix: 'Restore the latest backup into an empty directory: ./demarc restore --from DIRECTORY. To go on without, remove the directories that begin with broken in detached.',
    status: 503,
    retryable: false,
  }),
  STORES_DISK_FULL: entry<{ directory: string; freeBytes: number; neededBytes: number }>({
    says: ({ directory, freeBytes, neededBytes }) =>
      `${directory} has ${freeBytes} bytes free and needs ${neededBytes}.`,
    fix: 'Free space on that file system, or set DEMARC_DATA_DIR to a larger one. Nothing acknowledged is lost.',
    status: 507,
    retryable: true,
  }),
  STORES_PORT_TAKEN: entry<{ port: number; setting: string }>({
    says: ({ port, setting }) => `Port ${port} on this machine is taken (${setting}).`,
    fix: 'Stop what listens there (ss -ltnp), or choose another port with the named setting.',
    status: 503,
    retryable: true,
  }),
  STORES_SOCKET_PATH_TOO_LONG: entry<{ path: string; lengthMax: number }>({
    says: ({ path, lengthMax }) =>
      `The socket path ${path} is longer than the ${lengthMax} bytes a unix socket may have.`,
    fix: 'Set DEMARC_DATA_DIR to a shorter path.',
    status: 503,
    retryable: false,
  }),
  STORES_ENGINE_FAILED: entry<{ engine: string; because: string; log: string }>({
    says: ({ engine, because, log }) => `${engine} did not start: ${because} (log: ${log})`,
    fix: 'Read the log named here; then ./demarc up again.',
    status: 503,
    retryable: true,
  }),
  STORES_EXTERNAL_UNREACHABLE: entry<{ store: string; setting: string; because: string }>({
    says: ({ store, setting, because }) => `The ${store} that ${setting} names cannot be reached: ${because}`,
    fix: 'Check host, port, user and password in that setting, and that its server lets this machine in.',
    status: 503,
    retryable: true,
  }),
  STORES_EXTERNAL_UNUSABLE: entry<{ store: string; setting: string; because: string }>({
    says: ({ store, setting, because }) => `The ${store} that ${setting} names cannot be used: ${because}`,
    fix: 'Let the setting name a user that may make roles and tables, or prepare them as docs/external-stores.md says.',
    status: 503,
    retryable: true,
  }),
  STORES_USER_MISSING: entry<{ user: string }>({
    says: ({ user }) => `The system user ${user} does not exist.`,
    fix: 'Run ./demarc up as root, which makes it, or: useradd --system --no-create-home --shell /usr/sbin/nologin NAME',
    status: 503,
    retryable: false,
  }),
  STORES_MIGRATION_FAILED: entry<{ migration: string; because: string }>({
    says: ({ migration, because }) => `The database migration ${migration} failed: ${because}`,
    fix: 'Nothing was changed. Restore the version that ran before, or report the migration with the message.',
    status: 503,
    retryable: false,
  }),
});
