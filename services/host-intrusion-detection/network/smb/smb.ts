/** What is done over SMB and DCE-RPC, on any port, as detections. */
import { type Packet, PROTOCOL } from '@demarc/platform/packets';
import { Chain, type Linked } from '../chain.ts';
import { type Detection, type DetectionKind, detection, type Response } from '../detection.ts';
import { type Flow, isFromInitiator } from '../flows.ts';
import type { NetworkDetectionPolicy } from '../policy.ts';
import { Connection, type SmbEvent } from './connection.ts';
import { INTERFACES, MANAGEMENT_PIPES, TOOL_PIPES } from './operations.ts';

/** Each holds 64 KiB at most for every direction, and mostly nothing. The oldest makes room. */
const CONNECTIONS_MAX = 1_024;
/** Sources and targets whose failures are counted, and what was said lately. */
const PAIRS_MAX = 4_096;
/** The server’s limit for what it reassembles; a header that claims more overflows (CVE-2020-0796). */
const DECOMPRESSED_BYTES_MAX = 16_777_216;
const ADMIN_SHARES = /\\(?:admin|[a-z])\$$/i;
const NONE: readonly Detection[] = [];

interface Inspected extends Linked<Inspected> {
  readonly flow: Flow;
  readonly connection: Connection;
}

export class Smb {
  evicted = 0;
  readonly #policy: NetworkDetectionPolicy;
  readonly #inspected = new Map<string, Inspected>();
  readonly #order = new Chain<Inspected>();
  /** When logons failed, by source and target. */
  readonly #failures = new Map<string, number[]>();
  readonly #said = new Map<string, number>();
  #found: Detection[] = [];
  #nowMs = 0;

  constructor(policy: NetworkDetectionPolicy) {
    this.#policy = policy;
  }

  observe(packet: Packet, flow: Flow | undefined): readonly Detection[] {
    if (flow === undefined || packet.protocol !== PROTOCOL.tcp || flow.isUninteresting) return NONE;
    const length = packet.payloadBytes ?? packet.payload?.length ?? 0;
    this.#nowMs = packet.atMs;
    if (flow.change === 'opened' && flow.state === 'opening') this.#forget(flow.key);
    if (length > 0 || this.#inspected.has(flow.key)) this.#inspect(packet, flow);
    if (flow.change === 'closed') this.#inspected.get(flow.key)?.connection.close();
    if (this.#found.length === 0) return NONE;
    const found = this.#found;
    this.#found = [];
    return found;
  }

  #inspect(packet: Packet, flow: Flow): void {
    const { connection } = this.#inspected.get(flow.key) ?? this.#start(flow);
    connection.push(packet, isFromInitiator(packet, flow));
    if (!connection.isHopeless) return;
    flow.isUninteresting = true;
    this.#forget(flow.key);
  }

  #start(flow: Flow): Inspected {
    const connection = new Connection((event) => this.#event(event, flow));
    if (flow.isProved) connection.start(flow.openSequence + 1, flow.answerSequence + 1);
    const inspected: Inspected = { flow, connection, before: undefined, after: undefined };
    if (this.#order.length >= CONNECTIONS_MAX && this.#order.first !== undefined) {
      this.#forget(this.#order.first.flow.key);
      this.evicted += 1;
    }
    this.#inspected.set(flow.key, inspected);
    this.#order.append(inspected);
    return inspected;
  }

  #forget(key: string): void {
    const inspected = this.#inspected.get(key);
    if (inspected === undefined) return;
    this.#inspected.delete(key);
    this.#order.remove(inspected);
  }

  #event(event: SmbEvent, flow: Flow): void {
    const { initiator } = flow;
    switch (event.kind) {
      case 'logon-failed':
        this.#failedLogon(flow, event.user);
        return;
      case 'logon':
        if (event.isAnonymous) this.#say('null-session', flow, '', `${initiator} opened a session as nobody`);
        return;
      case 'share':
        if (ADMIN_SHARES.test(event.path))
          this.#say(
            'admin-share',
            flow,
            event.path,
            `${initiator} ${event.isGranted ? 'opened' : 'was refused'} ${event.path}`,
          );
        return;
      case 'opened':
        this.#opened(flow, event.name);
        return;
      case 'called': {
        const { name = '', operations = {} } = INTERFACES[event.interface] ?? {};
        const [operation, kind] = operations[event.operation] ?? [];
        if (operation !== undefined && kind !== undefined)
          this.#say(kind, flow, operation, `${initiator} called ${operation} of ${name}`);
        return;
      }
      case 'compressed': {
        const { originalBytes, offset, messageBytes } = event.header;
        if (originalBytes + offset > DECOMPRESSED_BYTES_MAX || offset > messageBytes)
          this.#say(
            'smbghost',
            flow,
            '',
            `${initiator} sent a compressed message of ${originalBytes} bytes at ${offset}, which overflows`,
          );
        return;
      }
      case 'compression-probed':
        this.#say(
          'smbghost-probe',
          flow,
          '',
          `${initiator} asked for compression and left without a session`,
        );
        return;
      case 'broken':
        this.#say(event.found.kind, flow, event.found.because, `${initiator} ${event.found.because}`, {
          response: event.found.response,
        });
        return;
    }
  }

  #opened(flow: Flow, name: string): void {
    const pipe = name.toLowerCase().replace(/^\\+(?:pipe\\+)?/, '');
    const isTool = TOOL_PIPES.some((tool) => pipe.startsWith(tool));
    if (isTool)
      this.#say(
        'remote-service',
        flow,
        pipe,
        `${flow.initiator} opened ${pipe}, the pipe of a remote-execution tool`,
      );
    else if (MANAGEMENT_PIPES.includes(pipe))
      this.#say('management-pipe', flow, pipe, `${flow.initiator} opened the pipe ${pipe}`);
  }

  #failedLogon(flow: Flow, user: string): void {
    const { failedLogons, failedLogonWindowSeconds } = this.#policy.smb;
    const since = this.#nowMs - failedLogonWindowSeconds * 1_000;
    const failures = (this.#failures.get(flow.pairKey) ?? []).filter((atMs) => atMs >= since);
    failures.push(this.#nowMs);
    if (!this.#failures.has(flow.pairKey) && this.#failures.size >= PAIRS_MAX) this.#failures.clear();
    this.#failures.set(flow.pairKey, failures.slice(-failedLogons));
    if (failures.length < failedLogons) return;
    const because = `${flow.initiator} failed to log on ${failures.length} times in ${((this.#nowMs - (failures[0] ?? 0)) / 1_000).toFixed(1)} s, last as "${user}"`;
    this.#say('smb-brute-force', flow, '', because, { times: failures });
  }

  #say(
    kind: DetectionKind,
    flow: Flow,
    what: string,
    because: string,
    {
      times = [this.#nowMs],
      response,
    }: { readonly times?: readonly number[]; readonly response?: Response | undefined } = {},
  ): void {
    const key = `${kind} ${flow.pairKey} ${what}`;
    if (this.#nowMs - (this.#said.get(key) ?? -Infinity) < this.#policy.repeatSeconds * 1_000) return;
    if (this.#said.size >= PAIRS_MAX) this.#said.clear();
    this.#said.set(key, this.#nowMs);
    const isRemoteExecution = kind === 'remote-service' || kind === 'remote-task';
    const answer = response ?? (isRemoteExecution ? this.#policy.smb.remoteExecution : undefined);
    this.#found.push(
      detection({
        kind,
        firstAtMs: times[0] ?? this.#nowMs,
        lastAtMs: this.#nowMs,
        sources: [flow.initiator],
        targets: [flow.responder],
        ports: [flow.responderPort],
        evidence: { times: times.length },
        because,
        sourceIsProved: flow.isProved,
        ...(answer === undefined ? {} : { response: answer }),
      }),
    );
  }
}
