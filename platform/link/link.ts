/**
 * The link: the one conversation between an agent and the server.
 *
 * `POST /link/v1/exchange` over HTTP/2, mutual TLS 1.3. The body is zstd-compressed NDJSON: the first
 * line is an `ExchangeHeader`, every further line a `LinkRecord`. The reply (JSON) carries the receipt
 * up's answer and the policy down. The same body is sent again, byte for byte, until a receipt names its
 * token, so the token is the SHA-256 of the record lines.
 */
import * as z from 'zod';
import { ORDERS_MAX, Order, OrderState } from '../contract/orders.ts';
import { DropRecord, Evidence, Health, OperatingSystem } from '../contract/service.ts';

export const LINK_PATHS = {
  enroll: '/link/v1/enroll',
  exchange: '/link/v1/exchange',
  renew: '/link/v1/renew',
  /** The platform's root certificate; checked against the fingerprint in the enrolment token. */
  authority: '/link/v1/authority.pem',
  installer: '/link/v1/install.sh',
  agentPackage: '/link/v1/demarc-agent.deb',
} as const;

/** One record line at most; a longer one is refused with its index, not the whole batch. */
export const RECORD_BYTES_MAX = 262_144; // 256 KiB
export const BATCH_RECORDS_MAX = 5_000;
/** Uncompressed record lines of one batch; also the bound on what a peer may make us decompress. */
export const BATCH_BYTES_MAX = 8_388_608; // 8 MiB

export const LinkRecord = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('event'), event: z.record(z.string(), z.unknown()) }),
  z.strictObject({ kind: z.literal('evidence'), evidence: Evidence }),
]);
export type LinkRecord = z.infer<typeof LinkRecord>;

export const ExchangeHeader = z.strictObject({
  protocol: z.literal(1),
  agentVersion: z.string().max(64),
  /** SHA-256 (hex) of the record lines; absent when the batch is empty (a heartbeat). */
  batchToken: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  recordCount: z.int().min(0).max(BATCH_RECORDS_MAX),
  sentAtMs: z.int().min(0),
  hostname: z.string().max(255),
  os: OperatingSystem,
  rooms: z
    .array(
      z.strictObject({
        serviceId: z.string().max(64),
        policyVersion: z.string().max(64),
        health: Health,
        /** What became of the orders that this room was given. */
        orders: z.array(OrderState).max(ORDERS_MAX).default([]),
      }),
    )
    .max(16),
  dropped: z.array(DropRecord).max(256),
  spool: z.strictObject({ bytes: z.int().min(0), bytesMax: z.int().min(1), records: z.int().min(0) }),
});
export type ExchangeHeader = z.infer<typeof ExchangeHeader>;

export const Receipt = z.strictObject({
  batchToken: z.string(),
  acceptedCount: z.int().min(0),
  duplicateCount: z.int().min(0),
  rejected: z.array(z.strictObject({ index: z.int().min(0), code: z.string(), detail: z.string() })),
});
export type Receipt = z.infer<typeof Receipt>;

export const ExchangeReply = z.strictObject({
  receipt: Receipt.optional(),
  serverTimeMs: z.int().min(0),
  /** Every room the tenant has bought for this asset; a room not named is to stop. */
  policies: z
    .array(
      z.strictObject({
        serviceId: z.string(),
        policyVersion: z.string(),
        policy: z.unknown(),
        /** In force for this room and host. */
        orders: z.array(Order).max(ORDERS_MAX).default([]),
      }),
    )
    .max(16),
  /** How long to wait before the next exchange when the spool is empty. */
  nextExchangeSeconds: z.number().min(0.05).max(3_600),
  renewCertificate: z.boolean(),
});
export type ExchangeReply = z.infer<typeof ExchangeReply>;

export const EnrollRequest = z.strictObject({
  token: z.string().min(16).max(512),
  csr: z.string().max(16_384),
  hostname: z.string().min(1).max(255),
  machineId: z.string().min(1).max(64),
  os: OperatingSystem,
});
export type EnrollRequest = z.infer<typeof EnrollRequest>;

export const EnrollReply = z.strictObject({
  assetId: z.uuid(),
  tenantId: z.string(),
  certificate: z.string(),
  certificateAuthority: z.string(),
});
export type EnrollReply = z.infer<typeof EnrollReply>;
