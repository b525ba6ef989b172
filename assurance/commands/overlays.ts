/** What lies over a status without changing what evidence says: not applicable for a while, accepted for a while. */
import type { Scope } from '../model/acts.ts';
import { type ExceptionState, inForce, scopeKey } from '../model/standing.ts';
import { crossed, future, given, knownControl, knownScope, named, selectedControls } from './checks.ts';
import { act, type Command, type CommandContext } from './command.ts';
import { workbookErrors } from './workbook-errors.ts';

/** Longer than two years nobody has looked. */
const REVIEW_DAYS_MAX = 731;
/** Whoever needs it for longer asks again: an exception without an end is a decision not to have the control. */
const EXCEPTION_DAYS_MAX = 366;

export interface NotApplicable {
  readonly controls: readonly string[];
  readonly scopes: readonly Scope[];
  readonly reason: string;
  readonly person: string;
  /** Without a review the approval ends then. */
  readonly reviewAtMs: number;
}

/**
 * One approval for each control and scope; one that runs for the same control and scope is renewed.
 *
 * @throws WORKBOOK_PERSON_MISSING, WORKBOOK_TOO_MANY, WORKBOOK_CONTROL_UNKNOWN, WORKBOOK_SCOPE_UNKNOWN,
 *   ASSURANCE_CELL_UNKNOWN, ASSURANCE_DATE_INVALID
 */
export function approveNotApplicable({
  controls,
  scopes,
  reason,
  person,
  reviewAtMs,
}: NotApplicable): Command<{ readonly approvalIds: readonly string[] }> {
  return (context) => {
    const { standing, nowMs } = context;
    const approver = named(person);
    future(context, reviewAtMs, 'the review', REVIEW_DAYS_MAX);
    const approvalIds: string[] = [];
    const acts = crossed(context, controls, scopes).flatMap(({ control, scope }) => {
      const renewed = [...standing.notApplicable.values()].filter(
        (approval) =>
          approval.controlId === control.id &&
          scopeKey(approval.scope) === scopeKey(scope) &&
          inForce(approval, nowMs),
      );
      const approvalId = context.newId();
      approvalIds.push(approvalId);
      return [
        ...renewed.map(({ approvalId: earlier }) =>
          act(context, 'not-applicable-revoked', { approvalId: earlier, reason: `renewed: ${approvalId}` }),
        ),
        act(context, 'not-applicable-approved', {
          approvalId,
          controlId: control.id,
          scope,
          reason,
          approver,
          reviewAtMs,
        }),
      ];
    });
    return {
      acts,
      result: { approvalIds },
      says: `${approvalIds.length} not-applicable approval${approvalIds.length === 1 ? '' : 's'} given`,
    };
  };
}

/** From now on evidence counts again. @throws NOT_APPLICABLE_UNKNOWN */
export function revokeNotApplicable(revocation: {
  readonly approvalId: string;
  readonly reason: string;
}): Command {
  return (context) => {
    const approval = context.standing.notApplicable.get(revocation.approvalId);
    if (approval === undefined || !inForce(approval, context.nowMs))
      throw workbookErrors.make('NOT_APPLICABLE_UNKNOWN', { approvalId: revocation.approvalId });
    return {
      acts: [act(context, 'not-applicable-revoked', { ...revocation })],
      result: undefined,
      says: `${approval.controlId} is applicable again`,
    };
  };
}

export interface ExceptionRequest {
  readonly controls: readonly string[];
  readonly scope: Scope;
  readonly reason: string;
  readonly compensatingControls: readonly string[];
  readonly riskId?: string | undefined;
  readonly person: string;
  readonly expiresAtMs: number;
}

/**
 * Asks; nothing is accepted before somebody else approves, and no status is other for it.
 *
 * @throws WORKBOOK_PERSON_MISSING, WORKBOOK_CONTROL_UNKNOWN, WORKBOOK_SCOPE_UNKNOWN, ASSURANCE_DATE_INVALID,
 *   EXCEPTION_COMPENSATES_ITSELF, RISK_UNKNOWN
 */
export function requestException(request: ExceptionRequest): Command<{ readonly exceptionId: string }> {
  return (context) => {
    const { controls, scope, reason, riskId, expiresAtMs } = request;
    const requester = named(request.person);
    const excepted = new Set(selectedControls(context, controls).map(({ id }) => id));
    const compensatingControls = request.compensatingControls.map((id) => knownControl(context, id).id);
    const itself = compensatingControls.find((id) => excepted.has(id));
    if (itself !== undefined) throw workbookErrors.make('EXCEPTION_COMPENSATES_ITSELF', { control: itself });
    if (riskId !== undefined) knownRisk(context, riskId);
    const exceptionId = context.newId();
    return {
      acts: [
        act(context, 'exception-requested', {
          exceptionId,
          controls: [...controls],
          scope: knownScope(context, scope),
          reason,
          compensatingControls,
          requester,
          toMs: future(context, expiresAtMs, 'the expiry', EXCEPTION_DAYS_MAX),
          ...given({ riskId }),
        }),
      ],
      result: { exceptionId },
      says: 'an exception was requested',
    };
  };
}

/**
 * @throws WORKBOOK_PERSON_MISSING, EXCEPTION_UNKNOWN, EXCEPTION_STATE when it is not waiting any more,
 *   EXCEPTION_SAME_PERSON
 */
export function approveException(approval: {
  readonly exceptionId: string;
  readonly person: string;
}): Command {
  return (context) => {
    const approver = named(approval.person);
    const exception = knownException(context, approval.exceptionId);
    const state = exceptionState(exception, context.nowMs);
    if (state !== 'requested')
      throw workbookErrors.make('EXCEPTION_STATE', { ...approval, state, act: 'approved' });
    // The local command line acts for people that it names; everybody else is their account.
    const sameAccount = exception.requestedBy === context.actor && context.actor !== LOCAL_ACTOR;
    if (sameAccount || plainName(exception.requester) === plainName(approver))
      throw workbookErrors.make('EXCEPTION_SAME_PERSON', { person: approver });
    return {
      acts: [act(context, 'exception-approved', { exceptionId: approval.exceptionId, approver })],
      result: undefined,
      says: 'an exception was approved',
    };
  };
}

/** Refuses what waits, ends what runs. @throws EXCEPTION_UNKNOWN, EXCEPTION_STATE */
export function revokeException(revocation: {
  readonly exceptionId: string;
  readonly reason: string;
}): Command {
  return (context) => {
    const state = exceptionState(knownException(context, revocation.exceptionId), context.nowMs);
    if (state !== 'requested' && state !== 'running')
      throw workbookErrors.make('EXCEPTION_STATE', { ...revocation, state, act: 'revoked' });
    return {
      acts: [act(context, 'exception-revoked', { ...revocation })],
      result: undefined,
      says: state === 'requested' ? 'an exception was refused' : 'an exception was revoked',
    };
  };
}

/** The account under which the local command line acts. */
const LOCAL_ACTOR = 'cli';

export type ExceptionPhase = 'requested' | 'running' | 'expired' | 'lapsed' | 'revoked';

/** `lapsed`: its time ran out before anybody approved it. */
export function exceptionState(exception: ExceptionState, t: number): ExceptionPhase {
  if (exception.revoked !== undefined && exception.revoked.atMs <= t) return 'revoked';
  const approved = exception.approvedAtMs !== undefined && exception.approvedAtMs <= t;
  if (inForce(exception, t)) return approved ? 'running' : 'requested';
  return approved ? 'expired' : 'lapsed';
}

function knownException({ standing }: CommandContext, exceptionId: string): ExceptionState {
  const found = standing.exceptions.get(exceptionId);
  if (found === undefined) throw workbookErrors.make('EXCEPTION_UNKNOWN', { exceptionId });
  return found;
}

/** In the register, or in the catalogue and not closed here. @throws RISK_UNKNOWN */
export function knownRisk({ standing, catalogue, nowMs }: CommandContext, riskId: string): void {
  const recorded = standing.risks.get(riskId);
  const open =
    recorded === undefined ? catalogue.risks.some(({ id }) => id === riskId) : inForce(recorded, nowMs);
  if (!open) throw workbookErrors.make('RISK_UNKNOWN', { riskId });
}

const plainName = (name: string): string =>
  name.normalize('NFKC').trim().replaceAll(/\s+/g, ' ').toLowerCase();
