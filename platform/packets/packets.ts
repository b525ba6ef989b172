/** Door: packets as rooms judge them, and captures as packets. */
export { FRAME_BYTES_MAX, type Frame } from './capture/frame.ts';
export { CaptureReader, readFrames } from './capture/reader.ts';
export { writePcap } from './capture/write.ts';
export { type DecodeCounts, type DecodeOptions, PacketDecoder } from './decode/decoder.ts';
export { LINK } from './decode/link.ts';
export { packetErrors } from './errors.ts';
export { type Arp, type Packet, PROTOCOL, TCP_FLAGS } from './packet.ts';
