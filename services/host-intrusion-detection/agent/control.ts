/** Words that the room and its threads share: a thread that waits in the kernel reads no messages. */
import type { OcsfEvent } from '@demarc/platform/contract/agent';

/** Places in the shared array of 32-bit words. */
export const CONTROL = {
  /** 1: the thread is to end. */
  stop: 0,
  /** The number of the canary that is wanted, from 1. */
  canary: 1,
  /** What the thread has found and nobody has written down yet. */
  waiting: 2,
} as const;
export const CONTROL_BYTES = 16;

/** Found and not yet written down, of each thread; what is beyond is dropped and counted. */
export const WAITING_MAX = 4_096;

/** Of RFC 5737, TEST-NET-2: nobody has these addresses. Sources of canaries, which are never blocked and no findings. */
export const CANARY_NETWORK = '198.51.100.0/24';
export const CANARY_TARGET = '198.51.100.2';
export const CANARY_DEVICE = 'demarc-canary';

/** A message of any thread, beside its own. */
export type CommonMessage =
  | { readonly kind: 'ready'; readonly because: string; readonly isWhole: boolean }
  | { readonly kind: 'failed'; readonly because: string }
  /** `event` is what would have been sent, had it been no canary. */
  | { readonly kind: 'canary'; readonly id: number; readonly atMs: number; readonly event: OcsfEvent }
  | { readonly kind: 'obstacle'; readonly id: number; readonly because: string }
  /** Counters since the thread began; `dropped` says of what, by reason. */
  | {
      readonly kind: 'figures';
      readonly figures: Readonly<Record<string, number>>;
      readonly dropped: Readonly<Record<string, number>>;
    };
