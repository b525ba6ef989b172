/**
 * Runs a tenant's rules over events. A finding is a pure function of rule and event: a batch that is carried
 * again gives the same findings with the same uids.
 */
import { DETECTION_FINDING } from '@demarc/platform/ocsf';
import type { BaseMatch, DetectionRule, SeenValue, SigmaEvent } from '@demarc/platform/sigma';
import { evidenceOf, explain, regexes } from '@demarc/platform/sigma';
import type { TenantScope } from '@demarc/platform/tenancy';
import type { Carried } from '../enrich.ts';
import { stands } from '../rules/overlay.ts';
import type { RuleSet, TenantRules } from '../rules/rulesets.ts';
import type { Siem } from '../siem.ts';
import { findingOf } from './finding.ts';
import { INCOMPLETE } from './incomplete.ts';

export interface Detected {
  readonly findings: readonly Carried[];
  /** Matches that others count: correlations, and thresholds of the tenant's own. */
  readonly counted: readonly BaseMatch[];
}

export function detect(
  siem: Pick<Siem, 'view' | 'now' | 'figures'> & { readonly fieldsSeen: Pick<Siem['fieldsSeen'], 'see'> },
  tenant: TenantScope,
  rules: TenantRules,
  events: readonly Carried[],
): Detected {
  const findings: Carried[] = [];
  const counted: BaseMatch[] = [];
  const { fieldsWanted, silenced } = rules.linked;
  const sets = [rules.base, rules.own].filter(({ detections }) => detections.length > 0);
  for (const carried of events) {
    if (isOwnFinding(carried)) continue;
    const view = siem.view.ofOcsf(carried.event);
    siem.fieldsSeen.see(tenant, view);
    let isJudgedWhole = true;
    for (const set of sets) {
      const { matches, isIncomplete } = matched(set, view);
      if (isIncomplete) isJudgedWhole = false;
      for (const rule of matches) {
        if (!isInForce(siem, rules, rule, view)) continue;
        const wanted = fieldsWanted.get(rule.id);
        if (wanted !== undefined) counted.push(matchOf(rule, carried, view, wanted));
        if (!silenced.has(rule.id)) findings.push(finding(rules, rule, carried, view));
      }
    }
    // One, however many sets of rules could not get to their end: it is about the event.
    if (!isJudgedWhole) {
      siem.figures.incomplete += 1;
      findings.push(findingOf(INCOMPLETE, carried, []));
    }
  }
  return { findings, counted };
}

/** What was found here is not looked at again: a rule about everything would find its own findings. */
function isOwnFinding({ event }: Carried): boolean {
  const product = event.metadata['product'] as { readonly vendor_name?: unknown } | undefined;
  return event.class_uid === DETECTION_FINDING && product?.vendor_name === 'Demarc';
}

function matched(
  set: RuleSet,
  view: SigmaEvent,
): { readonly matches: readonly DetectionRule[]; readonly isIncomplete: boolean } {
  const { rules, isWhole } = set.engine.match(view);
  const matches: DetectionRule[] = [];
  for (const index of rules) {
    const rule = set.detections[index];
    if (rule !== undefined) matches.push(rule);
  }
  return { matches, isIncomplete: !isWhole };
}

function matchOf(
  rule: DetectionRule,
  { event }: Carried,
  view: SigmaEvent,
  wanted: readonly string[],
): BaseMatch {
  const fields = Object.fromEntries(
    wanted.filter((name) => Object.hasOwn(view.fields, name)).map((name) => [name, view.fields[name]]),
  );
  return { ruleId: rule.id, eventUid: event.metadata.uid, timeMs: event.time, fields };
}

function isInForce(
  siem: Pick<Siem, 'now'>,
  rules: TenantRules,
  rule: DetectionRule,
  view: SigmaEvent,
): boolean {
  const overlay = rules.overlays.get(rule.id);
  return overlay === undefined || stands(overlay, view, siem.now(), regexes, rules.heldBack);
}

function finding(rules: TenantRules, rule: DetectionRule, carried: Carried, view: SigmaEvent): Carried {
  const level = rules.overlays.get(rule.id)?.stored.level ?? rule.level;
  return findingOf({ ...rule, level }, carried, matchedBy(rule, view));
}

/** The values that made it match; each once, however many searches of the rule they satisfy. */
function matchedBy(rule: DetectionRule, view: SigmaEvent): readonly SeenValue[] {
  const seen = new Map<string, SeenValue>();
  for (const value of evidenceOf(explain(rule, view, regexes)))
    seen.set(JSON.stringify([value.field, value.value]), value);
  return [...seen.values()];
}
