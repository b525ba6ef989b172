import { defineErrors, entry } from '@demarc/platform/errors';

export const cliErrors = defineErrors({
  CLI_NOT_RUNNING: entry<{ dataDirectory: string }>({
    says: ({ dataDirectory }) => `No platform is running from ${dataDirectory}.`,
    fix: 'Start it: ./demarc up',
    status: 503,
    retryable: true,
  }),
  CLI_ALREADY_RUNNING: entry<{ pid: number; dataDirectory: string }>({
    says: ({ pid, dataDirectory }) => `A platform already runs from ${dataDirectory} (process ${pid}).`,
    fix: 'Use it, or stop it first: ./demarc down',
    status: 409,
    retryable: false,
  }),
  CLI_START_FAILED: entry<{ part: string; because: string; log: string }>({
    says: ({ part, because, log }) => `${part} did not start: ${because} (log: ${log})`,
    fix: 'Do what the error above says, or read the log; then ./demarc up again.',
    status: 503,
    retryable: true,
  }),
  CLI_START_SLOW: entry<{ part: string; seconds: number }>({
    says: ({ part, seconds }) => `${part} was not ready after ${seconds} s.`,
    fix: 'Look at ./demarc status and the logs it names; a slow disk may need another try.',
    status: 504,
    retryable: true,
  }),
  CLI_API_UNREACHABLE: entry<{ url: string }>({
    says: ({ url }) => `The API at ${url} does not answer.`,
    fix: 'Start the platform with ./demarc up, or set DEMARC_URL and DEMARC_TOKEN to the one you mean.',
    status: 503,
    retryable: true,
  }),
  CLI_AMBIGUOUS: entry<{ what: string; name: string; candidates: string }>({
    says: ({ what, name, candidates }) => `"${name}" could be more than one ${what}: ${candidates}`,
    fix: 'Name one of them in full.',
    status: 400,
    retryable: false,
  }),
  CLI_UNKNOWN: entry<{ what: string; name: string }>({
    says: ({ what, name }) => `There is no ${what} "${name}".`,
    fix: 'List what there is: ./demarc asset list, ./demarc service list, ./demarc tenant list',
    status: 404,
    retryable: false,
  }),
  CLI_USAGE: entry<{ because: string }>({
    says: ({ because }) => because,
    fix: 'See ./demarc help COMMAND',
    status: 400,
    retryable: false,
  }),
  CLI_BACKUP_UNREADABLE: entry<{ file: string; because: string }>({
    says: ({ file, because }) => `${file} is not a backup this version can restore: ${because}`,
    fix: 'Name a file made by ./demarc backup, of this version or an older one, and whole.',
    status: 400,
    retryable: false,
  }),
  CLI_BACKUP_FAILED: entry<{ part: string; because: string }>({
    says: ({ part, because }) => `${part} could not be copied: ${because}`,
    fix: 'Nothing of the platform was changed. Do what the message says, then run the same command into an empty directory.',
    status: 503,
    retryable: true,
  }),
  CLI_BACKUP_TOOL_MISSING: entry<{ tool: string; looked: string }>({
    says: ({ tool, looked }) => `${tool}, which copies PostgreSQL, is not there (looked in ${looked}).`,
    fix: 'Install PostgreSQL’s client tools, 15 or newer (Debian: apt-get install postgresql), then run the same command again.',
    status: 503,
    retryable: false,
  }),
  CLI_RESTORE_NOT_EMPTY: entry<{ directory: string }>({
    says: ({ directory }) => `${directory} already holds a platform; restoring over it would mix the two.`,
    fix: 'Set DEMARC_DATA_DIR to an empty directory, or move the old one away.',
    status: 409,
    retryable: false,
  }),
  CLI_DATA_DIRECTORY_UNUSABLE: entry<{ directory: string; because: string }>({
    says: ({ directory, because }) => `The data directory ${directory} cannot be used: ${because}`,
    fix: 'Set DEMARC_DATA_DIR to a directory on a local file system that you may write.',
    status: 503,
    retryable: false,
  }),
});
