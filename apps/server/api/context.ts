/** What routes are given. */
import type { Assurance } from '@demarc/assurance';
import type { LiveMessage, PlatformStatus } from '@demarc/platform/contract/api';
import type { ServerRoom, ServerRoomContext } from '@demarc/platform/contract/server';
import type { PostgresStore } from '@demarc/platform/stores';
import type { TenantScope } from '@demarc/platform/tenancy';
import type { Siem } from '@demarc/siem';
import type { Administration } from '@demarc/siem/intake';
import type { AccessLog } from '../access-log.ts';
import type { FirstAdministrator } from '../accounts.ts';
import type { Exporter } from '../exports/exporter.ts';

export interface ApiDeps {
  readonly store: PostgresStore;
  readonly siem: Siem;
  readonly assurance: Assurance;
  readonly sources: Administration;
  readonly rooms: readonly ServerRoom[];
  /** By service id. */
  readonly roomContexts: ReadonlyMap<string, ServerRoomContext>;
  readonly first: FirstAdministrator;
  /** Where it is written down that the provider's people looked at a tenant's data. */
  readonly access: AccessLog;
  readonly exporter: Exporter;
  /** What the platform's own evidence is checked with, as SPKI; bundles carry it. */
  readonly platformKeyPem: string;
  /** SHA-256 (hex) of the local command line's token. */
  readonly cliTokenHash: string;
  /** Host names the API answers to; anything else is a rebound name. */
  readonly hostNames: readonly string[];
  /** Token and the two lines to run for a machine that is to be enrolled. */
  enrollment(
    tenant: TenantScope,
    createdBy: string,
  ): Promise<{
    readonly token: string;
    readonly expiresAtMs: number;
    readonly command: string;
    readonly enrollCommand: string;
  }>;
  status(): PlatformStatus;
  publish(tenant: TenantScope, message: LiveMessage): void;
  readonly console: ReadonlyMap<
    string,
    { readonly type: string; readonly body: Buffer; readonly immutable: boolean }
  >;
  now(): number;
  log(line: string, error?: unknown): void;
  /** Told of every route as it is registered; how the tests walk all of them. */
  onRoute?(method: string, url: string): void;
}
