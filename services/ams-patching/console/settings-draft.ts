/** Settings as a form has them, and as the routes want them. Pure. */
import { DEPENDENCIES_MAX, type PatchingSettings, type Scope } from '../api.ts';

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
  {
    key: 'takeoverMinutes',
    label: 'Minutes for a takeover, before a primary is patched',
    min: 0,
    max: 1_440,
  },
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
  /** One in a line: `role=dns before role=web, group:shop`; what has a comma in it, in quotation marks. */
  readonly dependencies: string;
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
    dependencies: constraints.dependencies
      .map(({ first, later }) => `${named(first)} before ${named(later)}`)
      .join('\n'),
    numbers: {
      maxConcurrent: String(constraints.maxConcurrent ?? ''),
      soakDev: String(constraints.soakHours.DEV),
      soakQas: String(constraints.soakHours.QAS),
      horizonDays: String(settings.horizonDays),
      minutesPerPackage: String(settings.minutesPerPackage),
      rebootMinutes: String(settings.rebootMinutes),
      takeoverMinutes: String(settings.takeoverMinutes),
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
  const dependencies = dependenciesOf(draft.dependencies);
  if ('missing' in dependencies) return dependencies;
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
        dependencies: dependencies.found,
      },
      horizonDays: Number(numbers.horizonDays),
      minutesPerPackage: Number(numbers.minutesPerPackage),
      rebootMinutes: Number(numbers.rebootMinutes),
      takeoverMinutes: Number(numbers.takeoverMinutes),
      errorThreshold: Number(numbers.errorThreshold),
      hostErrorThreshold: Number(numbers.hostErrorThreshold),
    },
  };
}

type Dependencies = PatchingSettings['constraints']['dependencies'];
const BEFORE = ' before ';

/** A name that could be read as more than one stands in quotation marks, as JSON has it: `site="Bonn, north"`. */
const PLAIN = /^(?!(?:group|machine):)(?!.* before )[^\s\p{Cc},="](?:[^\p{Cc},="]*[^\s\p{Cc},="])?$/u;
const QUOTED = /"(?:[^"\\]|\\.)*"/g;
/** Stands for what is quoted, by its number, while a line is taken apart. */
const PLACE = /^\0(\d+)\0$/;

const written = (name: string): string => (PLAIN.test(name) ? name : JSON.stringify(name));

/** A scope in the words that `dependenciesOf` takes. */
function named({ groups, labels, assetIds }: Scope): string {
  return [
    ...Object.entries(labels).map(([name, value]) => `${written(name)}=${written(value)}`),
    ...groups.map((group) => `group:${written(group)}`),
    ...assetIds.map((id) => `machine:${id}`),
  ].join(', ');
}

function dependenciesOf(text: string): { readonly found: Dependencies } | { readonly missing: string } {
  const found: Dependencies = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const quoted: string[] = [];
    const bare = line.replace(QUOTED, (whole) => `\0${quoted.push(whole) - 1}\0`);
    const [first, later, ...more] = bare.split(BEFORE).map((part) => scopeOf(part, quoted));
    if (first === undefined || later === undefined || more.length > 0)
      return { missing: `Order, line ${index + 1}: as in “role=dns before role=web, group:shop”.` };
    found.push({ first, later });
  }
  return found.length > DEPENDENCIES_MAX
    ? { missing: `Order: ${DEPENDENCIES_MAX} lines at most.` }
    : { found };
}

/** Undefined of what is not understood, or names nothing. */
function scopeOf(text: string, quoted: readonly string[]): Scope | undefined {
  const groups: string[] = [];
  const assetIds: string[] = [];
  const labels: [string, string][] = [];
  for (const part of text.split(',').map((each) => each.trim())) {
    const [, kind, what = ''] = /^(group|machine):(.+)$/.exec(part) ?? [];
    const [, before = '', after = ''] = /^([^=]+)=(.+)$/.exec(part) ?? [];
    const [name, label, value] = [what, before, after].map((each) => nameOf(each, quoted));
    if (kind !== undefined && name !== undefined) (kind === 'group' ? groups : assetIds).push(name);
    else if (kind === undefined && label !== undefined && value !== undefined) labels.push([label, value]);
    else return undefined;
  }
  return { groups, labels: Object.fromEntries(labels), assetIds };
}

/** Undefined of none, and of one that is not closed or has no meaning. */
function nameOf(text: string, quoted: readonly string[]): string | undefined {
  const [, place] = PLACE.exec(text) ?? [];
  if (place === undefined) return text === '' || /["\0]/.test(text) ? undefined : text;
  try {
    const name: unknown = JSON.parse(quoted[Number(place)] ?? '');
    return typeof name === 'string' && name !== '' ? name : undefined;
  } catch {
    return undefined;
  }
}
