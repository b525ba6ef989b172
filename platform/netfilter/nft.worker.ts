/** The thread that waits for the kernel, so that the agent need not. */
import { parentPort } from 'node:worker_threads';
import { DemarcError } from '../errors/errors.ts';
import type { Answer, Question } from './kernel.ts';
import { openLibnftables } from './libnftables.ts';

const port = parentPort;
if (port === null) throw new Error('this file is a worker');
const nft = openLibnftables();

port.on('message', ({ id, commands }: Question) => {
  port.postMessage(answerOf(id, commands));
});

function answerOf(id: number, commands: string): Answer {
  try {
    return { id, output: nft.run(commands) };
  } catch (error) {
    if (error instanceof DemarcError && error.code === 'NFT_REFUSED')
      return { id, refused: String(error.details['because']) };
    throw error;
  }
}
