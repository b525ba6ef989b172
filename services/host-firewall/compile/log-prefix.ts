/** What the kernel writes before a logged packet: which rule, which way, what became of the packet. */

const KINDS = ['drop', 'tap', 'log'] as const;
export interface LogPrefix {
  /** `tap`: it would have been dropped in mode inline. */
  readonly kind: (typeof KINDS)[number];
  readonly direction: 'in' | 'out';
  /** A rule’s id, or a word with ":" before it for what is no rule. */
  readonly by: string;
}

/** At most 80 characters: the kernel cuts at 127 (NF_LOG_PREFIXLEN 128, with its final zero). */
export function logPrefix({ kind, direction, by }: LogPrefix): string {
  return `demarc ${kind} ${direction} ${by}`;
}

/** `null` for a prefix of somebody else. */
export function readLogPrefix(text: string): LogPrefix | null {
  const [whose, kindText, direction, by, ...more] = text.trimEnd().split(' ');
  const kind = KINDS.find((known) => known === kindText);
  if (whose !== 'demarc' || kind === undefined || by === undefined || more.length > 0) return null;
  return direction === 'in' || direction === 'out' ? { kind, direction, by } : null;
}
