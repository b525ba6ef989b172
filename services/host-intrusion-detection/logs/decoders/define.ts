/** What a decoder is: for which lines, and what their messages mean. */

import { type Fields, match, type Shape, shape } from '../shape.ts';
import type { Sign } from '../sign.ts';

/** What happened, in one word. */
export type Outcome =
  | 'authentication-failure'
  | 'authentication-success'
  | 'invalid-user'
  | 'refused'
  | 'listed'
  | 'probe'
  | 'exploit-probe'
  | 'banned'
  | 'flood'
  | 'protocol-error'
  | 'privilege-refused'
  | 'privilege-used'
  | 'account-changed'
  | 'session'
  | 'other';

export interface Reading {
  readonly outcome: Outcome;
  readonly sign: Sign;
  readonly fields: Fields;
  /** A line that says too little for itself: what its session must know of it. */
  readonly session?: SessionStep;
}

/** How a line takes part in what a session (a process, a connection, a queue entry) tells in several lines. */
export interface SessionStep {
  readonly key: string;
  /**
   * - `opens` says who the peer is; `notes` a failure that a later success undoes; `fails` a failure that may
   *   not say of whom; `succeeds` the peer was let in; `closes` the peer went
   */
  readonly step: 'opens' | 'notes' | 'fails' | 'succeeds' | 'closes';
}

export interface Context {
  readonly line: string;
  /** What stands behind the time, in case that what looks like a program's name is a part of the message. */
  readonly rest: string;
  readonly program: string | undefined;
  readonly pid: number | undefined;
  readonly hostName: string | undefined;
}

export interface Decoder {
  readonly name: string;
  /** The application protocol, where there is one. */
  readonly protocol?: string;
  /** Names of programs, also as the first part of `name/part` and before `-`, a digit or `(`. */
  readonly programs?: readonly string[];
  /** One of these is in every message of it; for messages whose program nobody says. */
  readonly marks?: readonly string[];
  decode(message: string, context: Context): Reading | undefined;
}

interface Row {
  readonly shape: Shape;
  readonly outcome: Outcome;
  readonly sign: Sign;
}

const row =
  (outcome: Outcome, sign: Sign) =>
  (source: string): Row => ({ shape: shape(source), outcome, sign });

export const fails = row('authentication-failure', 'authentication');
export const invalid = row('invalid-user', 'authentication');
export const refuses = row('refused', 'rejection');
export const lists = row('listed', 'listed');
export const probes = row('probe', 'rejection');
export const exploits = row('exploit-probe', 'rejection');
export const floods = row('flood', 'flood');
export const errs = row('flood', 'errors');
export const misuses = row('protocol-error', 'rejection');
export const extra = row('protocol-error', 'extra');
export const weak = row('other', 'weak');
export const succeeds = row('authentication-success', 'none');
export const harmless = row('other', 'none');
export const session = row('session', 'none');

/** A decoder that is nothing but shapes, tried in their order. */
export function decoder(
  head: Omit<Decoder, 'decode'>,
  rows: readonly Row[],
  /** Cuts off what stands before every message of this program. */
  prepare: (message: string) => string = (message) => message,
): Decoder {
  return { ...head, decode: (message) => firstOf(rows, prepare(message)) };
}

export function firstOf(rows: readonly Row[], message: string): Reading | undefined {
  for (const { shape: wanted, outcome, sign } of startingLike(rows, message.charCodeAt(0))) {
    const fields = match(wanted, message);
    if (fields !== undefined) return { outcome, sign, fields };
  }
  return undefined;
}

/** The same of a single row. */
export function one({ shape: wanted, outcome, sign }: Row, message: string): Reading | undefined {
  const fields = match(wanted, message);
  return fields === undefined ? undefined : { outcome, sign, fields };
}

/** Rows by what a message begins with: a few of many, in the same order. */
const BY_START = new WeakMap<readonly Row[], Map<number, readonly Row[]>>();
/** Characters that messages begin with are few; others are not remembered. */
const STARTS_MAX = 256;

function startingLike(rows: readonly Row[], code: number): readonly Row[] {
  let byStart = BY_START.get(rows);
  if (byStart === undefined) {
    byStart = new Map();
    BY_START.set(rows, byStart);
  }
  const known = byStart.get(code);
  if (known !== undefined) return known;
  const found = rows.filter(({ shape: { starts } }) => starts === undefined || starts.has(code));
  if (byStart.size < STARTS_MAX) byStart.set(code, found);
  return found;
}

/**
 * Where what the sender chose stands before and behind what the program says of him, he can write the latter too: it
 * is believed when it is there once.
 */
export function isOnce(message: string, text: string): boolean {
  const at = message.indexOf(text);
  return at !== -1 && at === message.lastIndexOf(text);
}

/** Behind the first of the separators, or the message itself. */
export function behind(message: string, separator: string, withinCharacters = 160): string {
  const at = message.indexOf(separator);
  return at === -1 || at > withinCharacters ? message : message.slice(at + separator.length);
}
