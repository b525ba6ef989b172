/** The thread that reads what rules log and which connections there are. It waits for the kernel, so the agent need not. */
import { networkInterfaces } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { interfaceName } from '@demarc/platform/linux/interface-name';
import { type LoggedPacket, type Nflog, openNflog } from '@demarc/platform/netfilter/nflog';
import { LINK, type Packet, PacketDecoder } from '@demarc/platform/packets';
import { CANARY } from '../compile/compile.ts';
import { readPrefix } from '../compile/logged.ts';
import { type Conntrack, openConntrack } from './conntrack.ts';
import { type Flow, FlowTally, type Logged, LoggedTally, type Tallied } from './tally.ts';

export interface SensorTask {
  readonly group: number;
  readonly bytesPerPacket: number;
  readonly flows: boolean;
  readonly flowSeconds: number;
  /** Two numbers of 32 bits: stop when the first is 1; the second is how many messages nobody took yet. */
  readonly control: SharedArrayBuffer;
}

export type SensorMessage =
  | { readonly kind: 'ready'; readonly flowsMissing: string | undefined }
  | { readonly kind: 'failed'; readonly because: string }
  /** A probe of the agent's own was dropped. */
  | { readonly kind: 'canary'; readonly sourcePort: number; readonly id: string; readonly atMs: number }
  | {
      readonly kind: 'seen';
      readonly logged: Tallied<Logged>;
      readonly flows: Tallied<Flow>;
      /** Packets that the kernel logged and nobody could read in time, since the last message. */
      readonly lost: number;
      readonly conntrackOverruns: number;
    };

const WAIT_MS = 200;
const LOGGED_EVERY_MS = 3_000;
/** While so many wait to be taken, counting goes on and nothing is sent: both have a bound. */
const MESSAGES_MAX = 4;
const NO_FLOWS: Tallied<Flow> = { entries: [], beyond: 0 };
const OUTPUT_HOOKS = [3, 4];

const port = parentPort;
if (port === null) throw new Error('this file is a worker');
const { data: task } = workerData as { readonly data: SensorTask };
const control = new Int32Array(task.control);

const say = (message: SensorMessage): void => port.postMessage(message);
const opened = open();
if (opened !== undefined) watch(opened.nflog, opened.conntrack);

function open(): { readonly nflog: Nflog; readonly conntrack: Conntrack | undefined } | undefined {
  try {
    const nflog = openNflog({ group: task.group, copyBytes: task.bytesPerPacket });
    const conntrack = task.flows ? openConntrack() : undefined;
    const flowsMissing = typeof conntrack === 'string' ? conntrack : undefined;
    say({ kind: 'ready', flowsMissing });
    return { nflog, conntrack: typeof conntrack === 'string' ? undefined : conntrack };
  } catch (error) {
    say({ kind: 'failed', because: error instanceof Error ? error.message : String(error) });
    return undefined;
  }
}

function watch(nflog: Nflog, conntrack: Conntrack | undefined): void {
  const decoder = new PacketDecoder({ fragments: 'each' });
  const [logged, flows] = [new LoggedTally(), new FlowTally()];
  let told = { lost: 0, overruns: 0 };
  let [loggedAtMs, flowsAtMs] = [performance.now(), performance.now()];
  let local = localAddresses();
  let names = new Map<number, string>();
  const nameOf = (index: number | undefined): string | undefined => {
    if (index === undefined) return undefined;
    const name = names.get(index) ?? interfaceName(index);
    if (name !== undefined) names.set(index, name);
    return name;
  };
  const onPacket = (packet: LoggedPacket): void => {
    const decoded = decoder.decode({
      bytes: packet.payload,
      linkType: LINK.raw,
      atMs: packet.atMs,
      originalBytes: packet.payload.length,
    });
    if (decoded === undefined) return;
    const name = nameOf(packet.inDevice ?? packet.outDevice);
    if (packet.inDevice !== undefined && name === CANARY.interface) return onCanary(packet.prefix, decoded);
    const direction = OUTPUT_HOOKS.includes(packet.hook) ? 'out' : 'in';
    const whole: Packet = {
      ...decoded,
      ...(name === undefined ? {} : { interfaceName: name }),
      ...(packet.mac === undefined ? {} : { sourceMac: packet.mac }),
    };
    logged.packet(packet.prefix, whole, direction);
  };
  while (Atomics.load(control, 0) === 0) {
    nflog.read(WAIT_MS, onPacket);
    conntrack?.read((connection) => flows.connection(connection, local, Date.now()));
    const nowMs = performance.now();
    if (nowMs - loggedAtMs < LOGGED_EVERY_MS || Atomics.load(control, 1) >= MESSAGES_MAX) continue;
    loggedAtMs = nowMs;
    names = new Map();
    local = localAddresses();
    const isFlowTime = nowMs - flowsAtMs >= task.flowSeconds * 1_000;
    if (isFlowTime) flowsAtMs = nowMs;
    const now = { lost: nflog.lost, overruns: conntrack?.overruns ?? 0 };
    const isQuiet = logged.isEmpty && (!isFlowTime || flows.isEmpty);
    if (isQuiet && now.lost === told.lost && now.overruns === told.overruns) continue;
    Atomics.add(control, 1, 1);
    say({
      kind: 'seen',
      logged: logged.take(),
      flows: isFlowTime ? flows.take() : NO_FLOWS,
      lost: now.lost - told.lost,
      conntrackOverruns: now.overruns - told.overruns,
    });
    told = now;
  }
  nflog.close();
  conntrack?.close();
}

function onCanary(prefix: string, { sourcePort, atMs }: Packet): void {
  const said = readPrefix(prefix);
  if (said?.kind === 'drop' && sourcePort !== undefined)
    say({ kind: 'canary', sourcePort, id: said.id, atMs });
}

function localAddresses(): ReadonlySet<string> {
  return new Set(
    Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address)),
  );
}
