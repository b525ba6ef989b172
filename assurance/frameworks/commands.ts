/** What is written down of frameworks: that one was brought, mapped or removed, by the digest of what was read. */
import { act, type Command } from '../commands/command.ts';
import type { ActPayload } from '../model/acts.ts';
import { inForce } from '../model/standing.ts';
import { frameworkErrors } from './framework-errors.ts';
import { BUILT_IN_FRAMEWORKS, FRAMEWORKS_MAX } from './model.ts';

/** The same file under the same id is there already: nothing is written. @throws FRAMEWORK_BUILT_IN, FRAMEWORK_TOO_MANY */
export function importFramework(
  payload: ActPayload<'framework-imported'>,
): Command<{ readonly changed: boolean }> {
  return (context) => {
    const { standing, nowMs } = context;
    const { frameworkId, digest } = payload;
    if (BUILT_IN_FRAMEWORKS.includes(frameworkId))
      throw frameworkErrors.make('FRAMEWORK_BUILT_IN', { frameworkId });
    const known = standing.frameworks.get(frameworkId);
    const there = known !== undefined && inForce(known, nowMs);
    const running = [...standing.frameworks.values()].filter((each) => inForce(each, nowMs)).length;
    if (!there && running >= FRAMEWORKS_MAX)
      throw frameworkErrors.make('FRAMEWORK_TOO_MANY', { max: FRAMEWORKS_MAX });
    const same =
      there && known.digest === digest && known.title === payload.title && known.version === payload.version;
    return {
      acts: same ? [] : [act(context, 'framework-imported', payload)],
      result: { changed: !same },
      says: `the framework ${payload.title} was imported`,
    };
  };
}

/** @throws FRAMEWORK_UNKNOWN, FRAMEWORK_BUILT_IN */
export function removeFramework(frameworkId: string): Command {
  return (context) => {
    if (BUILT_IN_FRAMEWORKS.includes(frameworkId))
      throw frameworkErrors.make('FRAMEWORK_BUILT_IN', { frameworkId });
    const known = context.standing.frameworks.get(frameworkId);
    if (known === undefined || !inForce(known, context.nowMs))
      throw frameworkErrors.make('FRAMEWORK_UNKNOWN', { frameworkId });
    return {
      acts: [act(context, 'framework-removed', { frameworkId })],
      result: undefined,
      says: `the framework ${known.title} was removed`,
    };
  };
}

export function importMapping(
  payload: ActPayload<'mapping-imported'>,
): Command<{ readonly changed: boolean }> {
  return (context) => {
    const known = context.standing.mappings.get(`${payload.sourceFrameworkId} ${payload.targetFrameworkId}`);
    const same = known !== undefined && inForce(known, context.nowMs) && known.digest === payload.digest;
    return {
      acts: same ? [] : [act(context, 'mapping-imported', payload)],
      result: { changed: !same },
      says: `a mapping from ${payload.sourceFrameworkId} to ${payload.targetFrameworkId} was imported`,
    };
  };
}
