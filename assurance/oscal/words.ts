/** The words our OSCAL documents are made of: namespace, derived UUIDs, and strings as the schemas want them. */
import { createHash } from 'node:crypto';

export { OSCAL_VERSIONS, type OscalVersion } from '@demarc/platform/contract/assurance/oscal';

/** A piece of an OSCAL document. */
export type Node = Readonly<Record<string, unknown>>;

export const NS = 'urn:demarc:oscal';

/** Every property of our namespace, and what its value says; the checker knows no others. */
export const OUR_PROPS = {
  above: 'whether the residual score is above the tenant’s appetite',
  area: 'area of the catalogue',
  'asset-id': 'id of the asset',
  'asset-name': 'its name',
  'asset-type': 'its type: tenant, vm, network or database',
  'as-of': 'instant that the document is about',
  assessed: 'how many of the applicable cells were ever assessed',
  capability: 'capability of the area',
  'catalogue-id': 'id of the control catalogue',
  'claim-id': 'id of the claim',
  'compensating-control': 'control that stands in while the exception runs',
  control: 'id of a control, or a selector of several',
  'control-status': 'effective status of the control on the asset',
  'decided-by': 'the rule that decided who has the duty',
  'declared-at': 'from when the record holds',
  digest: 'SHA-256 of the raw record',
  duty: 'operate, configure, respond or assure',
  'duty-state': 'owned, contested or unowned',
  effect: 'what a failing lower control does to this one, or what a service does for it',
  'entitlement-id': 'id of the purchase',
  'evidence-id': 'id of the observation in the platform',
  'evidence-rule': 'the rule that the evidence is for',
  'evidence-source': 'where the rule’s evidence comes from',
  'exact-title': 'the title with its line breaks',
  'exception-id': 'id of the exception',
  'fresh-seconds': 'for how long a pass of the rule counts',
  impact: 'what a mitigation reduces',
  'known-at': 'by what was known at this instant',
  label: 'name=value of a label of the asset',
  layer: 'layer of the stack',
  milestone: 'a milestone of the item',
  'not-applicable-id': 'id of the approval',
  'nothing-planned': 'the item stands for an empty plan',
  ownership: 'who owns the duties taken together, in the words of the CCM',
  'own-status': 'status before lower controls cap it',
  owner: 'who sees to the risk',
  party: 'id of the party',
  'party-kind': 'organization, team or person',
  'party-role': 'provider, customer, ams or third-party',
  'poam-id': 'id of the item',
  'poam-status': 'open, in-progress, done or risk-accepted',
  prerequisite: 'what the customer has confirmed',
  reason: 'why',
  record: 'the record of the ledger that says so',
  requester: 'who asked',
  approver: 'who approved, somebody else than who asked',
  required: 'whether the rule’s evidence is required',
  'residual-score': 'likelihood × impact after effective controls',
  result: 'pass or fail',
  'reviewed-by': 'who reviewed the risk',
  'review-at': 'when it is to be looked at again',
  'risk-id': 'id of the risk',
  score: 'sum of worth × credit over sum of worth',
  scope: 'what the record is about: tenant, group:ID or asset:ID',
  'service-id': 'id of the managed service',
  signed: 'whether the agent’s signature was verified',
  source: 'where a claim comes from',
  standing: 'proposed, accepted, declined or disputed',
  steps: 'by how many steps',
  threat: 'the threat',
  tier: 'tier of the service',
  treatment: 'mitigate, transfer, avoid or accept',
  'valid-from': 'from when it holds',
  'valid-to': 'until when it holds; left out where no end is set',
  waiting: 'why the duty has not moved yet',
  worth: 'weight in the score, 1 to 5',
} as const;
export type OurProp = keyof typeof OUR_PROPS;

/** SHA-256 of the parts, set into the form of a name-based UUID (version 5, RFC 9562 variant). */
export function uuidOf(...parts: readonly string[]): string {
  const hash = createHash('sha256')
    .update([NS, ...parts].join('\u0000'))
    .digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  const hex = hash.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}

/** What the schemas take as a string: one line, nothing around it, never empty. */
export function line(text: string): string {
  const flat = text.replace(/[\s\u2028\u2029]+/gu, ' ').trim();
  return flat === '' ? '(none)' : flat;
}

export function prop(name: OurProp, value: string | number | boolean, more: Node = {}): Node {
  const text = String(value);
  // What is more than one line travels as JSON, so that reading it back gives the same text.
  return isLine(text)
    ? { name, ns: NS, value: text, ...more }
    : { name, ns: NS, value: jsonLine(text), class: 'json', ...more };
}

/** One of OSCAL's own properties. */
export const oscalProp = (name: string, value: string): Node => ({ name, value: line(value) });

export function optional(
  name: OurProp,
  value: string | number | boolean | undefined | null,
): readonly Node[] {
  return value === undefined || value === null || value === '' ? [] : [prop(name, value)];
}

/** A title is one line; where that changes the text, the text itself stands beside it. */
export function titled(text: string): { readonly title: string; readonly exact: readonly Node[] } {
  const title = line(text);
  return { title, exact: title === text ? [] : [prop('exact-title', text)] };
}

export function valueOf({ value, class: kind }: Node): string {
  return kind === 'json' ? (JSON.parse(String(value)) as string) : String(value);
}

export const instant = (ms: number): string => new Date(ms).toISOString();

/** Without what is undefined and without empty lists, which no schema of OSCAL's takes. */
export function tidy<T>(value: T): T {
  if (Array.isArray(value)) return value.map((item: unknown) => tidy(item)) as T;
  if (value === null || typeof value !== 'object') return value;
  const kept = Object.entries(value)
    .map(([key, held]) => [key, tidy(held)] as const)
    .filter(([, held]) => held !== undefined && !(Array.isArray(held) && held.length === 0));
  return Object.fromEntries(kept) as T;
}

const isLine = (text: string): boolean => /^\S(?:.*\S)?$/u.test(text);

function jsonLine(text: string): string {
  return JSON.stringify(text).replace(
    /[\u0085\u2028\u2029]/gu,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
