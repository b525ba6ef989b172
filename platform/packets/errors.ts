import { defineErrors, entry } from '../errors/errors.ts';

export const packetErrors = defineErrors({
  PACKETS_NOT_A_CAPTURE: entry<{ because: string }>({
    says: ({ because }) => `This is not a packet capture that can be read: ${because}`,
    fix: 'Give a pcap or pcapng file, as tcpdump -w, dumpcap and Wireshark write them; unpack it first if it is compressed.',
    status: 400,
    retryable: false,
  }),
  PACKETS_CAPTURE_DAMAGED: entry<{ because: string; atByte: number; frames: number }>({
    says: ({ because, atByte, frames }) =>
      `The capture is damaged at byte ${atByte}, after ${frames} packets: ${because}`,
    fix: 'What came before the damage was read. Take the capture again, or cut it there: editcap -r IN OUT 1-N',
    status: 422,
    retryable: false,
  }),
  PACKETS_CAPTURE_TRUNCATED: entry<{ missingBytes: number; atByte: number; frames: number }>({
    says: ({ missingBytes, atByte, frames }) =>
      `The capture ends in the middle of a record at byte ${atByte}, after ${frames} packets: ${missingBytes} bytes are missing.`,
    fix: 'What came before was read. Stop the capturing program (SIGINT) before the file is copied, or copy it again.',
    status: 422,
    retryable: false,
  }),
});
