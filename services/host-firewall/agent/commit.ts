/**
 * A change of rules that takes itself back unless it is confirmed.
 *
 * Before the kernel hears of it, it is on disk and a watchdog process is awake. Three then watch over it, each enough:
 * this process’s timer, the watchdog when this process dies, and `recover` at the next start when both did or the
 * machine went down. Only our table is ever touched.
 */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import type { Kernel } from '@demarc/platform/netfilter';
import type { Ruleset } from '../compile/nft.ts';
import { TABLE } from '../compile/nft.ts';
import { hostFirewallErrors } from '../errors.ts';
import { swap } from './blocks.ts';
import type { ChangeFiles } from './pending.ts';

export interface Trial {
  readonly id: string;
  readonly deadlineMs: number;
}
export interface Program {
  readonly file: string;
  readonly args: readonly string[];
}

/** A watchdog starts in a third of a second on an idle machine. */
const WATCHDOG_START_MS_MAX = 15_000;
/** After the watchdog’s time, so that on a healthy machine it is always the same one who acts. */
const OWN_TIMER_LATE_MS = 2_000;

/**
 * Puts rules on trial.
 *
 * @throws HFW_CHANGE_PENDING, HFW_WATCHDOG_FAILED, HFW_TOO_LATE, NFT_REFUSED; after each the rules before are in force
 */
export async function apply(
  files: ChangeFiles,
  kernel: Kernel,
  ruleset: Ruleset,
  confirmSeconds: number,
  watchdog: Program,
): Promise<Trial> {
  const [unsettled] = files.unsettled();
  if (unsettled !== undefined) throw hostFirewallErrors.make('HFW_CHANGE_PENDING', { id: unsettled.id });
  const id = randomUUID();
  const deadlineMs = Date.now() + confirmSeconds * 1_000;
  files.begin(id, JSON.stringify(ruleset), deadlineMs);
  try {
    await startWatchdog(watchdog, [files.directory, id, String(confirmSeconds)]);
    await swap(kernel, ruleset);
    // A process that stood still meanwhile (stopped, swapped out) loads rules that were taken back before they were there.
    if (!files.isPending(id)) {
      await restore(files, kernel);
      throw hostFirewallErrors.make('HFW_TOO_LATE', { confirmSeconds });
    }
  } catch (error) {
    await revert(files, kernel, id, 'it could not be applied');
    throw error;
  }
  setTimeout(
    () =>
      void revert(files, kernel, id, 'it was not confirmed, and its watchdog was gone').catch(
        () => undefined,
      ),
    confirmSeconds * 1_000 + OWN_TIMER_LATE_MS,
  ).unref();
  return { id, deadlineMs };
}

/** @returns `too-late` when the change was taken back before */
export function confirm(files: ChangeFiles, id: string): 'confirmed' | 'too-late' {
  if (!files.claim(id, 'confirming')) return 'too-late';
  files.keep(id);
  return 'confirmed';
}

/** Takes a change back; safe to ask by several at once. @returns false when it was settled before */
export async function revert(
  files: ChangeFiles,
  kernel: Kernel,
  id: string,
  because: string,
): Promise<boolean> {
  // Who began and could not end, or died over it, is followed by whoever comes next.
  if (!files.claim(id, 'reverting') && !files.isReverting(id)) return false;
  await restore(files, kernel);
  files.forget(id, because, Date.now());
  return true;
}

export interface Recovered {
  readonly reverted: readonly string[];
  readonly kept: readonly string[];
  readonly restored: boolean;
}

/**
 * What every start does first: settles what a crash or a reboot left, and brings back the confirmed rules where the
 * kernel does not have them.
 */
export async function recover(files: ChangeFiles, kernel: Kernel): Promise<Recovered> {
  const [reverted, kept]: [string[], string[]] = [[], []];
  for (const { id, stage } of files.unsettled()) {
    // Somebody said yes before the crash: that stays said.
    if (stage === 'confirming') {
      files.keep(id);
      kept.push(id);
    } else if (stage === 'reverting' || files.claim(id, 'reverting')) {
      await restore(files, kernel);
      files.forget(id, 'the agent started again before it was confirmed', Date.now());
      reverted.push(id);
    }
  }
  const restored = files.confirmed() !== null && !(await hasTable(kernel));
  if (restored || kept.length > 0) await restore(files, kernel);
  return { reverted, kept, restored };
}

/** The confirmed rules, with the blocks of now; no table where none were confirmed. */
async function restore(files: ChangeFiles, kernel: Kernel): Promise<void> {
  const confirmed = files.confirmed();
  if (confirmed === null) return void (await kernel.run(REMOVE));
  try {
    await swap(kernel, JSON.parse(confirmed) as Ruleset);
  } catch {
    // A kernel that lost a module since, a damaged file: open is worse than the rules, locked out is worse than open.
    await kernel.run(REMOVE);
  }
}

export const REMOVE = JSON.stringify({
  nftables: [
    { add: { table: { family: 'inet', name: TABLE } } },
    { delete: { table: { family: 'inet', name: TABLE } } },
  ],
});

async function hasTable(kernel: Kernel): Promise<boolean> {
  const { nftables } = JSON.parse(await kernel.run('list tables inet')) as {
    readonly nftables: readonly { readonly table?: { readonly name: string } }[];
  };
  return nftables.some(({ table }) => table?.name === TABLE);
}

async function startWatchdog({ file, args }: Program, own: readonly string[]): Promise<void> {
  const child = spawn(
    file,
    [...args, ...own],
    // A session of its own: it outlives this process and its terminal.
    { detached: true, stdio: ['ignore', 'pipe', 'ignore'], cwd: '/' },
  );
  const timeout = AbortSignal.timeout(WATCHDOG_START_MS_MAX);
  const because = await new Promise<string | null>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code) => resolve(`it ended with ${code}`));
    child.stdout.once('data', () => resolve(null));
    timeout.addEventListener('abort', () => resolve(`it was not awake after ${WATCHDOG_START_MS_MAX} ms`));
  });
  child.stdout.destroy();
  child.unref();
  if (because === null) return;
  child.kill('SIGKILL');
  throw hostFirewallErrors.make('HFW_WATCHDOG_FAILED', { because });
}
