/** What several commands make sure of before they write anything. */
import type { Control } from '../catalogue/catalogue.ts';
import { assuranceErrors } from '../errors.ts';
import { selects } from '../evaluation/duties.ts';
import { applies, TENANT_ASSET } from '../evaluation/population.ts';
import type { Scope } from '../model/acts.ts';
import { inForce } from '../model/standing.ts';
import type { CommandContext } from './command.ts';
import { workbookErrors } from './workbook-errors.ts';

/** Acts of one command: bulk decisions are bounded, so that one request cannot fill the ledger. */
export const ACTS_MAX = 1_000;

/** @throws WORKBOOK_CONTROL_UNKNOWN */
export function knownControl({ catalogue }: CommandContext, controlId: string): Control {
  const control = catalogue.controls.get(controlId);
  if (control === undefined) throw workbookErrors.make('WORKBOOK_CONTROL_UNKNOWN', { control: controlId });
  return control;
}

/** Each selector must select something. @throws WORKBOOK_CONTROL_UNKNOWN */
export function selectedControls(
  { catalogue }: CommandContext,
  selectors: readonly string[],
): readonly Control[] {
  const all = [...catalogue.controls.values()];
  for (const selector of selectors)
    if (!all.some((control) => selects([selector], control)))
      throw workbookErrors.make('WORKBOOK_CONTROL_UNKNOWN', { control: selector });
  return all.filter((control) => selects(selectors, control));
}

/** @throws WORKBOOK_SCOPE_UNKNOWN */
export function knownScope({ standing, nowMs }: CommandContext, scope: Scope): Scope {
  switch (scope.kind) {
    case 'tenant':
      return scope;
    case 'group': {
      const group = standing.groups.get(scope.groupId);
      if (group === undefined || !inForce(group, nowMs))
        throw workbookErrors.make('WORKBOOK_SCOPE_UNKNOWN', { scope: `group ${scope.groupId}` });
      return scope;
    }
    case 'asset': {
      const asset = standing.assets.get(scope.assetId);
      if (scope.assetId !== TENANT_ASSET.assetId && (asset === undefined || !inForce(asset, nowMs)))
        throw workbookErrors.make('WORKBOOK_SCOPE_UNKNOWN', { scope: `asset ${scope.assetId}` });
      return scope;
    }
  }
}

/**
 * Every control in every scope, once each; a control must be about an asset that is named.
 *
 * @throws WORKBOOK_TOO_MANY, WORKBOOK_CONTROL_UNKNOWN, WORKBOOK_SCOPE_UNKNOWN, ASSURANCE_CELL_UNKNOWN
 */
export function crossed(
  context: CommandContext,
  controls: readonly string[],
  scopes: readonly Scope[],
): readonly { readonly control: Control; readonly scope: Scope }[] {
  const ids = [...new Set(controls)];
  const count = ids.length * scopes.length;
  if (count > ACTS_MAX) throw workbookErrors.make('WORKBOOK_TOO_MANY', { count, max: ACTS_MAX });
  const known = scopes.map((scope) => knownScope(context, scope));
  return ids.flatMap((id) => {
    const control = knownControl(context, id);
    return known.map((scope) => {
      if (scope.kind === 'asset') knownCell(context, control, scope.assetId);
      return { control, scope };
    });
  });
}

/** @throws ASSURANCE_CELL_UNKNOWN */
export function knownCell({ evaluation }: CommandContext, control: Control, assetId: string): void {
  const asset = evaluation.population.find(assetId);
  if (asset === undefined || !applies(control, asset))
    throw assuranceErrors.make('ASSURANCE_CELL_UNKNOWN', { controlId: control.id, assetId });
}

const DAY_MS = 86_400_000;

/** @throws ASSURANCE_DATE_INVALID unless it is later than now, and within `daysMax` where that is given */
export function future({ nowMs }: CommandContext, atMs: number, what: string, daysMax?: number): number {
  if (atMs <= nowMs)
    throw assuranceErrors.make('ASSURANCE_DATE_INVALID', { because: `${what} must lie in the future` });
  if (daysMax !== undefined && atMs > nowMs + daysMax * DAY_MS)
    throw assuranceErrors.make('ASSURANCE_DATE_INVALID', {
      because: `${what} lies more than ${daysMax} days ahead`,
    });
  return atMs;
}

/** @throws WORKBOOK_PERSON_MISSING */
export function named(person: string): string {
  const name = person.trim();
  if (name === '') throw workbookErrors.make('WORKBOOK_PERSON_MISSING', {});
  return name;
}

/** Without the keys that are undefined, which `exactOptionalPropertyTypes` keeps apart. */
export function given<T extends object>(value: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, found]) => found !== undefined)) as {
    [Key in keyof T]: Exclude<T[Key], undefined>;
  };
}
