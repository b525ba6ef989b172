/**
 * Sources of the intake: what sends records that are no agent's, as the API, the command line and the console
 * have it. Instants are ISO 8601 in UTC with milliseconds.
 */
import * as z from 'zod';
import { Instant } from './api.ts';

/** How a record came; parsers begin by looking at it. */
export const RECORD_FORMATS = [
  /** One syslog message, RFC 5424 or 3164, without its framing. */
  'syslog',
  /** One JSON value. */
  'json',
  /** One document of an Elasticsearch bulk request. */
  'elastic',
  /** One event object of Splunk's HTTP event collector. */
  'hec',
  /** One log record of OTLP with its resource and scope. */
  'otlp',
  /** A body of a webhook. */
  'webhook',
  /** A line of text that says nothing about itself. */
  'text',
  /** Records of the Linux audit system that share one serial number, a line each. */
  'auditd',
  /** One entry of the journal's export format, as JSON. */
  'journal',
  /** One record of a CloudTrail file. */
  'cloudtrail',
  /** One record of a Windows event log file. */
  'evtx',
] as const;
export type RecordFormat = (typeof RECORD_FORMATS)[number];

/** A file's own format; `lines` and `json` files are read as they grow. */
export const FILE_FORMATS = ['lines', 'json', 'auditd', 'journal', 'cloudtrail', 'evtx'] as const;

const Peer = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]);
const HeaderName = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, 'expected a name of a header in lower case');
const Fingerprint = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'expected the SHA-256 of the certificate in lower-case hexadecimal');

/** Syslog in clear text: known by a port of its own, by the address it comes from, or by both. */
const ClearSyslog = z.strictObject({
  kind: z.enum(['syslog-udp', 'syslog-tcp']),
  /** Of the range that the provider set aside (DEMARC_INTAKE_PORTS); null is the common port. */
  port: z.int().min(1).max(65_535).nullable().default(null),
  peers: z.array(Peer).max(64).default([]),
});

/** How a source sends, and what it is known by. */
export const SourceSettings = z.discriminatedUnion('kind', [
  ClearSyslog,
  z.strictObject({
    kind: z.literal('syslog-tls'),
    /** SHA-256 of the sender's certificate; left out, the platform makes a certificate and shows it once. */
    certificateFingerprint: Fingerprint.optional(),
  }),
  /** Newline JSON, Elasticsearch bulk, Splunk HEC, OTLP: known by its token. */
  z.strictObject({ kind: z.literal('http') }),
  z.strictObject({
    kind: z.literal('webhook'),
    signatureHeader: HeaderName.default('x-hub-signature-256'),
    /** Where it is given, what is signed is `timestamp.body`, and what is too old is refused. */
    timestampHeader: HeaderName.nullable().default(null),
    toleranceSeconds: z.int().min(10).max(3_600).default(300),
    /** Names a delivery; one that was taken is not taken again. */
    deliveryHeader: HeaderName.nullable().default('x-github-delivery'),
  }),
  z.strictObject({
    kind: z.literal('file'),
    /** Below the directory that the provider set aside (DEMARC_INTAKE_FILES); a file, or a directory of files. */
    path: z
      .string()
      .min(1)
      .max(1_024)
      .regex(/^[^/\0]/, 'expected a path below the directory of the intake'),
    format: z.enum(FILE_FORMATS).default('lines'),
  }),
]);
export type SourceSettings = z.infer<typeof SourceSettings>;
export type SourceKind = SourceSettings['kind'];

export const SourceLimits = z.strictObject({
  eventsPerSecond: z.int().min(1).max(10_000_000),
  bytesPerSecond: z.int().min(1_024).max(10_000_000_000),
});
export type SourceLimits = z.infer<typeof SourceLimits>;

const Count = z.int().min(0);
const Reasons = z.record(z.string(), Count);

/**
 * What became of a source's records since it was made. At any moment, and over crashes:
 *
 *   received = refused + dropped + waiting + parsed + unparsed
 *   parsed + unparsed = stored + duplicates + quarantined
 */
export const SourceAccounting = z.strictObject({
  received: Count,
  /** Not taken, and the sender was told. By reason. */
  refused: Reasons,
  /** Not taken, and the protocol has no way to tell. By reason. */
  dropped: Reasons,
  /** On disk here, not yet in the store. */
  waiting: Count,
  parsed: Count,
  /** Kept as base events with the record as it came. */
  unparsed: Count,
  stored: Count,
  duplicates: Count,
  /** Kept apart because the store's rules forbid them. By error code. */
  quarantined: Reasons,
  waitingBytes: Count,
  spoolBytesMax: Count,
});
export type SourceAccounting = z.infer<typeof SourceAccounting>;

export const Source = z.strictObject({
  sourceId: z.uuid(),
  name: z.string(),
  settings: SourceSettings,
  limits: SourceLimits,
  enabled: z.boolean(),
  createdAt: Instant,
  createdBy: z.string(),
  /** `idle`: enabled, nothing waits. */
  state: z.enum(['disabled', 'idle', 'carrying', 'store-away', 'failed']),
  because: z.string(),
  lastReceivedAt: Instant.nullable(),
  accounting: SourceAccounting,
});
export type Source = z.infer<typeof Source>;

/** A record that was not taken, in part, so that its sender can be corrected. */
export const SourceRefusal = z.strictObject({
  at: Instant,
  outcome: z.enum(['refused', 'dropped']),
  reason: z.string(),
  /** Records of the same kind at the same moment. */
  count: Count,
  peer: z.string().nullable(),
  /** The first bytes of the record, as text. */
  sample: z.string().max(1_024),
});
export type SourceRefusal = z.infer<typeof SourceRefusal>;

export const SourceDetail = Source.extend({
  refusals: z.array(SourceRefusal).max(50),
  /** Where and how to send. */
  endpoint: z.string(),
});
export type SourceDetail = z.infer<typeof SourceDetail>;

/** A rate that no honest sender of a small organisation reaches, and no mad one floods the store with. */
const LIMITS_DEFAULT = { eventsPerSecond: 20_000, bytesPerSecond: 20_000_000 };

export const CreateSource = z.strictObject({
  name: z.string().trim().min(1).max(100),
  settings: SourceSettings,
  limits: SourceLimits.default(LIMITS_DEFAULT),
});
export type CreateSource = z.input<typeof CreateSource>;
/** With what was left out filled in. */
export type NewSource = z.output<typeof CreateSource>;

export const ChangeSource = z.strictObject({
  name: z.string().trim().min(1).max(100).optional(),
  limits: SourceLimits.optional(),
  enabled: z.boolean().optional(),
});
export type ChangeSource = z.input<typeof ChangeSource>;

/** Shown once: the platform keeps no more of it than it needs to recognise it. */
export const SourceSecret = z.strictObject({
  /** Of an HTTP source. */
  token: z.string().optional(),
  /** Of a webhook: what its bodies are signed with. */
  signingSecret: z.string().optional(),
  /** Of a TLS source whose certificate the platform made. PEM. */
  certificate: z.string().optional(),
  privateKey: z.string().optional(),
});
export type SourceSecret = z.infer<typeof SourceSecret>;

export const MadeSource = z.strictObject({
  source: Source,
  secret: SourceSecret,
  endpoint: z.string(),
  /** PEM of the authority that signed the listener's certificate. */
  certificateAuthority: z.string(),
});
export type MadeSource = z.infer<typeof MadeSource>;
