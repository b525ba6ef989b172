/** Settings as a form has them, and as the routes want them. Pure. */
import type { PatchingSettings } from '../api.ts';

export const NUMBERS = [
  { key: 'maxConcurrent', label: 'Machines at work at once (empty is any number)', min: 1, max: 5_000 },
  { key: 'soakDev', label: 'Hours in DEV before QAS', min: 0, max: 8_760 },
  { key: 'soakQas', label: 'Hours in QAS before PRD', min: 0, max: 8_760 },
  { key: 'horizonDays', label: 'Days that a plan looks ahead', min: 1, max: 90 },
  {
    key: 'minutesPerPackage',
    label: 'Minutes for a package, until a machine has a history',
    min: 0.1,
    max: 60,
  },
  { key: 'rebootMinutes', label: 'Minutes for a reboot', min: 1, max: 240 },
  { key: 'errorThreshold', label: 'Packages that may fail before a job stops', min: 1, max: 500 },
  { key: 'hostErrorThreshold', label: 'Jobs that may fail before the others are held', min: 1, max: 5_000 },
] as const;
type NumberKey = (typeof NUMBERS)[number]['key'];
const FRACTIONS: readonly NumberKey[] = ['soakDev', 'soakQas', 'minutesPerPackage'];

export const LABELS = [
  { key: 'environment', label: 'Environment: DEV, QAS or PRD' },
  { key: 'system', label: 'System' },
  { key: 'tier', label: 'Tier: database or application' },
  { key: 'role', label: 'Role' },
  { key: 'cluster', label: 'Cluster' },
  { key: 'standby', label: 'Standby: primary or secondary' },
] as const;

export interface SettingsDraft
  extends Pick<PatchingSettings, 'labels' | 'fourEyes' | 'reboot' | 'onFailure'> {
  readonly databaseBeforeApplication: boolean;
  readonly numbers: Readonly<Record<NumberKey, string>>;
}

export function settingsDraft(settings: PatchingSettings): SettingsDraft {
  const { labels, fourEyes, reboot, onFailure, constraints } = settings;
  return {
    labels,
    fourEyes,
    reboot,
    onFailure,
    databaseBeforeApplication: constraints.databaseBeforeApplication,
    numbers: {
      maxConcurrent: String(constraints.maxConcurrent ?? ''),
      soakDev: String(constraints.soakHours.DEV),
      soakQas: String(constraints.soakHours.QAS),
      horizonDays: String(settings.horizonDays),
      minutesPerPackage: String(settings.minutesPerPackage),
      rebootMinutes: String(settings.rebootMinutes),
      errorThreshold: String(settings.errorThreshold),
      hostErrorThreshold: String(settings.hostErrorThreshold),
    },
  };
}

/** As they are sent, or what is missing. */
export function askedSettings(
  draft: SettingsDraft,
): { readonly body: PatchingSettings } | { readonly missing: string } {
  for (const { key, label, min, max } of NUMBERS) {
    const text = draft.numbers[key].trim();
    if (key === 'maxConcurrent' && text === '') continue;
    const value = Number(text);
    const isFit = /^\d{1,5}(?:\.\d{1,3})?$/.test(text) && value >= min && value <= max;
    if (!isFit || !(FRACTIONS.includes(key) || Number.isInteger(value)))
      return { missing: `${label}: a number from ${min} to ${max}.` };
  }
  for (const { key, label } of LABELS) {
    const { length } = draft.labels[key];
    if (length < 1 || length > 64) return { missing: `${label}: a name of 1 to 64 letters.` };
  }
  const { numbers, labels, fourEyes, reboot, onFailure, databaseBeforeApplication } = draft;
  return {
    body: {
      labels,
      fourEyes,
      reboot,
      onFailure,
      constraints: {
        maxConcurrent: numbers.maxConcurrent.trim() === '' ? null : Number(numbers.maxConcurrent),
        soakHours: { DEV: Number(numbers.soakDev), QAS: Number(numbers.soakQas) },
        databaseBeforeApplication,
      },
      horizonDays: Number(numbers.horizonDays),
      minutesPerPackage: Number(numbers.minutesPerPackage),
      rebootMinutes: Number(numbers.rebootMinutes),
      errorThreshold: Number(numbers.errorThreshold),
      hostErrorThreshold: Number(numbers.hostErrorThreshold),
    },
  };
}
