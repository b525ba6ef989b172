/** What happens to a packet that a rule decided, and the line in the log that says so. */
import type { FirewallRule, HostFirewallPolicy } from '../policy.ts';
import type { Statement } from './nft.ts';

/** Lines a second of what floods: the packets are dropped all the same. */
const SPARING_PER_SECOND = 10;

/** Who drops the agent's own probe where the policy would let it in. */
export const CANARY_ID = ':canary';

/**
 * `demarc drop ID `, `demarc tap ID ` for what would have been dropped, `demarc log ID ` for log-only rules. ID is a
 * rule’s, or begins with ":" for what no rule of the policy did.
 */
type LogKind = 'drop' | 'tap' | 'log';
const PREFIX = /^demarc (drop|tap|log) (\S+) ?$/;

export function prefixOf(kind: LogKind, id: string): string {
  return `demarc ${kind} ${id} `;
}

/** What a prefix says; `null` for that of someone else. */
export function readPrefix(prefix: string): { readonly kind: LogKind; readonly id: string } | null {
  const [, kind, id] = PREFIX.exec(prefix) ?? [];
  if (id === undefined || (kind !== 'drop' && kind !== 'tap' && kind !== 'log')) return null;
  return { kind, id };
}

export class Verdicts {
  readonly #policy: HostFirewallPolicy;

  constructor(policy: HostFirewallPolicy) {
    this.#policy = policy;
  }

  /** For what is allowed as far as rules go: a connection’s state still has a say, unless it never does. */
  passOf(direction: FirewallRule['direction']): readonly Statement[] {
    const { synProxy, invalid } = this.#policy.stateful;
    if (direction === 'in' && synProxy !== null) return [{ goto: { target: 'pass_in' } }];
    return invalid === 'drop' ? [{ goto: { target: 'pass' } }] : [{ accept: null }];
  }

  of({ action, id, direction }: FirewallRule): readonly Statement[] {
    if (action === 'deny') return this.drop(id);
    if (action === 'log-only') return [this.#log('log', id)];
    return action === 'bypass' ? [{ accept: null }] : this.passOf(direction);
  }

  drop(by: string): readonly Statement[] {
    return [...(this.#policy.log.drops ? [this.#logDrop(by)] : []), this.#end];
  }

  /** Two rules, so that the limit is on the log and not on the drop. */
  sparingly(by: string): readonly (readonly Statement[])[] {
    const limit = { rate: SPARING_PER_SECOND, per: 'second', burst: SPARING_PER_SECOND } as const;
    return [...(this.#policy.log.drops ? [[{ limit }, this.#logDrop(by)]] : []), [this.#end]];
  }

  /** For the probe of the agent's own: dropped and logged whatever the policy says, also in tap mode. */
  canary(): readonly Statement[] {
    return [this.#log('drop', CANARY_ID), { drop: null }];
  }

  get #end(): Statement {
    return this.#policy.mode === 'tap' ? { accept: null } : { drop: null };
  }

  #logDrop(by: string): Statement {
    return this.#log(this.#policy.mode === 'tap' ? 'tap' : 'drop', by);
  }

  #log(kind: LogKind, id: string): Statement {
    const { group, bytesPerPacket } = this.#policy.log;
    return { log: { prefix: prefixOf(kind, id), group, snaplen: bytesPerPacket } };
  }
}
