/**
 * Documents → the acts that are missing in the ledger. Our own export, brought back, is missing nothing.
 *
 * A document accepts nothing on anybody's behalf: claims come in as proposals and exceptions as requests, and what
 * only a purchase or an approver can bring about is listed and left.
 */
import { act, type Command, type CommandContext } from '../commands/command.ts';
import { Acts, type NewAct } from '../model/acts.ts';
import { type Fact, factKey, factsOf, sameFact, scopeOf } from './facts.ts';
import { oscalErrors } from './oscal-errors.ts';
import { readFacts } from './read-facts.ts';
import { line } from './words.ts';

export interface OscalImport {
  /** As `kind id`. */
  readonly added: readonly string[];
  /** Of the records stated, how many are here already and say the same. */
  readonly sameCount: number;
  /** There already, and saying something else: the ledger's word stands. */
  readonly differs: readonly string[];
  readonly left: readonly { readonly fact: string; readonly because: string }[];
  /** Controls of the catalog that are not, or not so, in this platform's catalogue. */
  readonly controlsDiffer: readonly string[];
}

/** Of one import; a set with more is no tenant's. */
const ACTS_MAX = 5_000;

/**
 * @param dryRun says what it would do, and does nothing
 * @throws OSCAL_IMPORT_TOO_LARGE
 */
export function importOscal(
  files: readonly { readonly file: string; readonly document: unknown }[],
  { dryRun = false }: { readonly dryRun?: boolean } = {},
): Command<OscalImport> {
  return (context) => {
    const stated = readFacts(files);
    const known = new Map(
      factsOf(context.standing, stated.asOfMs ?? context.nowMs).map((fact) => [factKey(fact), fact]),
    );
    const acts: NewAct[] = [];
    const added: string[] = [];
    const differs: string[] = [];
    let sameCount = 0;
    const left: { fact: string; because: string }[] = [];
    for (const fact of stated.facts) {
      const key = factKey(fact);
      const there = known.get(key);
      if (there !== undefined) {
        if (sameFact(there, fact)) sameCount += 1;
        else differs.push(key);
        continue;
      }
      const made = actsOf(context, fact);
      if (typeof made === 'string') left.push({ fact: key, because: made });
      else {
        acts.push(...made);
        added.push(key);
      }
    }
    const controlsDiffer = [...stated.controls].flatMap(([id, { title, objective }]) => {
      const control = context.catalogue.controls.get(id);
      return control !== undefined && line(control.title) === title && control.objective === objective
        ? []
        : [id];
    });
    if (acts.length > ACTS_MAX)
      throw oscalErrors.make('OSCAL_IMPORT_TOO_LARGE', { count: acts.length, max: ACTS_MAX });
    return {
      acts: dryRun ? [] : acts,
      result: { added, sameCount, differs, left, controlsDiffer },
      says: `${added.length} records came from OSCAL documents`,
    };
  };
}

/** @returns why not, where a document cannot bring it about */
function actsOf(context: CommandContext, fact: Fact): readonly NewAct[] | string {
  try {
    switch (fact.kind) {
      case 'party':
        return [act(context, 'party-registered', Acts['party-registered'].parse(fact.payload))];
      case 'asset':
        return [act(context, 'asset-declared', Acts['asset-declared'].parse(fact.payload))];
      case 'claim': {
        const { fromMs: _from, toMs, standing: _standing, scope, ...claim } = fact.payload;
        if (claim.source === 'operating-model') return 'an answer to an operating-model question makes it';
        const proposed = {
          ...claim,
          scope: scopeOf(scope),
          ...(toMs === undefined ? {} : { toMs }),
        };
        return [act(context, 'claim-proposed', Acts['claim-proposed'].parse(proposed))];
      }
      case 'exception': {
        const { approver: _approver, scope, ...request } = fact.payload;
        const requested = { ...request, scope: scopeOf(scope) };
        return [act(context, 'exception-requested', Acts['exception-requested'].parse(requested))];
      }
      case 'risk':
        return [act(context, 'risk-recorded', Acts['risk-recorded'].parse(fact.payload))];
      case 'plan-item': {
        const { status, ...item } = fact.payload;
        const opened = act(context, 'poam-item-opened', Acts['poam-item-opened'].parse(item));
        if (status === 'open') return [opened];
        const moved = Acts['poam-item-updated'].parse({ poamId: item.poamId, status, note: '' });
        return [opened, act(context, 'poam-item-updated', moved)];
      }
      case 'entitlement':
        return 'a service is bought, not declared';
      case 'not-applicable':
        return 'an approval is given here, by who may';
    }
  } catch {
    return 'it is not as the ledger takes it';
  }
}
