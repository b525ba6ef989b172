/** Detection rules and findings, as the API has them: what is loaded, what is refused, what can never fire, and why. */
import * as z from 'zod';
import { Instant } from './api.ts';

/** Files of one import, and their texts together; a whole public rule set is imported in several. */
export const RULE_FILES_MAX = 1_000;
export const RULE_FILE_CHARACTERS_MAX = 524_288;
export const RULE_BODY_BYTES_MAX = 8_388_608;
/** Of one tenant, beside the shipped ones. */
export const RULES_MAX = 20_000;

export const RuleLevel = z.enum(['informational', 'low', 'medium', 'high', 'critical']);
export type RuleLevel = z.infer<typeof RuleLevel>;
export const RuleId = z.string().min(1).max(256);

/** The document as the front end knows it. */
export const RuleKind = z.enum(['detection', 'correlation', 'filter']);
/** Where a rule is from: shipped with the platform, put there by the provider for all, or the tenant's own. */
export const RuleOrigin = z.enum(['shipped', 'provider', 'tenant']);

/** Matches are counted in a group of these fields, and a finding is made from so many within so long on. */
export const RuleThreshold = z.strictObject({
  count: z.int().min(2).max(1_000_000),
  timespan: z.string().regex(/^[1-9]\d{0,5}[smhd]$/),
  groupBy: z.array(z.string().min(1).max(256)).max(8).default([]),
});
export type RuleThreshold = z.infer<typeof RuleThreshold>;

/** Events that a rule is not about here: a Sigma `detection` of its own, with who said so and until when. */
export const RuleExceptionDraft = z.strictObject({
  title: z.string().min(1).max(256),
  reason: z.string().min(1).max(1_000),
  /** YAML: searches and a condition, as below `detection:` in a rule. */
  detection: z.string().min(1).max(16_384),
  /** Afterwards the rule is about them again. */
  until: Instant.optional(),
});
export const RuleException = RuleExceptionDraft.extend({
  exceptionId: z.string(),
  by: z.string(),
  at: Instant,
  state: z.enum(['in force', 'over']),
  /** Matches that it kept from being findings, since the process started. */
  heldBackCount: z.int().min(0),
});
export type RuleException = z.infer<typeof RuleException>;

/** What a tenant changes of a rule without changing the rule. */
export const RuleOverlay = z.strictObject({
  enabled: z.boolean(),
  level: RuleLevel.nullable(),
  threshold: RuleThreshold.nullable(),
  exceptions: z.array(RuleException).max(100),
  /** Why, in the words of who changed it last. */
  reason: z.string().max(1_000),
  version: z.int().min(0),
  by: z.string().nullable(),
  at: Instant.nullable(),
});
export type RuleOverlay = z.infer<typeof RuleOverlay>;

export const SetRuleOverlay = z.strictObject({
  enabled: z.boolean().default(true),
  level: RuleLevel.nullable().default(null),
  threshold: RuleThreshold.nullable().default(null),
  exceptions: z.array(RuleExceptionDraft).max(100).default([]),
  reason: z.string().min(1).max(1_000),
  /** The version that was looked at: a change in between is refused, not overwritten. */
  basedOn: z.int().min(0),
});
export type SetRuleOverlay = z.infer<typeof SetRuleOverlay>;

export const LogSource = z.strictObject({
  product: z.string().nullable(),
  category: z.string().nullable(),
  service: z.string().nullable(),
});

/** `never`: nothing that any source of the tenant has sent could make it match. */
export const RuleReach = z.enum(['can fire', 'never']);

export const RuleSummary = z.strictObject({
  ruleId: RuleId,
  title: z.string(),
  kind: RuleKind,
  level: RuleLevel,
  /** As the rule says of itself: stable, test, experimental, … */
  status: z.string().nullable(),
  tags: z.array(z.string()).max(64),
  logsource: LogSource,
  origin: RuleOrigin,
  file: z.string(),
  line: z.int().min(1),
  state: z.enum(['loaded', 'disabled', 'refused']),
  /** Of a refused one. */
  because: z.string().nullable(),
  version: z.int().min(1),
  isTuned: z.boolean(),
  firedCount: z.int().min(0),
  lastFiredAt: Instant.nullable(),
  reach: RuleReach,
  /** Of one that can never fire: the log source that nobody sends, or the fields that nobody fills. */
  reachBecause: z.string().nullable(),
});
export type RuleSummary = z.infer<typeof RuleSummary>;

export const RuleList = z.strictObject({
  rules: z.array(RuleSummary).max(RULES_MAX * 2),
  /** Days over which `firedCount` counts. */
  firedDays: z.int(),
  /** Raised by every change; matches of later events are by this generation or a later one. */
  generation: z.int().min(0),
  loadedAt: Instant.nullable(),
});
export type RuleList = z.infer<typeof RuleList>;

export const RuleVersion = z.strictObject({
  version: z.int().min(1),
  by: z.string(),
  at: Instant,
  text: z.string(),
  removed: z.boolean(),
});

export const RuleDetails = z.strictObject({
  rule: RuleSummary,
  text: z.string(),
  description: z.string().nullable(),
  references: z.array(z.string()).max(256),
  falsepositives: z.array(z.string()).max(256),
  attacks: z.array(z.record(z.string(), z.unknown())).max(64),
  overlay: RuleOverlay,
  /** Of a tenant's own rule, newest first. */
  versions: z.array(RuleVersion).max(100),
});
export type RuleDetails = z.infer<typeof RuleDetails>;

export const ImportRules = z.strictObject({
  files: z
    .array(
      z.strictObject({
        file: z.string().min(1).max(512),
        text: z.string().max(RULE_FILE_CHARACTERS_MAX),
      }),
    )
    .min(1)
    .max(RULE_FILES_MAX),
  /** Only says what would be loaded and what refused. */
  dryRun: z.boolean().default(false),
});
export type ImportRules = z.infer<typeof ImportRules>;

export const ImportedRule = z.strictObject({
  file: z.string(),
  line: z.int().min(1),
  ruleId: z.string().nullable(),
  title: z.string().nullable(),
  outcome: z.enum(['new', 'changed', 'unchanged', 'refused']),
  because: z.string().nullable(),
});
export const RulesImported = z.strictObject({
  rules: z.array(ImportedRule).max(RULE_FILES_MAX * 10),
  newCount: z.int(),
  changedCount: z.int(),
  unchangedCount: z.int(),
  refusedCount: z.int(),
});
export type RulesImported = z.infer<typeof RulesImported>;

/** Why a rule matched an event, or did not: the condition as a tree, every test with what the event holds. */
export type Explained =
  | {
      readonly op: 'and' | 'or' | 'not';
      readonly holds: boolean;
      readonly of: readonly Explained[];
    }
  | {
      readonly op: 'test';
      readonly holds: boolean;
      readonly field: string | null;
      /** The test in words: `contains "mimikatz"`. */
      readonly says: string;
      /** What the event holds there; cut at a few hundred characters. */
      readonly values: readonly (string | number | boolean | null)[];
    };
export const Explained: z.ZodType<Explained> = z.lazy(() =>
  z.union([
    z.strictObject({
      op: z.enum(['and', 'or', 'not']),
      holds: z.boolean(),
      of: z.array(Explained).max(10_000),
    }),
    z.strictObject({
      op: z.literal('test'),
      holds: z.boolean(),
      field: z.string().nullable(),
      says: z.string(),
      values: z.array(z.union([z.string(), z.number(), z.boolean(), z.null()])).max(64),
    }),
  ]),
);

export const FindingDetails = z.strictObject({
  /** The OCSF Detection Finding as stored. */
  finding: z.record(z.string(), z.unknown()),
  /** The event it rests on; of a correlation the first ones, at most a hundred. */
  events: z.array(z.record(z.string(), z.unknown())).max(100),
  rule: z
    .strictObject({
      ruleId: RuleId,
      title: z.string(),
      level: RuleLevel,
      text: z.string(),
      /** False when the rule is another now than when it matched. */
      isSame: z.boolean(),
    })
    .nullable(),
  /** By the rule as it is now. */
  explained: Explained.nullable(),
});
export type FindingDetails = z.infer<typeof FindingDetails>;

/** Tries rules on events without storing either. */
export const TryRules = z.strictObject({
  text: z.string().min(1).max(RULE_FILE_CHARACTERS_MAX),
  events: z.array(z.record(z.string(), z.unknown())).min(1).max(100),
});
export type TryRules = z.infer<typeof TryRules>;
export const RulesTried = z.strictObject({
  refused: z.array(z.strictObject({ line: z.int(), because: z.string() })).max(100),
  matches: z.array(z.strictObject({ event: z.int(), ruleId: RuleId })).max(10_000),
  explained: z.array(z.strictObject({ event: z.int(), ruleId: RuleId, tree: Explained })).max(100),
});
export type RulesTried = z.infer<typeof RulesTried>;
