/** A capture through the detectors, as tests do it. */
import { readFileSync } from 'node:fs';
import { CaptureReader, type Frame, PacketDecoder } from '@demarc/platform/packets';
import { Blocks } from '../blocks/blocks.ts';
import type { Detection } from '../detection.ts';
import { NetworkDetector } from '../network.ts';
import { NetworkDetectionPolicy } from '../policy.ts';

export interface Replayed {
  readonly packets: number;
  readonly detections: readonly Detection[];
  readonly blocked: readonly string[];
}

export function framesOf(file: string): readonly Frame[] {
  const reader = new CaptureReader();
  const frames: Frame[] = [];
  reader.push(readFileSync(file), (frame) => frames.push(frame));
  return frames;
}

/** @param advanceMs how long nothing comes after the last packet */
export function replay(
  frames: readonly Frame[],
  policy: Parameters<typeof NetworkDetectionPolicy.parse>[0] = {},
  advanceMs = 2_000,
): Replayed {
  const parsed = NetworkDetectionPolicy.parse(policy);
  const detector = new NetworkDetector(parsed);
  const blocks = new Blocks(parsed);
  const detections: Detection[] = [];
  const blocked: string[] = [];
  const take = (found: readonly Detection[]): void => {
    detections.push(...found);
    for (const one of found)
      for (const { action, range } of blocks.decide(one, one.atMs))
        if (action === 'blocked') blocked.push(range);
  };
  const decoder = new PacketDecoder({
    fragments: 'reassembled',
    onArp: (arp) => take(detector.observeArp(arp)),
  });
  let lastAtMs = 0;
  for (const frame of frames) {
    const packet = decoder.decode(frame);
    lastAtMs = frame.atMs;
    if (packet !== undefined) take(detector.observe(packet));
  }
  for (let later = 500; later <= advanceMs; later += 500) take(detector.advance(lastAtMs + later));
  return { packets: decoder.counts.packets, detections, blocked };
}
