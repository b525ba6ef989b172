/** What an SMB or DCE-RPC capture says, message by message: to be held against another dissector. */
import { PacketDecoder, PROTOCOL } from '@demarc/platform/packets';
import { FlowTable, isFromInitiator } from '../flows.ts';
import { pipeBytes, sharePath } from '../smb/commands.ts';
import { Connection } from '../smb/connection.ts';
import { readPdus } from '../smb/dcerpc.ts';
import { readMessage } from '../smb/message.ts';
import { framesOf } from './replay.ts';

export interface Dissected {
  /** `version command response status`, of every command. */
  readonly commands: readonly string[];
  readonly shares: readonly string[];
  /** `type`, of every remote-procedure message. */
  readonly pdus: readonly string[];
}

export function dissect(file: string): Dissected {
  const decoder = new PacketDecoder();
  const flows = new FlowTable();
  const connections = new Map<string, Connection>();
  const [commands, shares, pdus]: [string[], string[], string[]] = [[], [], []];
  const made = (): Connection =>
    new Connection(
      () => undefined,
      ({ bytes, length }, framing) => {
        if (framing === 'dcerpc') pdus.push(...readPdus(bytes).map(nameOf));
        else
          for (const command of readMessage(bytes, length)?.commands ?? []) {
            const { version, isResponse, status } = command;
            commands.push(`${version} ${command.command} ${isResponse ? `answered ${status}` : 'asked'}`);
            const share = sharePath(command);
            if (share !== undefined) shares.push(share);
            pdus.push(...readPdus(pipeBytes(command) ?? new Uint8Array(0)).map(nameOf));
          }
      },
    );
  for (const frame of framesOf(file)) {
    const packet = decoder.decode(frame);
    const flow = packet === undefined ? undefined : flows.observe(packet);
    if (packet === undefined || flow === undefined || packet.protocol !== PROTOCOL.tcp) continue;
    const connection = connections.get(flow.key) ?? made();
    connections.set(flow.key, connection);
    connection.push(packet, isFromInitiator(packet, flow));
  }
  return { commands, shares, pdus };
}

function nameOf({ type, operation }: { readonly type: number; readonly operation?: number }): string {
  return operation === undefined ? `${type}` : `${type} ${operation}`;
}
