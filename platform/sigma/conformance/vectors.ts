/**
 * The examples of the specification and what its sentences say, with verdicts by a human reading. The oracle
 * is checked against these too: it is code like other code.
 */
import type { SigmaEvent } from '../event.ts';
import { ENCODING_VECTORS } from './vectors-encoding.ts';
import { LOGIC_VECTORS } from './vectors-logic.ts';
import { VALUE_VECTORS } from './vectors-value.ts';

export interface Vector {
  /** What the specification says, in short. */
  readonly says: string;
  /** The searches and the condition, as YAML. */
  readonly detection: string;
  readonly holds: readonly SigmaEvent['fields'][];
  readonly fails: readonly SigmaEvent['fields'][];
}

export const VECTORS: readonly Vector[] = [...VALUE_VECTORS, ...LOGIC_VECTORS, ...ENCODING_VECTORS];

/** The vector as a whole rule. */
export function vectorRule({ says, detection }: Vector): string {
  const body = detection.trim().replaceAll('\n', '\n    ');
  return `title: ${JSON.stringify(says)}\nlogsource:\n    product: any\ndetection:\n    ${body}\n`;
}
