/** Every rule of a tenant, with what became of it: loaded, refused, switched off, fired, and whether it can fire. */
import type { RuleDetails, RuleList, RuleOverlay, RuleSummary } from '@demarc/platform/contract/detection';
import type { CorrelationRule, DetectionRule, LogSource, Refusal } from '@demarc/platform/sigma';
import type { TenantScope } from '@demarc/platform/tenancy';
import { attacksOf } from '../detect/attack.ts';
import type { Siem } from '../siem.ts';
import { ruleErrors } from './errors.ts';
import { FIRED_DAYS, type Fired, firedOf } from './fired.ts';
import type { HeldBack, Overlay } from './overlay.ts';
import { reachOf } from './reach.ts';
import type { RuleSet, TenantRules } from './rulesets.ts';

const LIST_MAX = 100;
const TAGS_MAX = 64;

type Rule = DetectionRule | CorrelationRule;

export async function listRules(siem: Siem, tenant: TenantScope): Promise<RuleList> {
  const [rules, summaryOf] = await summarised(siem, tenant);
  const of = (set: RuleSet): readonly RuleSummary[] => [
    ...[...set.detections, ...set.correlations].map((rule) => summaryOf(rule, set)),
    ...set.refused.map((refusal) => refused(refusal, set)),
  ];
  return {
    rules: [...of(rules.own), ...of(rules.base)],
    firedDays: FIRED_DAYS,
    generation: rules.generation,
    loadedAt: new Date(rules.loadedAtMs).toISOString(),
  };
}

/** @throws RULE_UNKNOWN */
export async function ruleDetails(siem: Siem, tenant: TenantScope, ruleId: string): Promise<RuleDetails> {
  const [rules, summaryOf] = await summarised(siem, tenant);
  const found = ruleOf(rules, ruleId);
  if (found === undefined) throw ruleErrors.make('RULE_UNKNOWN', { ruleId });
  const isOwn = [...rules.own.detections, ...rules.own.correlations].includes(found);
  const versions = isOwn ? await siem.ruleStore.versionsOf(tenant, found.file) : [];
  return {
    rule: summaryOf(found, isOwn ? rules.own : rules.base),
    text: found.text,
    description: found.description ?? null,
    references: found.references.slice(0, 256),
    falsepositives: found.falsepositives.slice(0, 256),
    attacks: attacksOf(found.tags).slice(0, TAGS_MAX),
    overlay: overlayOf(rules.overlays.get(ruleId), rules.heldBack, siem.now()),
    versions: versions.slice(0, LIST_MAX).map(({ version, by, atMs, text }) => ({
      version,
      by,
      at: new Date(atMs).toISOString(),
      text: text ?? '',
      removed: text === null,
    })),
  };
}

/** The rules that hold, and how to say what became of one. */
async function summarised(
  siem: Siem,
  tenant: TenantScope,
): Promise<readonly [TenantRules, (rule: Rule, set: RuleSet) => RuleSummary]> {
  const [rules, fired, sources] = await Promise.all([
    siem.rulesets.of(tenant),
    firedOf(siem.reader, tenant, siem.now()),
    siem.fieldsSeen.sources(tenant),
  ]);
  const reach = (rule: Rule): string | null => {
    if (!isDetection(rule)) return null;
    const found = reachOf(rule, sources);
    return found.canFire ? null : found.because;
  };
  return [rules, (rule, set) => summary(rule, set, rules, fired.get(rule.id), reach(rule))];
}

export function isDetection(rule: Rule): rule is DetectionRule {
  return 'logsource' in rule;
}

/** A rule that is loaded. */
export function ruleOf(rules: TenantRules, ruleId: string): Rule | undefined {
  for (const set of [rules.own, rules.base]) {
    const found = [...set.detections, ...set.correlations].find(({ id }) => id === ruleId);
    if (found !== undefined) return found;
  }
  return undefined;
}

export function overlayOf(overlay: Overlay | undefined, heldBack: HeldBack, nowMs: number): RuleOverlay {
  if (overlay === undefined) {
    return {
      enabled: true,
      level: null,
      threshold: null,
      exceptions: [],
      reason: '',
      version: 0,
      by: null,
      at: null,
    };
  }
  const { stored, version, by, atMs } = overlay;
  return {
    enabled: stored.enabled,
    level: stored.level,
    threshold: stored.threshold,
    reason: stored.reason,
    version,
    by,
    at: new Date(atMs).toISOString(),
    exceptions: stored.exceptions.map(({ exceptionId, title, reason, detection, untilMs, ...made }) => ({
      exceptionId,
      title,
      reason,
      detection,
      ...(untilMs === null ? {} : { until: new Date(untilMs).toISOString() }),
      by: made.by,
      at: new Date(made.atMs).toISOString(),
      state: untilMs !== null && nowMs >= untilMs ? 'over' : 'in force',
      heldBackCount: heldBack.get(exceptionId) ?? 0,
    })),
  };
}

function summary(
  rule: Rule,
  set: RuleSet,
  rules: TenantRules,
  fired: Fired | undefined,
  reachBecause: string | null,
): RuleSummary {
  const overlay = rules.overlays.get(rule.id)?.stored;
  return {
    ruleId: rule.id,
    title: rule.title,
    kind: isDetection(rule) ? 'detection' : 'correlation',
    level: overlay?.level ?? rule.level,
    status: rule.status ?? null,
    tags: rule.tags.slice(0, TAGS_MAX),
    logsource: logSource(isDetection(rule) ? rule.logsource : undefined),
    origin: set.originOf(rule.file),
    file: rule.file,
    line: rule.line,
    state: overlay?.enabled === false ? 'disabled' : 'loaded',
    because: null,
    version: set.versionOf(rule.file),
    isTuned:
      overlay !== undefined &&
      (overlay.level !== null || overlay.threshold !== null || overlay.exceptions.length > 0),
    firedCount: fired?.count ?? 0,
    lastFiredAt: fired === undefined ? null : new Date(fired.lastMs).toISOString(),
    reach: reachBecause === null ? 'can fire' : 'never',
    reachBecause,
  };
}

function refused({ file, line, id, title, because }: Refusal, set: RuleSet): RuleSummary {
  return {
    ruleId: (id ?? `${file}:${line}`).slice(0, 256),
    title: title ?? file,
    kind: 'detection',
    level: 'medium',
    status: null,
    tags: [],
    logsource: logSource(undefined),
    origin: set.originOf(file),
    file,
    line,
    state: 'refused',
    because,
    version: set.versionOf(file),
    isTuned: false,
    firedCount: 0,
    lastFiredAt: null,
    reach: 'never',
    reachBecause: null,
  };
}

function logSource({ product, category, service }: LogSource = {}): RuleSummary['logsource'] {
  return { product: product ?? null, category: category ?? null, service: service ?? null };
}
