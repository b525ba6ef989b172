/** Packets and connections counted by what they are about, so that a flood becomes a few events with a count. Pure. */
import type { Packet } from '@demarc/platform/packets';
import { readPrefix } from '../compile/logged.ts';
import type { NewConnection } from './conntrack.ts';

/** What rules logged of one source, destination, port and rule since it was asked last. */
export interface Logged {
  readonly kind: 'drop' | 'tap' | 'log';
  /** A rule's, or with ":" before it what no rule of the policy did. */
  readonly id: string;
  readonly direction: 'in' | 'out' | 'unknown';
  readonly family: 4 | 6;
  readonly source: string;
  readonly destination: string;
  readonly protocol: number;
  /** Of the first packet. */
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  readonly tcpFlags?: number;
  readonly icmpType?: number;
  readonly icmpCode?: number;
  readonly interfaceName?: string;
  readonly sourceMac?: string;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
  readonly packets: number;
  readonly bytes: number;
}

/** Connections of one kind with one other side, since it was asked last. */
export interface Flow extends NewConnection {
  readonly direction: 'in' | 'out';
  readonly firstAtMs: number;
  readonly lastAtMs: number;
  readonly connections: number;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** What was counted, and how much more there was than can be told apart. */
export interface Tallied<T> {
  readonly entries: readonly T[];
  readonly beyond: number;
}

class Tally<T> {
  readonly #keysMax: number;
  #entries = new Map<string, Mutable<T>>();
  #beyond = 0;

  constructor(keysMax: number) {
    this.#keysMax = keysMax;
  }

  add(key: string, first: () => Mutable<T>, again: (entry: Mutable<T>) => void): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined) again(entry);
    else if (this.#entries.size < this.#keysMax) this.#entries.set(key, first());
    else this.#beyond += 1;
  }

  take(): Tallied<T> {
    const taken = { entries: [...this.#entries.values()] as readonly T[], beyond: this.#beyond };
    this.#entries = new Map();
    this.#beyond = 0;
    return taken;
  }

  get isEmpty(): boolean {
    return this.#entries.size === 0 && this.#beyond === 0;
  }
}

/** Within some seconds: two events a second and source at most, however many there are. */
export const LOGGED_KEYS_MAX = 512;
/** Within `flowSeconds`. */
export const FLOW_KEYS_MAX = 4_096;

export class LoggedTally extends Tally<Logged> {
  constructor() {
    super(LOGGED_KEYS_MAX);
  }

  /** @returns false for the prefix of somebody else's rule, which is not counted */
  packet(prefix: string, packet: Packet, direction: Logged['direction']): boolean {
    const said = readPrefix(prefix);
    if (said === null) return false;
    const { family, source, destination, protocol, destinationPort, sourcePort, atMs, bytes } = packet;
    const { tcpFlags, icmpType, icmpCode, interfaceName, sourceMac } = packet;
    const { kind, id } = said;
    const key = [kind, id, direction, source, destination, protocol, destinationPort ?? icmpType ?? ''].join(
      ' ',
    );
    this.add(
      key,
      () => ({
        kind,
        id,
        direction,
        family,
        source,
        destination,
        protocol,
        ...(sourcePort === undefined ? {} : { sourcePort }),
        ...(destinationPort === undefined ? {} : { destinationPort }),
        ...(tcpFlags === undefined ? {} : { tcpFlags }),
        ...(icmpType === undefined ? {} : { icmpType }),
        ...(icmpCode === undefined ? {} : { icmpCode }),
        ...(interfaceName === undefined ? {} : { interfaceName }),
        ...(sourceMac === undefined ? {} : { sourceMac }),
        firstAtMs: atMs,
        lastAtMs: atMs,
        packets: 1,
        bytes,
      }),
      (entry) => {
        entry.lastAtMs = Math.max(entry.lastAtMs, atMs);
        entry.packets += 1;
        entry.bytes += bytes;
      },
    );
    return true;
  }
}

export class FlowTally extends Tally<Flow> {
  constructor() {
    super(FLOW_KEYS_MAX);
  }

  /** @param local the machine's own addresses: they say which way; what only passes through is not counted */
  connection(connection: NewConnection, local: ReadonlySet<string>, atMs: number): void {
    const { source, destination, protocol, destinationPort, icmpType } = connection;
    const [isFromHere, isToHere] = [local.has(source), local.has(destination)];
    if (isFromHere === isToHere) return;
    const direction = isToHere ? 'in' : 'out';
    const remote = isToHere ? source : destination;
    const key = [direction, protocol, remote, destinationPort ?? icmpType ?? ''].join(' ');
    this.add(
      key,
      () => ({ ...connection, direction, firstAtMs: atMs, lastAtMs: atMs, connections: 1 }),
      (entry) => {
        entry.lastAtMs = atMs;
        entry.connections += 1;
      },
    );
  }
}
