/** One SMB or DCE-RPC connection: what was done over it, told by requests and what was answered to them. */
import { type Packet, TCP_FLAGS } from '@demarc/platform/packets';
import { u16 } from './bytes.ts';
import { ntlmUser, openedName, pipeBytes, plainUser, sharePath } from './commands.ts';
import { readPdus } from './dcerpc.ts';
import { type FramedMessage, Framer, type Framing } from './framing.ts';
import { type Compressed, readMessage, SMB1, SMB2, type SmbCommand } from './message.ts';
import { INTERFACES } from './operations.ts';
import { Stream } from './stream.ts';
import { type BrokenTransaction, Transactions } from './transactions.ts';

export type SmbEvent =
  | { readonly kind: 'logon-failed'; readonly user: string }
  | { readonly kind: 'logon'; readonly user: string; readonly isAnonymous: boolean }
  | { readonly kind: 'share'; readonly path: string; readonly isGranted: boolean }
  | { readonly kind: 'opened'; readonly name: string }
  | { readonly kind: 'called'; readonly interface: string; readonly operation: number }
  | { readonly kind: 'compressed'; readonly header: Compressed }
  /** Asked whether compression is there, and left. */
  | { readonly kind: 'compression-probed' }
  | { readonly kind: 'broken'; readonly found: BrokenTransaction };

const STATUS_OK = 0;
/** What a wrong name or password is answered with: LOGON_FAILURE, WRONG_PASSWORD, NO_SUCH_USER, ACCOUNT_LOCKED_OUT. */
const LOGON_FAILURES = [0xc000006d, 0xc000006a, 0xc0000064, 0xc0000234];
/** Requests that wait for their answers. */
const WAITING_MAX = 256;
/** Contexts that a connection has bound. */
const BOUND_MAX = 256;
const COMPRESSION_CAPABILITIES = 3;
const NOTHING = new Uint8Array(0);

export class Connection {
  readonly #toServer: Stream;
  readonly #toClient: Stream;
  readonly #fromClient: Framer;
  readonly #fromServer: Framer;
  readonly #onEvent: (event: SmbEvent) => void;
  readonly #transactions = new Transactions();
  readonly #shares = new Map<number, string>();
  readonly #interfaces = new Map<number, string>();
  /** Of the last token that names one; '' names nobody. */
  #user: string | undefined;
  #offersCompression = false;
  #hasSession = false;

  constructor(
    onEvent: (event: SmbEvent) => void,
    onMessage?: (message: FramedMessage, framing: Framing) => void,
  ) {
    this.#onEvent = onEvent;
    const framer = (other: () => Framer): Framer => {
      const made: Framer = new Framer((message) => {
        const framing = made.framing ?? 'smb';
        other().framing = framing;
        onMessage?.(message, framing);
        this.#message(message, framing);
      });
      return made;
    };
    this.#fromClient = framer(() => this.#fromServer);
    this.#fromServer = framer(() => this.#fromClient);
    this.#toServer = new Stream(this.#fromClient);
    this.#toClient = new Stream(this.#fromServer);
  }

  get framing(): Framing | undefined {
    return this.#fromClient.framing ?? this.#fromServer.framing;
  }

  get isHopeless(): boolean {
    return this.framing === undefined && (this.#fromClient.isHopeless || this.#fromServer.isHopeless);
  }

  /** Where the two directions start, when the handshake was seen. */
  start(clientSequence: number, serverSequence: number): void {
    this.#toServer.start(clientSequence);
    this.#toClient.start(serverSequence);
  }

  push(packet: Packet, fromClient: boolean): void {
    const [own, other] = fromClient ? [this.#toServer, this.#toClient] : [this.#toClient, this.#toServer];
    if ((packet.tcpFlags ?? 0) & TCP_FLAGS.ack) other.acknowledge(packet.acknowledgement ?? 0);
    const { payload = NOTHING, payloadBytes = payload.length } = packet;
    if (payloadBytes > 0) own.push(packet.sequence ?? 0, payload, payloadBytes);
  }

  close(): void {
    if (this.#offersCompression && !this.#hasSession) this.#onEvent({ kind: 'compression-probed' });
    this.#offersCompression = false;
  }

  #message({ bytes, length }: FramedMessage, framing: Framing): void {
    if (framing === 'dcerpc') {
      this.#rpc(bytes);
      return;
    }
    const message = readMessage(bytes, length);
    if (message?.compressed !== undefined) this.#onEvent({ kind: 'compressed', header: message.compressed });
    for (const command of message?.commands ?? []) {
      const found = this.#transactions.observe(command);
      if (found !== undefined) this.#onEvent({ kind: 'broken', found });
      if (command.isResponse) this.#answer(command);
      else this.#ask(command);
      const inPipe = pipeBytes(command);
      if (inPipe !== undefined) this.#rpc(inPipe);
    }
  }

  #ask(command: SmbCommand): void {
    const user = isSessionSetup(command) ? (ntlmUser(command) ?? plainUser(command)) : undefined;
    if (user !== undefined) this.#user = user;
    if (isSessionSetup(command)) this.#hasSession = true;
    const path = sharePath(command);
    if (path !== undefined && this.#shares.size < WAITING_MAX) this.#shares.set(command.messageId, path);
    const name = openedName(command);
    if (name !== undefined) this.#onEvent({ kind: 'opened', name });
    if (command.version === 2 && command.command === SMB2.negotiate && offersCompression(command))
      this.#offersCompression = true;
  }

  #answer(command: SmbCommand): void {
    const { status, messageId } = command;
    if (isSessionSetup(command)) {
      if (LOGON_FAILURES.includes(status)) this.#onEvent({ kind: 'logon-failed', user: this.#user ?? '' });
      else if (status === STATUS_OK)
        this.#onEvent({
          kind: 'logon',
          user: this.#user ?? '',
          isAnonymous: isAnonymous(command, this.#user),
        });
      return;
    }
    const isTree = command.command === (command.version === 2 ? SMB2.treeConnect : SMB1.treeConnect);
    const path = isTree ? this.#shares.get(messageId) : undefined;
    if (path === undefined) return;
    this.#shares.delete(messageId);
    this.#onEvent({ kind: 'share', path, isGranted: status === STATUS_OK });
  }

  #rpc(bytes: Uint8Array): void {
    for (const pdu of readPdus(bytes)) {
      // Contexts are of one pipe; what is known of an interface is kept over those that are not.
      for (const [contextId, uuid] of pdu.interfaces ?? [])
        if (
          this.#interfaces.size < BOUND_MAX &&
          (INTERFACES[uuid] !== undefined || !this.#interfaces.has(contextId))
        )
          this.#interfaces.set(contextId, uuid);
      const bound = this.#interfaces.get(pdu.contextId ?? -1);
      if (bound !== undefined && pdu.operation !== undefined && pdu.isFirst === true)
        this.#onEvent({ kind: 'called', interface: bound, operation: pdu.operation });
    }
  }
}

function isSessionSetup({ version, command }: SmbCommand): boolean {
  return command === (version === 2 ? SMB2.sessionSetup : SMB1.sessionSetup);
}

/** Nobody, by the server’s own word (SMB2_SESSION_FLAG_IS_NULL) or because the client named nobody. */
function isAnonymous({ version, bytes, bodyAt }: SmbCommand, user: string | undefined): boolean {
  return user === '' || (version === 2 && (u16(bytes, bodyAt + 2) & 2) !== 0);
}

/** Whether a 3.1.1 negotiate request has compression among its contexts. [MS-SMB2] 2.2.3.1 */
function offersCompression({ bytes, bodyAt }: SmbCommand): boolean {
  const offset = (u16(bytes, bodyAt + 28) | (u16(bytes, bodyAt + 30) << 16)) >>> 0;
  const count = u16(bytes, bodyAt + 32);
  let at = offset;
  for (let context = 0; context < count && at >= 64 && at + 8 <= bytes.length; context += 1) {
    if (u16(bytes, at) === COMPRESSION_CAPABILITIES) return true;
    const length = 8 + u16(bytes, at + 2);
    at += length + (-length & 7);
  }
  return false;
}
