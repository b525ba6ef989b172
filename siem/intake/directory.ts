/** Whose record is it: by token, by certificate, by port and address. In memory, for it is asked at every record. */
import { BlockList, isIPv6 } from 'node:net';
import type { SourceSettings } from '@demarc/platform/contract/intake';
import { intakeErrors } from './errors.ts';
import type { RunningSource, SourceDefinition } from './source.ts';

type ClearSettings = Extract<SourceSettings, { readonly kind: 'syslog-udp' | 'syslog-tcp' }>;
export type ClearKind = ClearSettings['kind'];

interface Listed {
  readonly source: RunningSource;
  readonly settings: ClearSettings;
  readonly peers: BlockList;
}

/** Addresses whose source is remembered; the oldest is forgotten first. */
const REMEMBERED_MAX = 10_000;

export class SourceDirectory {
  readonly #byId = new Map<string, RunningSource>();
  readonly #byToken = new Map<string, RunningSource>();
  readonly #byFingerprint = new Map<string, RunningSource>();
  #clear: readonly Listed[] = [];
  readonly #remembered = new Map<string, RunningSource | undefined>();

  add(source: RunningSource): void {
    this.#byId.set(source.definition.sourceId, source);
    this.#index();
  }

  remove(source: RunningSource): void {
    this.#byId.delete(source.definition.sourceId);
    this.#index();
  }

  /** After a definition changed. */
  changed(): void {
    this.#index();
  }

  all(): readonly RunningSource[] {
    return [...this.#byId.values()];
  }

  byId(sourceId: string): RunningSource | undefined {
    return this.#byId.get(sourceId);
  }

  /** @param tokenHash SHA-256 (hex): a look-up by it tells nothing about the token by its time */
  byToken(tokenHash: string): RunningSource | undefined {
    return this.#byToken.get(tokenHash);
  }

  byFingerprint(fingerprint: string): RunningSource | undefined {
    return this.#byFingerprint.get(fingerprint);
  }

  /** @param port the source's own, or null for the common one */
  byPeer(kind: ClearKind, port: number | null, address: string): RunningSource | undefined {
    const key = `${kind} ${port} ${address}`;
    if (this.#remembered.has(key)) return this.#remembered.get(key);
    const peer = plain(address);
    const found = this.#clear.find(
      ({ settings, peers }) =>
        settings.kind === kind &&
        settings.port === port &&
        (settings.peers.length === 0 || peers.check(peer, isIPv6(peer) ? 'ipv6' : 'ipv4')),
    )?.source;
    const oldest = this.#remembered.keys().next();
    if (this.#remembered.size >= REMEMBERED_MAX && oldest.done !== true)
      this.#remembered.delete(oldest.value);
    this.#remembered.set(key, found);
    return found;
  }

  /**
   * Whoever claims an address first has it: one tenant must not be able to take what is another's.
   *
   * @throws INTAKE_SOURCE_CLASH
   */
  refuseClash(definition: Pick<SourceDefinition, 'settings' | 'fingerprint' | 'sourceId'>): void {
    const { settings, fingerprint, sourceId } = definition;
    const known = fingerprint === undefined ? undefined : this.byFingerprint(fingerprint);
    if (known !== undefined && known.definition.sourceId !== sourceId)
      throw intakeErrors.make('INTAKE_SOURCE_CLASH', { because: 'the certificate is another source’s' });
    if (settings.kind !== 'syslog-udp' && settings.kind !== 'syslog-tcp') return;
    if (settings.port === null && settings.peers.length === 0)
      throw intakeErrors.make('INTAKE_SOURCE_CLASH', {
        because: 'on the common port a source is known by its peer addresses, and it names none',
      });
    const peers = listOf(settings.peers);
    for (const other of this.#clear) {
      if (other.source.definition.sourceId === sourceId) continue;
      if (other.settings.kind !== settings.kind || other.settings.port !== settings.port) continue;
      if (overlaps(settings.peers, peers, other))
        throw intakeErrors.make('INTAKE_SOURCE_CLASH', {
          because: `its port and peer addresses overlap with those of a source that is there`,
        });
    }
  }

  #index(): void {
    this.#remembered.clear();
    this.#byToken.clear();
    this.#byFingerprint.clear();
    const clear: Listed[] = [];
    for (const source of this.#byId.values()) {
      const { tokenHash, fingerprint, settings } = source.definition;
      if (tokenHash !== undefined) this.#byToken.set(tokenHash, source);
      if (fingerprint !== undefined) this.#byFingerprint.set(fingerprint, source);
      if (settings.kind === 'syslog-udp' || settings.kind === 'syslog-tcp')
        clear.push({ source, settings, peers: listOf(settings.peers) });
    }
    this.#clear = clear;
  }
}

/** An IPv4 peer of a socket that listens on both is written as IPv6. */
export function plain(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}

function listOf(peers: readonly string[]): BlockList {
  const list = new BlockList();
  for (const peer of peers) {
    const [address = '', prefix] = peer.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return list;
}

/** Two ranges overlap when one holds the first address of the other. */
function overlaps(peers: readonly string[], list: BlockList, other: Listed): boolean {
  const theirs = other.settings.peers;
  if (peers.length === 0 || theirs.length === 0) return true;
  return holdsAny(other.peers, peers) || holdsAny(list, theirs);
}

function holdsAny(list: BlockList, peers: readonly string[]): boolean {
  return peers.some((peer) => {
    const [address = ''] = peer.split('/');
    return list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
  });
}
