/** What is shown of a shield. Pure. */
import type { SHIELD_KINDS } from '../shield/shield.ts';

export type ShieldKind = (typeof SHIELD_KINDS)[number];

/** As the route `shields` answers it. */
export interface Shield {
  readonly id: string;
  readonly assetId: string;
  readonly vulnerability: string;
  readonly findingUid: string | null;
  readonly against:
    | { readonly what: 'attacks'; readonly kinds: readonly ShieldKind[] }
    | { readonly what: 'port'; readonly protocol: string; readonly port: number };
  readonly state: 'detect' | 'prevent' | 'withdrawn' | 'expired';
  readonly preventsAt: string | null;
  readonly expiresAt: string;
  readonly history: readonly {
    readonly at: string;
    readonly action: string;
    readonly by: string;
    readonly because: string;
  }[];
}

/** In the words of the list of attacks; one more kind is a line here, and the compiler asks for it. */
export const SHIELD_KIND_TITLES: Readonly<Record<ShieldKind, string>> = {
  'ms17-010': 'Exploit of MS17-010 (EternalBlue)',
  'double-pulsar': 'DoublePulsar',
  smbghost: 'Exploit of SMBGhost (CVE-2020-0796)',
  'remote-driver': 'Printer driver installed over the network',
  'forced-authentication': 'Authentication forced',
};
const STATES: Readonly<Record<Shield['state'], string>> = {
  detect: 'watches',
  prevent: 'prevents',
  withdrawn: 'withdrawn',
  expired: 'its time is over',
};

export function againstText({ against }: Pick<Shield, 'against'>): string {
  if (against.what === 'port') return `everything that comes to ${against.protocol} port ${against.port}`;
  return against.kinds.map((kind) => SHIELD_KIND_TITLES[kind] ?? kind).join(', ');
}

export const shieldStateText = ({ state }: Pick<Shield, 'state'>): string => STATES[state];

export const isShieldInForce = ({ state }: Pick<Shield, 'state'>): boolean =>
  state === 'detect' || state === 'prevent';

/** What is typed of a shield, as the route takes it. */
export interface ShieldDraft {
  readonly assetId: string;
  readonly vulnerability: string;
  /** A kind of attack, or `tcp` or `udp` for a port. */
  readonly against: ShieldKind | 'tcp' | 'udp';
  readonly port: string;
  readonly soakSeconds: string;
  readonly because: string;
  /** Of the finding that it is opened for. */
  readonly findingUid?: string;
}

/** Which of the known attacks an advisory is about, for whoever comes from a finding; Microsoft's MS17-010 names six. */
const KIND_OF: Readonly<Record<string, ShieldKind>> = {
  'CVE-2017-0143': 'ms17-010',
  'CVE-2017-0144': 'ms17-010',
  'CVE-2017-0145': 'ms17-010',
  'CVE-2017-0146': 'ms17-010',
  'CVE-2017-0147': 'ms17-010',
  'CVE-2017-0148': 'ms17-010',
  'CVE-2020-0796': 'smbghost',
};

/** @param search of the page: `for`, `asset` and `finding`, as a finding's page links here @returns undefined without */
export function draftFor(search: Readonly<Record<string, string>>): ShieldDraft | undefined {
  const { for: vulnerability = '', asset = '', finding } = search;
  if (vulnerability === '') return undefined;
  return {
    assetId: asset,
    vulnerability,
    against: KIND_OF[vulnerability] ?? 'tcp',
    port: '',
    soakSeconds: '86400',
    because: '',
    ...(finding === undefined ? {} : { findingUid: finding }),
  };
}

/** Undefined while something is missing; whether it is right is for the server to say. */
export function shieldAsked(draft: ShieldDraft): Readonly<Record<string, unknown>> | undefined {
  const { assetId, vulnerability, against, port, soakSeconds, because, findingUid } = draft;
  const isPort = against === 'tcp' || against === 'udp';
  if (assetId === '' || vulnerability.trim() === '' || because.trim().length < 3) return undefined;
  if (isPort && !/^\d{1,5}$/.test(port)) return undefined;
  return {
    assetId,
    vulnerability: vulnerability.trim(),
    against: isPort
      ? { what: 'port', protocol: against, port: Number(port) }
      : { what: 'attacks', kinds: [against] },
    soakSeconds: Number(soakSeconds),
    because: because.trim(),
    ...(findingUid === undefined ? {} : { findingUid }),
  };
}
