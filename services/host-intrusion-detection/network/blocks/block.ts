/** Blocks, and what is written down about them. All of it is plain data: it is kept over a restart as JSON. */

export interface Block {
  /** An address, or a /24 or /64 as prefix. */
  readonly range: string;
  readonly fromMs: number;
  readonly untilMs: number;
  /** Who asked for it: a kind of detection, or a person. */
  readonly by: { readonly detection: string } | { readonly person: string };
  /** In a sentence, for whoever wonders why they are locked out. */
  readonly because: string;
  readonly technique?: string;
  /** How often the address was blocked, this time included. */
  readonly offences: number;
  /** The source answered to what was sent to it: it is not somebody else’s address. */
  readonly isProved: boolean;
  /** Addresses that made it a group. */
  readonly members?: readonly string[];
}

/** One act or decision not to act, for the audit trail. */
export interface BlockEntry {
  readonly atMs: number;
  readonly action: 'blocked' | 'prolonged' | 'spared' | 'unblocked' | 'expired';
  readonly range: string;
  readonly by: Block['by'];
  readonly because: string;
  readonly untilMs?: number;
}

export interface Offender {
  readonly address: string;
  readonly offences: number;
  readonly lastAtMs: number;
}

/** As kept between runs. */
export interface BlockState {
  readonly version: 1;
  readonly blocks: readonly Block[];
  readonly offenders: readonly Offender[];
}
