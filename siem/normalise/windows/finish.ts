/** What OCSF asks of objects besides what Windows says, and taking out of an event what does not pass. */
import type { OcsfProblem } from '@demarc/platform/ocsf';
import { baseName, type Members } from './family.ts';
import { keep, type Placed } from './place.ts';

const REGULAR_FILE = 1;
const PROCESSES: ReadonlySet<string> = new Set(['process', 'logon_process', 'parent_process']);

/** Names of files and processes from their paths, and types that are required. */
export function finishObjects(object: Members): void {
  for (const name of Object.keys(object)) {
    const inner = object[name];
    if (name === 'unmapped' || name === 'metadata' || typeof inner !== 'object' || inner === null) continue;
    const members = inner as Members;
    if (name === 'file') {
      const { path } = members;
      if (typeof path === 'string') members['name'] = baseName(path) === '' ? path : baseName(path);
      members['type_id'] ??= REGULAR_FILE;
    } else if (name === 'connection_info') members['direction_id'] ??= 0;
    else if (name === 'win_service') members['service_type_id'] ??= 0;
    if (!Array.isArray(inner)) finishObjects(members);
    if (PROCESSES.has(name)) {
      const file = members['file'] as Members | undefined;
      if (file?.['name'] !== undefined) members['name'] = file['name'];
    }
  }
}

/**
 * Takes the objects that problems are about out of the event; what was placed in them becomes unmapped.
 *
 * @returns what is still placed, or undefined when a problem is about the event as a whole
 */
export function withoutProblems(
  event: Members,
  problems: readonly OcsfProblem[],
  placed: readonly Placed[],
  unmapped: Members,
): readonly Placed[] | undefined {
  let left = placed;
  for (const { path, says } of problems) {
    const steps = path.split(/[.[]/);
    // What is missing is a problem of the object that lacks it.
    if (says === 'is required') steps.pop();
    const attribute = steps.at(-1);
    if (attribute === undefined || attribute === '') return undefined;
    let object: Members | undefined = event;
    for (const step of steps.slice(0, -1)) object = object?.[step] as Members | undefined;
    if (object !== undefined) delete object[attribute];
    const taken = steps.join('.');
    for (const { name, value } of left.filter((each) => isWithin(each.path, taken)))
      keep(unmapped, name, value);
    left = left.filter((each) => !isWithin(each.path, taken));
  }
  return left;
}

function isWithin(path: string, taken: string): boolean {
  return path === taken || path.startsWith(`${taken}.`);
}
