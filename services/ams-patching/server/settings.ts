/** What a tenant decided of patching: labels, constraints, thresholds. */
import type { TenantScope } from '@demarc/platform/tenancy';
import { PatchingSettings, type SettingsReply } from '../api.ts';
import { type Account, instant, type Kept, keep, keptOf, type Store } from './kept.ts';

export async function settingsOf(store: Store, tenant: TenantScope): Promise<SettingsReply> {
  const [kept] = await keptOf(store, tenant, 'settings', 1);
  return kept === undefined
    ? { settings: PatchingSettings.parse({}), setBy: null, setAt: null }
    : replyOf(kept);
}

export async function setSettings(
  store: Store,
  tenant: TenantScope,
  value: PatchingSettings,
  by: Account,
): Promise<SettingsReply> {
  return replyOf(await keep(store, tenant, { kind: 'settings', value, by, max: 1 }));
}

const replyOf = ({ value, by_name, at_ms }: Kept): SettingsReply => ({
  settings: PatchingSettings.parse(value),
  setBy: by_name,
  setAt: instant(at_ms),
});
