/**
 * Shield until patched: what stands before a machine from the moment a vulnerability is found on it until the patch is
 * proved. It watches first, prevents after a while in which it was never wrong, and is taken away with its reason. Pure:
 * whoever keeps shields gives the time.
 */
import * as z from 'zod';
import { KINDS } from '../network/detection.ts';

/** Attacks on a weakness of the machine, not on a guessed password or a full table. */
export const SHIELD_KINDS = [
  'ms17-010',
  'double-pulsar',
  'smbghost',
  'remote-driver',
  'forced-authentication',
] as const satisfies readonly (keyof typeof KINDS)[];

export const SOAK_SECONDS_DEFAULT = 86_400;
const HISTORY_MAX = 200;
/** What nobody did. */
const TIME: Nobody = { accountId: null, name: 'time' };
const Reason = z.string().trim().min(3).max(1_000);

/** What is kept out: attacks that the detectors know, or a port until the program behind it is patched. */
export const Against = z.discriminatedUnion('what', [
  z.strictObject({ what: z.literal('attacks'), kinds: z.array(z.enum(SHIELD_KINDS)).min(1).max(16) }),
  z.strictObject({
    what: z.literal('port'),
    protocol: z.enum(['tcp', 'udp']),
    port: z.int().min(1).max(65_535),
  }),
]);
export type Against = z.infer<typeof Against>;

export const OpenShield = z.strictObject({
  assetId: z.uuid(),
  /** Advisory or CVE that the finding is about. */
  vulnerability: z
    .string()
    .trim()
    .regex(/^[A-Za-z][A-Za-z0-9-]{2,63}$/, 'is no advisory such as CVE-2020-0796'),
  /** The finding's own uid, when a scan made it. */
  findingUid: z.string().max(256).optional(),
  against: Against,
  because: Reason,
  soakSeconds: z.int().min(0).max(2_592_000).default(SOAK_SECONDS_DEFAULT),
  /** A shield is no patch: by then there is one, or somebody says again that there is none. */
  expiresAfterDays: z.int().min(1).max(366).default(90),
});
export type OpenShield = z.infer<typeof OpenShield>;

export const SHIELD_STATES = ['detect', 'prevent', 'withdrawn', 'expired'] as const;
export type ShieldState = (typeof SHIELD_STATES)[number];

/** Who did it: by the name that people saw then, and by the account that keeps it apart from others of that name. */
export interface Account {
  readonly accountId: string;
  readonly name: string;
}

/** No person: time, or a scan that no longer sees the weakness. */
export interface Nobody {
  readonly accountId: null;
  readonly name: string;
}

export interface ShieldEntry {
  readonly atMs: number;
  readonly action: 'opened' | 'prevents' | 'was-wrong' | 'withdrawn' | 'expired';
  readonly by: Account | Nobody;
  readonly because: string;
}

export interface Shield {
  readonly id: string;
  readonly assetId: string;
  readonly vulnerability: string;
  readonly findingUid: string | null;
  readonly against: Against;
  readonly state: ShieldState;
  readonly soakSeconds: number;
  /** Since when it has not been wrong. */
  readonly soakingSinceMs: number;
  readonly expiresAtMs: number;
  /** Oldest first; when there is no room for more, the first stays and those after it go. */
  readonly history: readonly ShieldEntry[];
}

export type ShieldAct =
  | { readonly act: 'prevent'; readonly by: Account; readonly because: string }
  | { readonly act: 'was-wrong'; readonly by: Account; readonly because: string }
  | { readonly act: 'withdraw'; readonly by: Account | Nobody; readonly because: string };

export function openShield(asked: OpenShield, id: string, by: Account, nowMs: number): Shield {
  return {
    id,
    assetId: asked.assetId,
    vulnerability: asked.vulnerability,
    findingUid: asked.findingUid ?? null,
    against: asked.against,
    state: 'detect',
    soakSeconds: asked.soakSeconds,
    soakingSinceMs: nowMs,
    expiresAtMs: nowMs + asked.expiresAfterDays * 86_400_000,
    history: [{ atMs: nowMs, action: 'opened', by, because: asked.because }],
  };
}

export const isInForce = ({ state }: Shield): boolean => state === 'detect' || state === 'prevent';

/** As it is at that moment: time alone makes it prevent, and ends it. */
export function atInstant(shield: Shield, nowMs: number): Shield {
  if (!isInForce(shield)) return shield;
  const soakedAtMs = shield.soakingSinceMs + shield.soakSeconds * 1_000;
  const soaked =
    shield.state === 'detect' && soakedAtMs <= Math.min(nowMs, shield.expiresAtMs - 1)
      ? noted({ ...shield, state: 'prevent' }, soakedAtMs, 'prevents', TIME, soakedBecause(shield))
      : shield;
  return nowMs < shield.expiresAtMs
    ? soaked
    : noted({ ...soaked, state: 'expired' }, shield.expiresAtMs, 'expired', TIME, 'Its time is over.');
}

/** @returns why not, when it may not be */
export function changed(
  before: Shield,
  { act, by, because }: ShieldAct,
  nowMs: number,
): Shield | { readonly refused: string } {
  const shield = atInstant(before, nowMs);
  if (!isInForce(shield)) return { refused: `it is ${shield.state}` };
  switch (act) {
    case 'prevent':
      if (shield.state === 'prevent') return { refused: 'it prevents already' };
      return noted({ ...shield, state: 'prevent' }, nowMs, 'prevents', by, because);
    case 'was-wrong':
      // Back to watching, for as long again: what stood in an honest user's way must first be understood.
      return noted({ ...shield, state: 'detect', soakingSinceMs: nowMs }, nowMs, 'was-wrong', by, because);
    case 'withdraw':
      return noted({ ...shield, state: 'withdrawn' }, nowMs, 'withdrawn', by, because);
  }
}

/** What shields add to the policies of a machine: a layer for each service, set over all others. */
export function layersOf(shields: readonly Shield[]): Readonly<Record<string, Record<string, unknown>>> {
  const responses: Record<string, 'observe' | 'block'> = {};
  const rules: object[] = [];
  for (const shield of shields.filter(isInForce)) {
    const prevents = shield.state === 'prevent';
    if (shield.against.what === 'attacks') {
      // Of two shields against the same attack, the one that prevents counts.
      for (const kind of shield.against.kinds)
        if (prevents || responses[kind] === undefined) responses[kind] = prevents ? 'block' : 'observe';
      continue;
    }
    const { protocol, port } = shield.against;
    rules.push({
      id: `shield-${shield.id}`,
      name: `${shield.vulnerability} is not patched yet`,
      direction: 'in',
      action: prevents ? 'deny' : 'log-only',
      priority: 4,
      protocol,
      destinationPorts: [port],
    });
  }
  return {
    ...(Object.keys(responses).length === 0
      ? {}
      : { 'host-intrusion-detection': { network: { responses } } }),
    ...(rules.length === 0 ? {} : { 'host-firewall': { rules } }),
  };
}

const soakedBecause = ({ soakSeconds }: Shield): string =>
  soakSeconds === 0
    ? 'It was to prevent from the start.'
    : `It was not wrong for ${Math.round(soakSeconds / 360) / 10} hours.`;

function noted(
  shield: Shield,
  atMs: number,
  action: ShieldEntry['action'],
  by: ShieldEntry['by'],
  because: string,
): Shield {
  const all = [...shield.history, { atMs, action, by, because }];
  const [first] = all;
  const history =
    all.length <= HISTORY_MAX || first === undefined ? all : [first, ...all.slice(1 - HISTORY_MAX)];
  return { ...shield, history };
}
