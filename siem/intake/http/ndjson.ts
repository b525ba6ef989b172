/** Newline JSON: one record a line, of any content type. A line that is no JSON is kept, as what it is: unparsed. */
import { linesOf } from '../framing/lines.ts';
import { isTooDeep } from '../framing/objects.ts';
import { BoundsList } from '../record.ts';
import { type Decoded, type IntakeRequest, JSON_DEPTH_MAX, type RefusedRecord } from './answer.ts';

export function decodeNdjson(request: IntakeRequest, body: Buffer): Decoded {
  const { bounds, tooLong } = linesOf(body);
  const refused: RefusedRecord[] = tooLong.map(([start, end]) => ({
    reason: 'too-large',
    sample: body.subarray(start, end),
  }));
  const kept = new BoundsList();
  for (let at = 0; at < bounds.length; at += 2) {
    const [start, end] = [bounds[at] ?? 0, bounds[at + 1] ?? 0];
    const line = body.subarray(start, end);
    if (isTooDeep(line, JSON_DEPTH_MAX)) refused.push({ reason: 'too-deep', sample: line });
    else kept.add(start, end);
  }
  const { peer, receivedAtMs } = request;
  const taken = kept.count;
  return {
    blocks: [{ format: 'json', receivedAtMs, peer, about: {}, bounds: kept.take(), bytes: body }],
    refused,
    answer: {
      status: refused.length > 0 && taken === 0 ? 400 : 200,
      body: { taken, refused: refused.length },
    },
  };
}
