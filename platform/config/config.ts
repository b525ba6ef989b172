/**
 * Every setting there is, parsed once and strictly. Each app's `config.ts` calls `readSettings` with the
 * environment and hands typed values down; nothing else reads the environment.
 */
import { join } from 'node:path';
import * as z from 'zod';
import { configErrors } from './errors.ts';

export { configErrors };

export interface Listen {
  readonly host: string;
  readonly port: number;
}

const LISTEN = z.string().transform((text, context): Listen => {
  const at = text.lastIndexOf(':');
  const port = Number(text.slice(at + 1));
  if (at < 1 || !Number.isInteger(port) || port < 1 || port > 65_535) {
    context.addIssue({ code: 'custom', message: 'expected HOST:PORT, such as 127.0.0.1:8420' });
    return z.NEVER;
  }
  return { host: text.slice(0, at).replace(/^\[|\]$/g, ''), port };
});
/** `off` is no listener at all. */
const LISTEN_OR_OFF = z.string().transform((text, context): Listen | 'off' => {
  if (text === 'off') return 'off';
  const parsed = LISTEN.safeParse(text);
  if (parsed.success) return parsed.data;
  context.addIssue({ code: 'custom', message: 'expected HOST:PORT, such as 127.0.0.1:8424, or off' });
  return z.NEVER;
});
const PORTS = z.string().transform((text, context) => {
  if (text === 'off') return 'off' as const;
  const [, from, to] = /^(\d{1,5})-(\d{1,5})$/.exec(text) ?? [];
  const range = { from: Number(from), to: Number(to) };
  if (range.from >= 1 && range.from <= range.to && range.to <= 65_535) return range;
  context.addIssue({ code: 'custom', message: 'expected FIRST-LAST, such as 8430-8499, or off' });
  return z.NEVER;
});
/** Where the installation asks for feeds of advisories. */
export type FeedSources = 'off' | 'public' | { readonly file: string };
const FEEDS = z.string().transform((text, context): FeedSources => {
  if (text === 'off' || text === 'public') return text;
  if (text.startsWith('/')) return { file: text };
  context.addIssue({ code: 'custom', message: 'expected off, public, or the absolute path of a JSON file' });
  return z.NEVER;
});
const PORT = z.coerce.number().int().min(1).max(65_535);
const URL_TEXT = z.url();
const NAMES = z.string().transform((text) =>
  text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== ''),
);

interface Setting<T> {
  readonly schema: z.ZodType<T, string>;
  readonly fallback: string | undefined;
  readonly secret: boolean;
  readonly says: string;
}

function setting<T>(
  schema: z.ZodType<T, string>,
  fallback: string | undefined,
  says: string,
  secret = false,
): Setting<T> {
  return { schema, fallback, secret, says };
}

const text = (schema: z.ZodType): z.ZodType<number, string> => schema as z.ZodType<number, string>;

const SETTINGS = {
  DEMARC_DATA_DIR: setting(z.string().startsWith('/'), undefined, 'where everything is kept'),
  DEMARC_API_LISTEN: setting(LISTEN, '127.0.0.1:8420', 'API and console'),
  DEMARC_LINK_LISTEN: setting(LISTEN, '0.0.0.0:8421', 'agents, TLS 1.3'),
  DEMARC_LINK_NAMES: setting(NAMES, '', 'further names and addresses under which agents reach the link'),
  DEMARC_INTAKE_HTTP: setting(
    LISTEN_OR_OFF,
    '127.0.0.1:8424',
    'records over HTTP: JSON, bulk, HEC, OTLP, webhooks',
  ),
  DEMARC_INTAKE_HTTPS: setting(LISTEN_OR_OFF, 'off', 'the same over TLS'),
  DEMARC_INTAKE_SYSLOG_UDP: setting(LISTEN_OR_OFF, '127.0.0.1:8425', 'syslog over UDP'),
  DEMARC_INTAKE_SYSLOG_TCP: setting(LISTEN_OR_OFF, '127.0.0.1:8425', 'syslog over TCP'),
  DEMARC_INTAKE_SYSLOG_TLS: setting(
    LISTEN_OR_OFF,
    '127.0.0.1:8426',
    'syslog over TLS with client certificates',
  ),
  DEMARC_INTAKE_PORTS: setting(PORTS, 'off', 'ports that syslog sources may have for their own, FIRST-LAST'),
  DEMARC_INTAKE_FILES: setting(
    z.string().startsWith('/'),
    '',
    'files that sources may read: below it, a directory for each tenant',
  ),
  DEMARC_INTAKE_SPOOL_BYTES_MAX: setting(
    text(z.coerce.number().int().min(16_777_216).max(1_099_511_627_776)),
    '1073741824',
    'what one source keeps on disk while the event store is away',
  ),
  DEMARC_CLICKHOUSE_PORT: setting(text(PORT), '8423', 'the embedded event store, on loopback'),
  DEMARC_POSTGRES_URL: setting(URL_TEXT, '', 'a PostgreSQL of yours instead of the embedded one', true),
  DEMARC_CLICKHOUSE_URL: setting(URL_TEXT, '', 'a ClickHouse of yours instead of the embedded one', true),
  DEMARC_EVIDENCE_FRESH_SECONDS_MAX: setting(
    text(z.coerce.number().int().min(5).max(31_536_000)),
    '31536000',
    'no evidence counts as fresh for longer, whatever the catalogue allows',
  ),
  DEMARC_EVIDENCE_DAYS: setting(
    text(z.coerce.number().int().min(30).max(36_500)),
    '400',
    'evidence is kept for as long; instants before that can be looked at no more',
  ),
  DEMARC_RULES_DIR: setting(
    z.string().startsWith('/'),
    '',
    'Sigma rules of the provider, for every tenant; a change is in force within two seconds',
  ),
  DEMARC_FEEDS_FILE: setting(
    FEEDS,
    'off',
    'where vulnerability feeds are asked for: off (they are imported), public, or a JSON file that names sources, which alone are asked',
  ),
  DEMARC_SMTP_URL: setting(
    URL_TEXT,
    '',
    'where reports are sent by e-mail: smtps://user:password@host:465, or smtp:// with STARTTLS',
    true,
  ),
  DEMARC_SMTP_FROM: setting(z.email(), 'demarc@localhost.localdomain', 'whom that e-mail is from'),
  DEMARC_CERTIFICATE_SECONDS: setting(
    text(z.coerce.number().int().min(10).max(34_560_000)),
    '2592000',
    'life of an agent certificate',
  ),
  DEMARC_AGENT_DIR: setting(z.string().startsWith('/'), '', 'the state of the agent on this machine'),
  DEMARC_SPOOL_BYTES_MAX: setting(
    text(z.coerce.number().int().min(1_048_576).max(1_099_511_627_776)),
    '1073741824',
    'what the agent keeps on disk while the server is away',
  ),
  DEMARC_URL: setting(URL_TEXT, '', 'the API that the command line talks to'),
  DEMARC_TOKEN: setting(z.string().min(16), '', 'the token for that API', true),
} as const;

export type SettingName = keyof typeof SETTINGS;
type ValueOf<S> = S extends Setting<infer T> ? T : never;

/** Optional settings are `undefined` when they are not set. */
export type Settings = {
  readonly [Name in SettingName]:
    | ValueOf<(typeof SETTINGS)[Name]>
    | (Name extends Optional ? undefined : never);
};
type Optional =
  | 'DEMARC_POSTGRES_URL'
  | 'DEMARC_CLICKHOUSE_URL'
  | 'DEMARC_URL'
  | 'DEMARC_TOKEN'
  | 'DEMARC_RULES_DIR'
  | 'DEMARC_INTAKE_FILES'
  | 'DEMARC_AGENT_DIR'
  | 'DEMARC_SMTP_URL';

export interface PrintedSetting {
  readonly name: SettingName;
  readonly value: string;
  readonly origin: 'environment' | 'default';
  readonly says: string;
}

export interface ReadSettings {
  readonly settings: Settings;
  /** For `--print-config`: secrets are masked. */
  readonly printed: readonly PrintedSetting[];
}

/**
 * @param environment the process's own, handed in by the app's `config.ts`
 * @throws CONFIG_UNKNOWN_SETTING, CONFIG_INVALID_SETTING
 */
export function readSettings(
  environment: Readonly<Record<string, string | undefined>>,
  defaultDataDirectory: string,
): ReadSettings {
  for (const name of Object.keys(environment)) {
    if (name.startsWith('DEMARC_') && !(name in SETTINGS) && !name.startsWith('DEMARC_E2E_')) {
      throw configErrors.make('CONFIG_UNKNOWN_SETTING', { name });
    }
  }
  const values: Record<string, unknown> = {};
  const printed: PrintedSetting[] = [];
  for (const [name, { schema, fallback, secret, says }] of Object.entries(SETTINGS)) {
    const given = environment[name];
    const raw = given === undefined || given === '' ? (fallback ?? defaultDataDirectory) : given;
    const origin = given === undefined || given === '' ? 'default' : 'environment';
    printed.push({ name: name as SettingName, value: secret && raw !== '' ? '********' : raw, origin, says });
    if (raw === '' && name !== 'DEMARC_LINK_NAMES') continue;
    const parsed = schema.safeParse(raw);
    if (!parsed.success) {
      const because = parsed.error.issues[0]?.message ?? 'not understood';
      throw configErrors.make('CONFIG_INVALID_SETTING', { name, because });
    }
    values[name] = parsed.data;
  }
  return { settings: values as Settings, printed };
}

/** Where things lie below the data directory; one place, so that apps agree. */
export function layout(dataDirectory: string) {
  const at = (...names: readonly string[]): string => join(dataDirectory, ...names);
  return {
    postgres: at('postgres'),
    clickhouse: at('clickhouse'),
    keys: at('keys'),
    secrets: at('keys', 'secrets.json'),
    cliToken: at('keys', 'cli-token'),
    intakeKey: at('keys', 'intake-key'),
    intake: at('intake'),
    /** A directory for each room on the server. */
    rooms: at('rooms'),
    run: at('run'),
    postgresSocket: at('run', 'postgres'),
    state: at('run', 'state.json'),
    firstAdministrator: at('run', 'first-administrator'),
    processFile: (part: string): string => at('run', `${part}.process`),
    log: at('log'),
    logFile: (part: string): string => at('log', `${part}.log`),
    agent: at('agent'),
    packages: at('packages'),
  } as const;
}
export type Layout = ReturnType<typeof layout>;

/** Root keeps state where the system keeps state; anyone else below their home. */
export function defaultDataDirectory(isRoot: boolean, home: string | undefined): string {
  return isRoot ? '/var/lib/demarc' : join(home ?? '/tmp', '.local', 'share', 'demarc');
}
