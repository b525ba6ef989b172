/** What people do with rules: bring them in, take them away, tune them, try them. */
import { randomUUID } from 'node:crypto';
import type {
  ImportRules,
  RuleOverlay,
  RulesImported,
  SetRuleOverlay,
} from '@demarc/platform/contract/detection';
import type { Refusal } from '@demarc/platform/sigma';
import type { TenantScope } from '@demarc/platform/tenancy';
import type { Siem } from '../siem.ts';
import { ruleErrors } from './errors.ts';
import { overlayOf, ruleOf } from './list.ts';
import { compileOverlay, type StoredException, type StoredOverlay } from './overlay.ts';
import type { TenantRules } from './rulesets.ts';

type Outcome = RulesImported['rules'][number]['outcome'];

/**
 * Brings files in beside those that are there; a file of the same name becomes its next version. What is
 * refused is kept too, and listed with the reason, so that a set is as it was given.
 *
 * @throws RULE_FILES_TOO_MANY
 */
export async function importRules(
  siem: Siem,
  tenant: TenantScope,
  accountId: string,
  { files, dryRun }: ImportRules,
): Promise<RulesImported> {
  const before = await siem.rulesets.of(tenant);
  const texts = new Map(before.own.files.map(({ file, text }) => [file, text]));
  const imported = new Set(files.map(({ file }) => file));
  const rest = before.own.files.filter(({ file }) => !imported.has(file));
  const own = dryRun
    ? await siem.compiler.compile([...rest, ...files], before.base)
    : (await written(siem, tenant, accountId, files)).own;
  const outcome = (file: string): Outcome => {
    const text = texts.get(file);
    if (text === undefined) return 'new';
    return files.find((given) => given.file === file)?.text === text ? 'unchanged' : 'changed';
  };
  const rules = [
    ...[...own.detections, ...own.correlations].map(({ file, line, id, title }) => ({
      file,
      line,
      ruleId: id,
      title,
      outcome: outcome(file),
      because: null,
    })),
    ...own.refused.map(({ file, line, id, title, because }: Refusal) => ({
      file,
      line,
      ruleId: id ?? null,
      title: title ?? null,
      outcome: 'refused' as const,
      because,
    })),
  ].filter(({ file }) => imported.has(file));
  const count = (wanted: Outcome): number => rules.filter((rule) => rule.outcome === wanted).length;
  return {
    rules,
    newCount: count('new'),
    changedCount: count('changed'),
    unchangedCount: count('unchanged'),
    refusedCount: count('refused'),
  };
}

async function written(
  siem: Siem,
  tenant: TenantScope,
  accountId: string,
  files: readonly { readonly file: string; readonly text: string }[],
): Promise<TenantRules> {
  const changed = await siem.ruleStore.write(tenant, accountId, files);
  return changed.size === 0 ? siem.rulesets.of(tenant) : siem.rulesets.changed(tenant);
}

/** @throws RULE_FILE_UNKNOWN */
export async function removeRuleFile(
  siem: Siem,
  tenant: TenantScope,
  accountId: string,
  file: string,
): Promise<void> {
  const changed = await siem.ruleStore.write(tenant, accountId, [{ file, text: null }]);
  if (changed.size === 0) throw ruleErrors.make('RULE_FILE_UNKNOWN', { file });
  await siem.rulesets.changed(tenant);
}

/**
 * Replaces what the tenant changed of a rule; an exception that was there before keeps who made it and when.
 *
 * @throws RULE_UNKNOWN, RULE_EXCEPTION_INVALID, RULE_OVERLAY_OUTDATED
 */
export async function setRuleOverlay(
  siem: Siem,
  tenant: TenantScope,
  accountId: string,
  ruleId: string,
  wanted: SetRuleOverlay,
): Promise<RuleOverlay> {
  const rules = await siem.rulesets.of(tenant);
  if (ruleOf(rules, ruleId) === undefined) throw ruleErrors.make('RULE_UNKNOWN', { ruleId });
  const before = rules.overlays.get(ruleId)?.stored.exceptions ?? [];
  const atMs = siem.now();
  const exceptions = wanted.exceptions.map((draft): StoredException => {
    const untilMs = draft.until === undefined ? null : Date.parse(draft.until);
    const same = before.find(
      (found) =>
        found.title === draft.title &&
        found.reason === draft.reason &&
        found.detection === draft.detection &&
        found.untilMs === untilMs,
    );
    const { title, reason, detection } = draft;
    return same ?? { exceptionId: randomUUID(), title, reason, detection, untilMs, by: accountId, atMs };
  });
  const { enabled, level, threshold, reason } = wanted;
  const overlay: StoredOverlay = {
    enabled,
    level,
    threshold,
    exceptions,
    reason,
  };
  compileOverlay(overlay, { version: wanted.basedOn + 1, by: accountId, atMs });
  await siem.ruleStore.setOverlay(tenant, accountId, { ruleId, basedOn: wanted.basedOn, overlay });
  const after = await siem.rulesets.changed(tenant);
  return overlayOf(after.overlays.get(ruleId), after.heldBack, siem.now());
}
