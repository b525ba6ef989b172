/**
 * Syslog over UDP (RFC 5426): a datagram is a message. Nobody can be told anything: what is over the rate, or
 * finds no room, is dropped and counted; so is what the kernel dropped because we were too slow.
 */
import { createSocket, type Socket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { BoundsList } from '../record.ts';
import { type RunningSource, reasonOf } from '../source.ts';

const GATHER_BYTES = 131_072; // 128 KiB, more than two of the largest datagrams
const DATAGRAM_BYTES_MAX = 65_536;
/** How long a datagram waits for others to share its write. */
const GATHER_MS = 10;
/** Senders at once whose datagrams gather. */
const GATHERS_MAX = 1_000;
/** Not yet on disk; more is dropped here, where it can be counted by source. */
const PENDING_BYTES_MAX = 33_554_432; // 32 MiB
/** Asked of the kernel, which gives what its `net.core.rmem_max` allows. */
const RECEIVE_BYTES = 8_388_608; // 8 MiB
const LF = 0x0a;
const CR = 0x0d;
const NUL = 0x00;

export interface DatagramOptions {
  readonly host: string;
  readonly port: number;
  /** Undefined for a stranger. */
  sourceOf(address: string): RunningSource | undefined;
  onStranger(): void;
  now(): number;
}

interface Gather {
  readonly source: RunningSource;
  readonly peer: string;
  bytes: Buffer;
  length: number;
  readonly bounds: BoundsList;
  receivedAtMs: number;
}

export interface DatagramListener extends AsyncDisposable {
  readonly port: number;
  /** Datagrams that the kernel dropped since the socket was opened, whoever sent them. */
  kernelDrops(): number;
}

export async function listenForDatagrams(options: DatagramOptions): Promise<DatagramListener> {
  const socket = createSocket({
    type: isIPv6(options.host) ? 'udp6' : 'udp4',
    recvBufferSize: RECEIVE_BYTES,
  });
  const gathers = new Map<string, Gather>();
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    timer = undefined;
    for (const gather of gathers.values()) if (gather.length > 0) hand(gather);
    gathers.clear();
  };
  socket.on('error', () => undefined);
  socket.on('message', (message, { address }) => {
    const source = options.sourceOf(address);
    if (source === undefined) return options.onStranger();
    const refusal = refusalOf(source, message.length);
    if (refusal !== undefined)
      return source.notTaken({
        outcome: 'dropped',
        reason: refusal,
        count: 1,
        peer: address,
        sample: message,
      });
    if (gathers.size >= GATHERS_MAX) flush();
    const key = `${source.definition.sourceId} ${address}`;
    let gather = gathers.get(key);
    if (gather === undefined) {
      const bytes = Buffer.allocUnsafe(GATHER_BYTES);
      gather = { source, peer: address, bytes, length: 0, bounds: new BoundsList(), receivedAtMs: 0 };
      gathers.set(key, gather);
    }
    if (gather.length === 0) gather.receivedAtMs = options.now();
    add(gather, message);
    timer ??= setTimeout(flush, GATHER_MS);
  });
  await bound(socket, options);
  return {
    port: socket.address().port,
    kernelDrops: () => dropsOf(socket),
    async [Symbol.asyncDispose]() {
      clearTimeout(timer);
      flush();
      await new Promise<void>((resolve) => socket.close(() => resolve()));
    },
  };
}

function refusalOf(source: RunningSource, bytes: number): string | undefined {
  if (!source.definition.enabled) return 'source-disabled';
  if (source.spool.pendingBytes > PENDING_BYTES_MAX) return 'busy';
  return source.rate.take(1, bytes) ? undefined : 'rate-exceeded';
}

function add(gather: Gather, message: Buffer): void {
  let end = message.length;
  while (end > 0 && isEnding(message[end - 1])) end -= 1;
  if (end === 0) return;
  message.copy(gather.bytes, gather.length, 0, end);
  gather.bounds.add(gather.length, gather.length + end);
  gather.length += end;
  if (gather.length + DATAGRAM_BYTES_MAX > GATHER_BYTES) hand(gather);
}

function hand(gather: Gather): void {
  const { source, peer, receivedAtMs, length } = gather;
  const bounds = gather.bounds.take();
  const bytes = gather.bytes.subarray(0, length);
  gather.bytes = Buffer.allocUnsafe(GATHER_BYTES);
  gather.length = 0;
  const about = {};
  source.append([{ format: 'syslog', receivedAtMs, peer, about, bounds, bytes }]).catch((error: unknown) => {
    const sample = bytes.subarray(0, bounds[1]);
    source.notTaken({ outcome: 'dropped', reason: reasonOf(error), count: bounds.length / 2, peer, sample });
  });
}

const isEnding = (byte: number | undefined): boolean => byte === LF || byte === CR || byte === NUL;

function bound(socket: Socket, { host, port }: DatagramOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ port, address: host, exclusive: true }, () => {
      socket.off('error', reject);
      resolve();
    });
  });
}

/** The last column of /proc/net/udp (proc(5)), by the local port. */
function dropsOf(socket: Socket): number {
  try {
    const { port, family } = socket.address();
    const table = readFileSync(family === 'IPv6' ? '/proc/net/udp6' : '/proc/net/udp', 'latin1');
    const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
    const line = table.split('\n').find((row) => row.trim().split(/\s+/)[1]?.endsWith(local) === true);
    return Number(line?.trim().split(/\s+/).at(-1) ?? 0);
  } catch {
    return 0;
  }
}
