/** Door: packets as rooms judge them. */
export { type Packet, PROTOCOL, TCP_FLAGS } from './packet.ts';
