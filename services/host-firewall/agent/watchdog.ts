/**
 * A process of its own that takes a change of rules back when nobody confirmed it: `watchdog.ts DIRECTORY ID SECONDS`.
 *
 * It shares nothing with the agent but the directory, and needs neither it nor the server nor the network.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Kernel, openLibnftables } from '@demarc/platform/netfilter';
import { revert } from './commit.ts';
import { ChangeFiles } from './pending.ts';

/** A day: giving up would leave a machine to rules that nobody confirmed. */
const ATTEMPTS_MAX = 1_500;
const [ATTEMPT_PAUSE_MS_MIN, ATTEMPT_PAUSE_MS_MAX] = [1_000, 60_000];

const [directory = '', id = '', seconds = ''] = process.argv.slice(-3);
const files = new ChangeFiles(directory);
using nft = openLibnftables();
// One call that does nothing: the library and the kernel are there before the change is made.
nft.run('list tables inet');
// Who sent the terminal’s hang-up did not mean the way back.
process.on('SIGHUP', () => undefined);
process.stdout.on('error', () => undefined);
process.stdout.write('awake\n');

const kernel: Kernel = { run: async (commands) => nft.run(commands), inTurn: (work) => work() };
await sleep(Number(seconds) * 1_000);
for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
  try {
    await revert(files, kernel, id, 'it was not confirmed in time');
    break;
  } catch {
    await sleep(Math.min(ATTEMPT_PAUSE_MS_MAX, ATTEMPT_PAUSE_MS_MIN * attempt));
  }
}
