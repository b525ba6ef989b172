/**
 * The room as an agent runs it, inside a namespace of a test: `room.ts DIRECTORY SERVER REACH`.
 *
 * SERVER is the URL that the agent is told; REACH is the `address:port` that must answer for the platform to count as
 * reached. Reads one command a line from standard input, `[id, name, argument]`, and prints what it was asked for, every
 * event, every finding and what was dropped, one JSON a line.
 */
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { RunningRoom } from '@demarc/platform/contract/agent';
import { testRoomContext } from '@demarc/platform/contract/testing';
import { startNftWorker } from '@demarc/platform/netfilter/testing';
import { hostFirewallAgent } from '../agent/agent.ts';

const [directory = '', server = '', reach = ''] = process.argv.slice(2);
const print = (what: object): void => console.log(JSON.stringify(what));
const ANSWER_MS_MAX = 1_000;

/** Done at the moment at which the kernel is asked for the next isolation, before it has answered. */
let duringIsolation: (() => void) | undefined;

function nftWorker(): Worker {
  const worker = startNftWorker();
  const post = worker.postMessage.bind(worker);
  worker.postMessage = (question: { readonly commands: string }) => {
    post(question);
    if (duringIsolation === undefined || !question.commands.includes('"isolated"')) return;
    duringIsolation();
    duringIsolation = undefined;
  };
  return worker;
}

const context = testRoomContext({
  stateDirectory: directory,
  server: new URL(server),
  reachServer: () => {
    const [host = '', port = ''] = reach.split(':');
    return new Promise((resolve) => {
      const socket = connect({ host, port: Number(port), timeout: ANSWER_MS_MAX });
      const end = (isReached: boolean): void => {
        socket.destroy();
        resolve(isReached);
      };
      socket.once('connect', () => end(true));
      socket.once('timeout', () => end(false));
      socket.once('error', () => end(false));
    });
  },
  emit: async (events) => {
    for (const event of events) print({ event });
  },
  evidence: async (findings) => {
    for (const finding of findings) print({ finding });
  },
  dropped: (dropped) => print({ dropped }),
  log: (line, details) => print({ log: line, ...details }),
  spawnWorker: (name, data) =>
    name === 'nft'
      ? nftWorker()
      : new Worker(new URL(`../agent/${name}.worker.ts`, import.meta.url), { workerData: { data } }),
  program: (name) => ({
    file: process.execPath,
    args: [fileURLToPath(new URL(`../agent/${name}.ts`, import.meta.url))],
  }),
});

let room: RunningRoom | undefined;

async function carryOut(name: string, argument: unknown): Promise<unknown> {
  const blocking = context.use('network-blocking');
  switch (name) {
    case 'apply':
      room ??= await hostFirewallAgent.start(context);
      await room.apply(argument);
      return room.health();
    case 'health':
      return room?.health();
    case 'blocking':
      return { drops: blocking?.drops, allowed: blocking?.allowed() };
    case 'block':
      return blocking?.block(String(argument), 60);
    case 'unblock':
      return blocking?.unblock(String(argument));
    case 'isolate': {
      const [except, seconds] = argument as [string[] | undefined, number];
      return blocking?.isolate(except ?? undefined, seconds);
    }
    case 'lift-during-isolation':
      duringIsolation = () => void blocking?.isolate(undefined, 0);
      return undefined;
    case 'dispose':
      await room?.[Symbol.asyncDispose]();
      room = undefined;
      return undefined;
    case 'withdraw':
      return hostFirewallAgent.withdraw?.(context);
    default:
      throw new Error(`there is no command ${name}`);
  }
}

async function answer(line: string): Promise<void> {
  const [id, name, argument] = JSON.parse(line) as [number, string, unknown];
  try {
    print({ done: id, result: await carryOut(name, argument) });
  } catch (error) {
    print({ done: id, error: String(error) });
  }
}

// Nobody waits for the command before: orders come while a policy is on trial.
for await (const line of createInterface(process.stdin)) void answer(line);
process.exit();
