/** What several events of Sysmon have in common: who did it, to which file, with which hashes. */
import { OCSF_CLASS } from '@demarc/platform/ocsf';
import { type Family, type Members, textOf } from '../family.ts';

export const CREATE = 1;
/** Who did it, in the events where that is the one process named. */
export const BY_PROCESS = {
  Image: 'actor.process.file.path',
  ProcessId: 'actor.process.pid',
  ProcessGuid: 'actor.process.uid',
  User: 'actor.user.name',
};
export const ITSELF = {
  Image: 'process.file.path',
  ProcessId: 'process.pid',
  ProcessGuid: 'process.uid',
  User: 'process.user.name',
};
export const INTO_PROCESS = {
  SourceImage: 'actor.process.file.path',
  SourceProcessId: 'actor.process.pid',
  SourceUser: 'actor.user.name',
  TargetImage: 'process.file.path',
  TargetProcessId: 'process.pid',
  TargetUser: 'process.user.name',
};

/** What the resources of an executable say of it, at the object of its file. */
export function resources(file: string): Readonly<Record<string, string>> {
  return {
    OriginalFileName: `${file}.internal_name`,
    Company: `${file}.company_name`,
    Description: `${file}.desc`,
    FileVersion: `${file}.version`,
  };
}

export function fileEvent(name: string, activity: number, complete?: Family['complete']): Family {
  return {
    name,
    classUid: OCSF_CLASS.file_activity,
    activity,
    paths: { ...BY_PROCESS, TargetFilename: 'file.path' },
    complete: (event, fields, host) => {
      addHashes(event, ['file'], textOf(fields, 'Hashes') ?? textOf(fields, 'Hash'));
      complete?.(event, fields, host);
    },
  };
}

/** `algorithm_id` of OCSF's fingerprint. */
const ALGORITHMS: Readonly<Record<string, number>> = { MD5: 1, SHA1: 2, SHA256: 3, IMPHASH: 99 };

/** `SHA1=…,MD5=…` at the file that the path leads to, if there is one. */
export function addHashes(event: Members, path: readonly string[], hashes: string | undefined): void {
  let file: Members | undefined = event;
  for (const name of path) file = file?.[name] as Members | undefined;
  if (file === undefined || hashes === undefined) return;
  const found = [...hashes.matchAll(/(\w+)=([\dA-Fa-f]{16,128})/g)].map(([, algorithm = '', value]) => ({
    algorithm,
    algorithm_id: ALGORITHMS[algorithm] ?? 99,
    value,
  }));
  if (found.length > 0) file['hashes'] = found;
}
