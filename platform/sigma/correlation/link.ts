/** Resolves what correlations refer to. */
import type { DetectionRule } from '../ir.ts';
import type { CorrelationInput, CorrelationRefusal, CorrelationRule, LinkedCorrelation } from './rule.ts';

export interface LinkedCorrelations {
  /** Each after those it refers to. */
  readonly correlations: readonly LinkedCorrelation[];
  readonly refused: readonly { readonly rule: CorrelationRule; readonly refused: CorrelationRefusal }[];
  /** Detection's id → the fields of its events that correlations need. Matches of no other rule are needed. */
  readonly fieldsWanted: ReadonlyMap<string, readonly string[]>;
  /** Detections and correlations that speak through a correlation only, because none says `generate`. */
  readonly silenced: ReadonlySet<string>;
}

/** Far more than anyone chains, and far less than the stack holds. */
const CHAIN_MAX = 500;

type Target = DetectionRule | CorrelationRule;
type Outcome = LinkedCorrelation | { readonly refused: CorrelationRefusal };

export function linkCorrelations(
  correlations: readonly CorrelationRule[],
  detections: readonly DetectionRule[],
): LinkedCorrelations {
  const named = namesOf([...detections, ...correlations]);
  const outcomes = new Map<CorrelationRule, Outcome>();
  const ordered: { rule: CorrelationRule; inputs: readonly CorrelationInput[] }[] = [];
  const open = new Set<CorrelationRule>();

  const visit = (rule: CorrelationRule): Outcome => {
    const known = outcomes.get(rule);
    if (known !== undefined) return known;
    if (open.has(rule)) return refusal(rule, 'correlation-cycle', 'the correlation refers to itself');
    if (open.size === CHAIN_MAX)
      return refusal(rule, 'correlation-cycle', `more than ${CHAIN_MAX} correlations are chained`);
    open.add(rule);
    const outcome = resolve(rule);
    open.delete(rule);
    outcomes.set(rule, outcome);
    if (!('refused' in outcome)) ordered.push(outcome);
    return outcome;
  };

  const resolve = (rule: CorrelationRule): Outcome => {
    const inputs: CorrelationInput[] = [];
    for (const reference of rule.rules) {
      const targets = named.get(reference) ?? [];
      const target = targets[0];
      if (target === undefined)
        return refusal(rule, 'correlation-unresolved', `no rule has the id or name ${reference}`);
      if (targets.length > 1)
        return refusal(rule, 'correlation-ambiguous', `${targets.length} rules are named ${reference}`);
      if (inputs.some(({ id }) => id === target.id))
        return refusal(rule, 'correlation-rules', `${reference} is a rule that is named already`);
      if (isCorrelation(target)) {
        const below = visit(target);
        if ('refused' in below) {
          const { code, because } = below.refused;
          const isLoop = code === 'correlation-cycle';
          return refusal(
            rule,
            isLoop ? code : 'correlation-unresolved',
            `${reference}, which it refers to, is refused: ${because}`,
          );
        }
      }
      inputs.push({
        id: target.id,
        isCorrelation: isCorrelation(target),
        fieldOf: fieldsOf(rule, reference),
      });
    }
    return { rule, inputs, carries: [] };
  };

  for (const rule of correlations) visit(rule);
  const wanted = wantedOf(ordered);
  return {
    correlations: ordered.map(({ rule, inputs }) => ({
      rule,
      inputs,
      carries: [...(wanted.get(rule.id) ?? [])].filter((field) => !rule.groupBy.includes(field)),
    })),
    refused: correlations.flatMap((rule) => {
      const outcome = outcomes.get(rule);
      return outcome !== undefined && 'refused' in outcome ? [{ rule, refused: outcome.refused }] : [];
    }),
    fieldsWanted: new Map(
      detections.flatMap(({ id }) => {
        const fields = wanted.get(id);
        return fields === undefined ? [] : [[id, [...fields]] as const];
      }),
    ),
    silenced: silencedBy(ordered),
  };
}

function isCorrelation(target: Target): target is CorrelationRule {
  return 'timespanMs' in target;
}

/** An id is nobody else's; where a name is also an id, the id is meant. */
function namesOf(targets: readonly Target[]): ReadonlyMap<string, readonly Target[]> {
  const byId = Map.groupBy(targets, ({ id }) => id);
  const byName = Map.groupBy(targets, ({ name }) => name ?? '');
  return new Map([...[...byName].filter(([name]) => name !== ''), ...byId]);
}

function fieldsOf(rule: CorrelationRule, reference: string): ReadonlyMap<string, string> {
  const names = [...rule.groupBy, ...(rule.condition.kind === 'measure' ? rule.condition.fields : [])];
  return new Map(names.map((name) => [name, rule.aliases.get(name)?.get(reference) ?? name]));
}

/** From the outermost correlation down: what one needs of another, that one needs of its own rules. */
function wantedOf(
  ordered: readonly Pick<LinkedCorrelation, 'rule' | 'inputs'>[],
): ReadonlyMap<string, ReadonlySet<string>> {
  const wanted = new Map<string, Set<string>>();
  for (const { rule, inputs } of ordered.toReversed()) {
    const above = [...(wanted.get(rule.id) ?? [])].filter((field) => !rule.groupBy.includes(field));
    for (const { id, fieldOf } of inputs) {
      const fields = wanted.get(id) ?? new Set();
      for (const field of [...fieldOf.values(), ...above]) fields.add(field);
      wanted.set(id, fields);
    }
  }
  return wanted;
}

function silencedBy(ordered: readonly Pick<LinkedCorrelation, 'rule' | 'inputs'>[]): ReadonlySet<string> {
  const speaking = new Set(
    ordered.filter(({ rule }) => rule.generate).flatMap(({ inputs }) => inputs.map(({ id }) => id)),
  );
  const all = ordered.flatMap(({ inputs }) => inputs.map(({ id }) => id));
  return new Set(all.filter((id) => !speaking.has(id)));
}

function refusal(
  rule: CorrelationRule,
  code: CorrelationRefusal['code'],
  because: string,
): { readonly refused: CorrelationRefusal } {
  return { refused: { code, because, line: rule.line } };
}
