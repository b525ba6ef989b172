/** Implementation standards: published in versions that never change, assigned to assets, retired. */
import { canonicalJson } from '@demarc/platform/ocsf';
import { type ActPayload, Acts, type Scope } from '../model/acts.ts';
import { inForce, type StandardState, scopeKey } from '../model/standing.ts';
import { future, given, knownControl, knownScope } from './checks.ts';
import { act, type Command, type CommandContext } from './command.ts';
import { workbookErrors } from './workbook-errors.ts';

type Content = ActPayload<'standard-published'>;

/**
 * The same content again is no act; other content under a known version is refused.
 *
 * @throws STANDARD_INVALID, STANDARD_IMMUTABLE, STANDARD_RETIRED, WORKBOOK_CONTROL_UNKNOWN, ASSURANCE_DATE_INVALID
 */
export function publishStandard(content: Content): Command<{ readonly standard: string }> {
  return (context) => {
    const parsed = Acts['standard-published'].parse(content);
    const standard = nameOf(parsed);
    const seen = new Set<string>();
    for (const { controlId } of parsed.controls) {
      knownControl(context, controlId);
      if (seen.has(controlId))
        throw workbookErrors.make('STANDARD_INVALID', { because: `${controlId} is named twice` });
      seen.add(controlId);
    }
    const known = context.standing.standards.get(standard);
    if (known !== undefined) {
      if (contentOf(known) !== contentOf(parsed))
        throw workbookErrors.make('STANDARD_IMMUTABLE', { standard });
      if (!inForce(known, context.nowMs)) throw workbookErrors.make('STANDARD_RETIRED', { standard });
      return { acts: [], result: { standard }, says: `${standard} was published already` };
    }
    if (parsed.toMs !== undefined) future(context, parsed.toMs, 'the end of a standard');
    return {
      acts: [act(context, 'standard-published', parsed)],
      result: { standard },
      says: `${standard} was published`,
    };
  };
}

/**
 * A scope has one standard: what was assigned to it before is withdrawn.
 *
 * @throws STANDARD_UNKNOWN, STANDARD_RETIRED, WORKBOOK_SCOPE_UNKNOWN, ASSURANCE_DATE_INVALID
 */
export function assignStandard(assignment: {
  readonly standardId: string;
  readonly version: string;
  readonly scopes: readonly Scope[];
  readonly toMs?: number | undefined;
}): Command<{ readonly assigned: number }> {
  return (context) => {
    const { standardId, version, toMs } = assignment;
    const { standing, nowMs } = context;
    const standard = knownStandard(context, assignment);
    if (toMs !== undefined) future(context, toMs, 'the end of an assignment');
    const scopes = [
      ...new Map(assignment.scopes.map((scope) => [scopeKey(scope), knownScope(context, scope)])).values(),
    ];
    const acts = scopes.flatMap((scope) => {
      const others = standing.assignments.filter(
        (other) =>
          other.standardId !== standardId &&
          scopeKey(other.scope) === scopeKey(scope) &&
          inForce(other, nowMs),
      );
      return [
        ...others.map((other) =>
          act(context, 'standard-withdrawn', {
            standardId: other.standardId,
            scope,
            reason: `replaced by ${standard}`,
          }),
        ),
        act(context, 'standard-assigned', { standardId, version, scope, ...given({ toMs }) }),
      ];
    });
    return { acts, result: { assigned: scopes.length }, says: `${standard} was assigned` };
  };
}

/** @throws STANDARD_NOT_ASSIGNED */
export function withdrawStandard(withdrawal: {
  readonly standardId: string;
  readonly scope: Scope;
  readonly reason: string;
}): Command {
  return (context) => {
    const { standardId, scope } = withdrawal;
    const assigned = context.standing.assignments.some(
      (assignment) =>
        assignment.standardId === standardId &&
        scopeKey(assignment.scope) === scopeKey(scope) &&
        inForce(assignment, context.nowMs),
    );
    if (!assigned) throw workbookErrors.make('STANDARD_NOT_ASSIGNED', { standardId, scope: scopeKey(scope) });
    return {
      acts: [act(context, 'standard-withdrawn', { ...withdrawal })],
      result: undefined,
      says: `${standardId} was withdrawn`,
    };
  };
}

/** Assets that carry it are without a current standard from now on. @throws STANDARD_UNKNOWN, STANDARD_RETIRED */
export function retireStandard(retirement: {
  readonly standardId: string;
  readonly version: string;
  readonly reason: string;
}): Command {
  return (context) => {
    const standard = knownStandard(context, retirement);
    return {
      acts: [act(context, 'standard-retired', { ...retirement })],
      result: undefined,
      says: `${standard} was retired`,
    };
  };
}

const nameOf = ({ standardId, version }: Pick<Content, 'standardId' | 'version'>): string =>
  `${standardId}@${version}`;

function knownStandard(
  { standing, nowMs }: CommandContext,
  wanted: Pick<Content, 'standardId' | 'version'>,
): string {
  const standard = nameOf(wanted);
  const known = standing.standards.get(standard);
  if (known === undefined) throw workbookErrors.make('STANDARD_UNKNOWN', { standard });
  if (!inForce(known, nowMs)) throw workbookErrors.make('STANDARD_RETIRED', { standard });
  return standard;
}

/** When it ends is no part of what it asks for. */
function contentOf({
  standardId,
  version,
  title,
  useCase,
  requirements,
  controls,
  hld,
  lld,
}: StandardState | Content): string {
  return canonicalJson({ standardId, version, title, useCase, requirements, controls, hld, lld });
}
