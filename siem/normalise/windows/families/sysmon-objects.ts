/** Sysmon's events of registry, pipes and WMI. */
import { OCSF_CLASS } from '@demarc/platform/ocsf';
import { baseName, type Family, type Fields, textOf, within } from '../family.ts';
import { BY_PROCESS, CREATE } from './sysmon-parts.ts';

/** `EventType` of Sysmon, unless a collector has written over it. */
function registryActivity(fields: Fields): number {
  const type = textOf(fields, 'EventType') ?? '';
  if (type.startsWith('Create') || type.startsWith('Add')) return CREATE;
  if (type.startsWith('Delete')) return 4;
  return type.startsWith('Rename') ? 5 : 99;
}
export const REGISTRY_KEY: Family = {
  name: 'registry-key',
  classUid: OCSF_CLASS.registry_key_activity,
  activity: registryActivity,
  paths: { ...BY_PROCESS, TargetObject: 'reg_key.path' },
};
export const REGISTRY_VALUE: Family = {
  name: 'registry-value',
  classUid: OCSF_CLASS.registry_value_activity,
  activity: 2,
  paths: { ...BY_PROCESS, TargetObject: 'reg_value.path', Details: 'reg_value.data' },
  complete: (event, fields) => {
    within(event, 'reg_value')['name'] = baseName(textOf(fields, 'TargetObject') ?? '');
  },
};
const NAMED_PIPE = 6;
export function pipe(name: string, activity: number): Family {
  return {
    name,
    classUid: OCSF_CLASS.file_activity,
    activity,
    paths: { ...BY_PROCESS, PipeName: 'file.path' },
    complete: (event) => {
      within(event, 'file')['type_id'] = NAMED_PIPE;
    },
  };
}
export function wmi(name: string, type: string, named: string): Family {
  return {
    name,
    classUid: OCSF_CLASS.entity_management,
    activity: (fields) =>
      ({ Created: CREATE, Modified: 3, Deleted: 4 })[textOf(fields, 'Operation') ?? ''] ?? 99,
    paths: { [named]: 'entity.name', User: 'actor.user.name' },
    complete: (event) => {
      within(event, 'entity')['type'] = type;
    },
  };
}
