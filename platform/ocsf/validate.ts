/**
 * Validates an event against OCSF 1.8: required attributes, types, enumerations, constraints, unknown
 * attributes, profiles, and that `type_uid` follows from class and activity.
 *
 * The work is done by generated functions (`generated/validators.ts`): no code is made at run time.
 */
import { CLASSES, OCSF_VERSION, PROFILES } from './generated/validators.ts';
import { type OcsfProblem, type Probe, report } from './probe.ts';

export type OcsfVerdict =
  | { readonly ok: true }
  | { readonly ok: false; readonly problems: readonly OcsfProblem[] };

const VALID: OcsfVerdict = Object.freeze({ ok: true });
/** Of whichever event is looked at: every step is written before it is read, so that none is made anew. */
const PATH: Probe['path'] = [];

/** @param event parsed JSON; never changed. Attributes that are `undefined` count as absent. */
export function validateOcsf(event: unknown): OcsfVerdict {
  if (typeof event !== 'object' || event === null) return refused('', 'is not an object');
  const { class_uid: classUid, metadata } = event as {
    readonly class_uid?: unknown;
    readonly metadata?: unknown;
  };
  const shape = typeof classUid === 'number' ? CLASSES.get(classUid) : undefined;
  if (shape === undefined) return refused('class_uid', 'is not a class that is accepted here');
  const probe: Probe = { profiles: 0, path: PATH, problems: [] };
  if (typeof metadata === 'object' && metadata !== null) declared(metadata, probe);
  shape(event, probe, 0);
  return probe.problems.length === 0 ? VALID : { ok: false, problems: probe.problems };
}

/** What the event says of itself decides what it may carry. Shapes of these are checked with all others. */
function declared(metadata: { readonly profiles?: unknown; readonly version?: unknown }, probe: Probe): void {
  const { version, profiles } = metadata;
  probe.path[0] = 'metadata';
  if (typeof version === 'string' && version !== OCSF_VERSION) {
    probe.path[1] = 'version';
    report(probe, 2, `is not ${OCSF_VERSION}`);
  }
  if (!Array.isArray(profiles)) return;
  for (let at = 0; at < profiles.length; at += 1) {
    const name: unknown = profiles[at];
    const bit = typeof name === 'string' ? PROFILES.get(name) : undefined;
    if (bit !== undefined) probe.profiles |= bit;
    else {
      probe.path[1] = 'profiles';
      probe.path[2] = at;
      report(probe, 3, `is not a profile that is known here (${[...PROFILES.keys()].join(', ')})`);
    }
  }
}

function refused(path: string, says: string): OcsfVerdict {
  return { ok: false, problems: [{ path, says }] };
}
