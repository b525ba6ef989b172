/**
 * SMB1 transactions and the ways in which they are broken on purpose.
 *
 * MS17-010: the server picks the structure by the first message and the limits by the second, so that a secondary of
 * another family, or one that reaches beyond what was announced, writes where it should not. DoublePulsar answers to
 * a Trans2 subcommand that nobody ever implemented.
 *
 * @see CVE-2017-0143 to CVE-2017-0148; https://www.rapid7.com/blog/post/2017/05/20/metasploit-the-power-of-the-community-and-eternalblue/
 */
import { type Transaction, transactionOf } from './commands.ts';
import type { SmbCommand } from './message.ts';

/** TRANS2_SESSION_SETUP, reserved and not implemented. [MS-CIFS] 2.2.6.15 */
const SESSION_SETUP = 0x0e;
/** Looks at a pipe; with file 0, which no pipe has, it only shows whether the patch is there. */
const PEEK_PIPE = 0x23;
const INSUFFICIENT_RESOURCES = 0xc0000205;
/** What DoublePulsar adds to the multiplex identifier when it is there. */
const IMPLANT_ADDS = 0x10;
/** Less than a page beyond what was announced is what broken clients write, and is refused by every server. */
const OVERFLOW_BYTES_MIN = 4_096;
/** Of one connection; older ones make room. */
const OPEN_MAX = 64;

export interface BrokenTransaction {
  readonly kind: 'ms17-010' | 'double-pulsar' | 'ms17-010-probe';
  readonly because: string;
  /** Broken, but not enough to be what it might be: told, and nobody is blocked for it. */
  readonly response?: 'observe';
}

export class Transactions {
  readonly #open = new Map<number, Transaction>();
  #pinged: number | undefined;
  #peeked: number | undefined;

  observe(command: SmbCommand): BrokenTransaction | undefined {
    if (command.isResponse) return this.#answer(command);
    const found = transactionOf(command);
    if (found === undefined) return undefined;
    // One transaction at a time for each process and multiplex identifier. [MS-CIFS] 3.3.5.2.1
    const key = command.processId * 65_536 + command.messageId;
    if (found.isSecondary) return this.#continue(found, this.#open.get(key));
    if (this.#open.size >= OPEN_MAX) this.#open.clear();
    this.#open.set(key, found);
    if (found.family === 'transaction2' && found.setup[0] === SESSION_SETUP) {
      this.#pinged = command.messageId;
      return {
        kind: 'double-pulsar',
        because: 'asked by Trans2 SESSION_SETUP whether DoublePulsar is there',
      };
    }
    if (found.family === 'transaction' && found.setup[0] === PEEK_PIPE && found.setup[1] === 0) {
      this.#peeked = command.messageId;
      return {
        kind: 'ms17-010-probe',
        because: 'peeked at pipe 0, which only tells whether MS17-010 is patched',
      };
    }
    return undefined;
  }

  #continue(found: Transaction, first: Transaction | undefined): BrokenTransaction | undefined {
    if (first === undefined) return undefined;
    if (first.family !== found.family)
      return { kind: 'ms17-010', because: `continued a ${first.family} as a ${found.family}` };
    const end = found.displacement + found.dataBytes;
    if (found.dataBytes === 0 || end <= first.totalDataBytes) return undefined;
    return {
      kind: 'ms17-010',
      because: `wrote ${found.family} data up to byte ${end} of ${first.totalDataBytes} announced`,
      ...(end - first.totalDataBytes < OVERFLOW_BYTES_MIN ? { response: 'observe' as const } : {}),
    };
  }

  #answer({ messageId, status }: SmbCommand): BrokenTransaction | undefined {
    if (this.#pinged !== undefined && messageId === this.#pinged + IMPLANT_ADDS) {
      this.#pinged = undefined;
      return { kind: 'double-pulsar', because: 'was answered by DoublePulsar: the target is compromised' };
    }
    if (messageId !== this.#peeked) return undefined;
    this.#peeked = undefined;
    if (status !== INSUFFICIENT_RESOURCES) return undefined;
    return { kind: 'ms17-010-probe', because: 'learnt that MS17-010 is not patched' };
  }
}
