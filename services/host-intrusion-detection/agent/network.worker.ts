/**
 * The network sensor: packets as the kernel logs them, judged in a thread of its own.
 *
 * Waits in the kernel for a tenth of a second at most, so that it hears when it is to end; what it finds it posts.
 */
import { writeFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import type { HostIdentity } from '@demarc/platform/contract/agent';
import { openLibnftables } from '@demarc/platform/netfilter';
import { type LoggedPacket, openNflog } from '@demarc/platform/netfilter/nflog';
import { LINK, PacketDecoder } from '@demarc/platform/packets';
import type { Detection } from '../network/detection.ts';
import { NetworkDetector } from '../network/network.ts';
import type { NetworkDetectionPolicy } from '../network/policy.ts';
import { CanaryDevice } from './canary-device.ts';
import { CANARY_TARGET, CONTROL, type CommonMessage, WAITING_MAX } from './control.ts';
import { detectionToOcsf } from './to-ocsf.ts';
import {
  countersOf,
  LIST_COUNTERS,
  NO_WATCH_RULES,
  WATCH_GROUP,
  WHOLE_BYTES,
  watchRules,
} from './watch-table.ts';

export interface NetworkTask {
  /** With `protect` and `allow` as they are on this machine. */
  readonly policy: NetworkDetectionPolicy;
  readonly host: HostIdentity;
  readonly control: SharedArrayBuffer;
}

export type NetworkMessage =
  | CommonMessage
  | { readonly kind: 'detections'; readonly detections: readonly Detection[] };

const WAIT_MS = 100;
const FIGURES_EVERY_MS = 2_000;
const ACCOUNTING = '/proc/sys/net/netfilter/nf_conntrack_acct';
/** Sources of canaries, one after the other, so that none is the repetition of the one before. */
const CANARY_FIRST = 16;
const CANARY_SOURCES = 224;
const CANARY_GIVEN_UP_MS = 15_000;

const { data: task } = workerData as { readonly data: NetworkTask };
const control = new Int32Array(task.control);
const decoder = new PacketDecoder({ fragments: 'reassembled' });
const detector = new NetworkDetector({
  ...task.policy,
  // When nothing is protected, every destination is a target, the canary's too.
  protect: task.policy.protect.length === 0 ? [] : [...task.policy.protect, CANARY_TARGET],
});
let droppedDetections = 0;
let canary: { readonly id: number; readonly endMs: number; readonly device: CanaryDevice } | undefined;

main();

function main(): void {
  try {
    watch();
  } catch (error) {
    send({ kind: 'failed', because: error instanceof Error ? error.message : String(error) });
  }
}

function watch(): void {
  using nft = openLibnftables();
  const log = openNflog({ group: WATCH_GROUP, copyBytes: WHOLE_BYTES });
  try {
    const limits = [lookAt(nft), countConnections()].filter((limit) => limit !== undefined);
    send({
      kind: 'ready',
      because: limits.length > 0 ? limits.join('; ') : 'looking at connections as they begin and end',
      isWhole: limits.length === 0,
    });
    let toldAtMs = 0;
    let lastCanary = 0;
    while (Atomics.load(control, CONTROL.stop) === 0) {
      const found: Detection[] = [];
      log.read(WAIT_MS, (packet) => found.push(...judged(packet)));
      found.push(...detector.advance(Date.now()));
      report(found);
      const wanted = Atomics.load(control, CONTROL.canary);
      if (wanted !== lastCanary) setCanary((lastCanary = wanted));
      endCanary();
      if (performance.now() - toldAtMs > FIGURES_EVERY_MS) {
        toldAtMs = performance.now();
        tellFigures(countersOf(nft.run(LIST_COUNTERS)), log.lost);
      }
    }
  } finally {
    canary?.device[Symbol.dispose]();
    log.close();
    // What nobody reads need not be logged.
    nft.run(NO_WATCH_RULES);
  }
}

function lookAt(nft: ReturnType<typeof openLibnftables>): string | undefined {
  try {
    nft.run(watchRules(task.policy.packetsPerSecondMax, true));
    return undefined;
  } catch {
    // A kernel that cannot look behind the header of TCP.
    nft.run(watchRules(task.policy.packetsPerSecondMax, false));
    return 'SMB is looked into on its own ports only';
  }
}

/** Without it the kernel does not know how many packets a connection had, and only its first one is seen. */
function countConnections(): string | undefined {
  try {
    writeFileSync(ACCOUNTING, '1');
    return undefined;
  } catch (error) {
    return `connections are not counted, so only their first packets are seen: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function judged({ payload, atMs }: LoggedPacket): readonly Detection[] {
  // Streams are kept beyond the call, what is logged is not.
  const bytes = new Uint8Array(payload);
  const packet = decoder.decode({ atMs, linkType: LINK.raw, bytes, originalBytes: bytes.length });
  return packet === undefined ? [] : detector.observe(packet);
}

function report(found: readonly Detection[]): void {
  const detections = found.filter((one) => !isCanary(one));
  if (detections.length === 0) return;
  if (Atomics.load(control, CONTROL.waiting) >= WAITING_MAX) {
    droppedDetections += detections.length;
    return;
  }
  Atomics.add(control, CONTROL.waiting, detections.length);
  send({ kind: 'detections', detections });
}

function isCanary(found: Detection): boolean {
  const { targets } = found;
  if (targets.length === 0 || !targets.every((target) => target === CANARY_TARGET)) return false;
  if (canary !== undefined) {
    const event = detectionToOcsf(found, false, task.host);
    send({ kind: 'canary', id: canary.id, atMs: Date.now(), event });
    canary.device[Symbol.dispose]();
    canary = undefined;
  }
  return true;
}

function setCanary(id: number): void {
  canary?.device[Symbol.dispose]();
  canary = undefined;
  const device = CanaryDevice.open();
  if (typeof device === 'string') return send({ kind: 'obstacle', id, because: device });
  canary = { id, device, endMs: performance.now() + CANARY_GIVEN_UP_MS };
  device.scan(`198.51.100.${CANARY_FIRST + (id % CANARY_SOURCES)}`);
}

function endCanary(): void {
  if (canary === undefined || performance.now() < canary.endMs) return;
  canary.device[Symbol.dispose]();
  canary = undefined;
}

function tellFigures(
  { seen, unseen }: { readonly seen: number; readonly unseen: number },
  lost: number,
): void {
  const { packets, flows, flowsEvicted, suspicionsEvicted } = detector.counts;
  send({
    kind: 'figures',
    figures: { packetsLogged: seen, packetsJudged: packets, flows },
    dropped: {
      'packets beyond the pace at which they are looked at': unseen,
      'packets that came faster than they could be read': lost,
      'connections that made room for others': flowsEvicted,
      'suspicions that made room for others': suspicionsEvicted,
      'detections that came faster than they could be written down': droppedDetections,
    },
  });
}

function send(message: NetworkMessage): void {
  parentPort?.postMessage(message);
}
