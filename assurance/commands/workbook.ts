/** What people write beside the controls: never a status, which only evidence gives. */
import type { ActPayload, DesignRef, Scope } from '../model/acts.ts';
import { crossed, future, given, knownCell, knownControl } from './checks.ts';
import { act, type Command } from './command.ts';
import { workbookErrors } from './workbook-errors.ts';

export interface Annotation {
  readonly controls: readonly string[];
  readonly scopes: readonly Scope[];
  readonly applied?: boolean | undefined;
  readonly rationale?: string | undefined;
  readonly example?: string | undefined;
  readonly configuration?: string | undefined;
  readonly hld?: readonly DesignRef[] | undefined;
  readonly lld?: readonly DesignRef[] | undefined;
  readonly reviewAtMs?: number | undefined;
}

/**
 * Writes the fields that are given beside many controls at once, and leaves the others as they were; an empty
 * text takes one away. One act for each control and scope.
 *
 * @throws WORKBOOK_NOTHING_TO_WRITE, WORKBOOK_TOO_MANY, WORKBOOK_CONTROL_UNKNOWN, WORKBOOK_SCOPE_UNKNOWN,
 *   ASSURANCE_CELL_UNKNOWN, ASSURANCE_DATE_INVALID
 */
export function annotateControls(annotation: Annotation): Command<{ readonly written: number }> {
  return (context) => {
    const { controls, scopes, hld, lld, ...texts } = annotation;
    const fields = given({
      ...texts,
      hld: hld === undefined ? undefined : [...hld],
      lld: lld === undefined ? undefined : [...lld],
    });
    if (Object.keys(fields).length === 0) throw workbookErrors.make('WORKBOOK_NOTHING_TO_WRITE', {});
    if (annotation.reviewAtMs !== undefined) future(context, annotation.reviewAtMs, 'a review');
    const acts = crossed(context, controls, scopes).map(({ control, scope }) =>
      act(context, 'control-annotated', {
        controlId: control.id,
        scope,
        ...(fields as Omit<ActPayload<'control-annotated'>, 'controlId' | 'scope'>),
      }),
    );
    return {
      acts,
      result: { written: acts.length },
      says: `${acts.length} control${acts.length === 1 ? ' was' : 's were'} annotated`,
    };
  };
}

/** @throws WORKBOOK_CONTROL_UNKNOWN, ASSURANCE_CELL_UNKNOWN */
export function addComment(comment: {
  readonly controlId: string;
  readonly assetId?: string | undefined;
  readonly text: string;
  readonly person: string;
}): Command<{ readonly commentId: string }> {
  return (context) => {
    const control = knownControl(context, comment.controlId);
    if (comment.assetId !== undefined) knownCell(context, control, comment.assetId);
    const commentId = context.newId();
    return {
      acts: [act(context, 'comment-added', { commentId, ...given(comment) })],
      result: { commentId },
      says: `${control.id} was commented on`,
    };
  };
}
