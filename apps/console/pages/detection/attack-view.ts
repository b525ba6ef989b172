/** MITRE ATT&CK as the pages show it and filter by it. Pure. */
import { ATTACK_TACTICS, techniqueName } from '@demarc/platform/contract/attack';
import { type JsonObject, objectAt, textAt } from './json.ts';

export interface Attack {
  /** The most exact that is known: sub-technique, else technique, else tactic. */
  readonly uid: string;
  readonly name: string | undefined;
  readonly tactic: string | undefined;
}

const TACTIC_NAMES = new Map(Object.values(ATTACK_TACTICS).map(([uid, name]) => [uid, name] as const));

/** OCSF `attack` objects, each once. */
export function attacksIn(attacks: readonly JsonObject[]): readonly Attack[] {
  const found = new Map<string, Attack>();
  for (const attack of attacks) {
    const tactic = objectAt(attack, 'tactic');
    const tacticUid = textAt(tactic, 'uid');
    const tacticName =
      tacticUid === undefined ? undefined : (TACTIC_NAMES.get(tacticUid) ?? textAt(tactic, 'name'));
    const technique = [objectAt(attack, 'sub_technique'), objectAt(attack, 'technique')].find(
      (each) => textAt(each, 'uid') !== undefined,
    );
    const uid = technique === undefined ? tacticUid : textAt(technique, 'uid');
    if (uid === undefined) continue;
    found.set(uid, {
      uid,
      name: technique === undefined ? tacticName : (techniqueName(uid) ?? textAt(technique, 'name')),
      tactic: technique === undefined ? undefined : tacticName,
    });
  }
  return [...found.values()];
}

/** Of Sigma's tags: `attack.t1059.001`, `attack.execution`. */
export function attacksOfTags(tags: readonly string[]): {
  readonly techniques: readonly string[];
  readonly tactics: readonly string[];
} {
  const names = tags.flatMap((tag) => {
    const lower = tag.toLowerCase();
    return lower.startsWith('attack.') ? [lower.slice(7).replaceAll('_', '-')] : [];
  });
  return {
    techniques: names.filter((name) => TECHNIQUE.test(name)).map((name) => name.toUpperCase()),
    tactics: names.flatMap((name) => (Object.hasOwn(ATTACK_TACTICS, name) ? [tacticUid(name)] : [])),
  };
}

const tacticUid = (name: string): string => ATTACK_TACTICS[name]?.[0] ?? '';
const TECHNIQUE = /^t\d{4}(?:\.\d{3})?$/i;

export type AttackAsked =
  | { readonly kind: 'technique' | 'sub-technique' | 'tactic'; readonly uid: string }
  | undefined;

/** What somebody typed: `T1059`, `t1059.001`, `TA0002`, `lateral movement`; undefined for anything else. */
export function attackAsked(text: string): AttackAsked {
  const word = text.trim();
  if (TECHNIQUE.test(word))
    return { kind: word.includes('.') ? 'sub-technique' : 'technique', uid: word.toUpperCase() };
  if (/^ta\d{4}$/i.test(word)) return { kind: 'tactic', uid: word.toUpperCase() };
  const name = word.toLowerCase().replaceAll(/[\s_]+/g, '-');
  return Object.hasOwn(ATTACK_TACTICS, name) ? { kind: 'tactic', uid: tacticUid(name) } : undefined;
}

/** `T1059.001 Command and Scripting Interpreter: PowerShell`. */
export function attackWords({ uid, name }: Pick<Attack, 'uid' | 'name'>): string {
  return name === undefined ? uid : `${uid} ${name}`;
}

export function attackOf(uid: string): Attack {
  return { uid, name: TACTIC_NAMES.get(uid) ?? techniqueName(uid), tactic: undefined };
}

/** MITRE's page about it. */
export function attackPage(uid: string): string {
  return uid.startsWith('TA')
    ? `https://attack.mitre.org/tactics/${uid}/`
    : `https://attack.mitre.org/techniques/${uid.replace('.', '/')}/`;
}
