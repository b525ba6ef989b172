/** The Security log's events of access to objects: files, shares, registry keys and values. */
import { OCSF_CLASS } from '@demarc/platform/ocsf';
import { type Family, type Fields, integerOf, textOf, within } from '../family.ts';
import { BY_PROCESS, BY_SUBJECT, FROM_ADDRESS } from './parts.ts';

/** Rights in a mask of access to a file, and what asking for them is; the first that is there counts. */
const FILE_RIGHTS: readonly (readonly [mask: number, activity: number])[] = [
  [0x10000, 4],
  [0xc0000, 7],
  [0x6, 3],
  [0x110, 6],
  [0x1, 2],
  [0x88, 8],
  [0x20000, 9],
];
const OTHER = 99;
const OPEN = 14;
const SET_SECURITY = 7;

function fileActivity(fields: Fields): number {
  const mask = integerOf(textOf(fields, 'AccessMask') ?? '') ?? 0;
  return FILE_RIGHTS.find(([rights]) => (mask & rights) !== 0)?.[1] ?? OTHER;
}

/** Registry rights: delete, change of permissions, set a value or create a key below, query. */
function keyActivity(fields: Fields): number {
  const mask = integerOf(textOf(fields, 'AccessMask') ?? '') ?? 0;
  if ((mask & 0x10000) !== 0) return 4;
  if ((mask & 0xc0000) !== 0) return 6;
  if ((mask & 0x6) !== 0) return 3;
  return (mask & 0x9) !== 0 ? 2 : OTHER;
}

const COMMON = { ...BY_SUBJECT, ...BY_PROCESS };

export function fileAccess(name: string, activity: Family['activity']): Family {
  return {
    name,
    classUid: OCSF_CLASS.file_activity,
    activity,
    paths: { ...COMMON, ObjectName: 'file.path', AccessMask: 'access_mask' },
  };
}

export function keyAccess(name: string, activity: Family['activity']): Family {
  return {
    name,
    classUid: OCSF_CLASS.registry_key_activity,
    activity,
    paths: { ...COMMON, ObjectName: 'reg_key.path', AccessMask: 'access_mask' },
  };
}

/** By event and by what kind of object it is about; other kinds have no class of their own here. */
export const BY_OBJECT_TYPE: Readonly<Record<string, Readonly<Record<string, Family>>>> = {
  4656: { File: fileAccess('file-open', OPEN), Key: keyAccess('key-open', keyActivity) },
  4663: { File: fileAccess('file-access', fileActivity), Key: keyAccess('key-access', keyActivity) },
  4670: { File: fileAccess('file-permissions', SET_SECURITY), Key: keyAccess('key-permissions', 6) },
};

const VALUE_CHANGES: Readonly<Record<string, number>> = { '%%1904': 2, '%%1905': 3, '%%1906': 4 };

export const OBJECTS: Readonly<Record<string, Family>> = {
  4657: {
    name: 'registry-value',
    classUid: OCSF_CLASS.registry_value_activity,
    activity: (fields) => VALUE_CHANGES[textOf(fields, 'OperationType') ?? ''] ?? OTHER,
    paths: {
      ...COMMON,
      ObjectName: 'reg_value.path',
      ObjectValueName: 'reg_value.name',
      NewValue: 'reg_value.data',
    },
  },
  5140: {
    name: 'share-access',
    classUid: OCSF_CLASS.smb_activity,
    activity: OTHER,
    paths: { ...BY_SUBJECT, ...FROM_ADDRESS, ShareName: 'share' },
  },
  5145: {
    name: 'share-file-access',
    classUid: OCSF_CLASS.smb_activity,
    activity: 2,
    paths: { ...BY_SUBJECT, ...FROM_ADDRESS, ShareName: 'share', RelativeTargetName: 'file.path' },
    complete: (event, fields) => {
      const { file } = event;
      // Windows says whether it is a file or something else; a folder is a file to it.
      if (file !== undefined && textOf(fields, 'ObjectType') !== 'File') within(event, 'file')['type_id'] = 0;
    },
  },
};
