/**
 * A change of rules that takes itself back unless it is confirmed.
 *
 * Before the kernel hears of it, it is on disk and a watchdog process is awake. Three then watch over it, each enough:
 * this process’s timer, the watchdog when this process dies, and `recover` at the next start when both did or the
 * machine went down. Only our table is ever touched.
 */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { Ruleset } from '../compile/nft.ts';
import { TABLE } from '../compile/nft.ts';
import { hostFirewallErrors } from '../errors.ts';
import { listBlocks, withBlocks } from './blocks.ts';
import type { ChangeFiles } from './pending.ts';

type Run = (commands: string) => Promise<string>;

export interface Trial {
  readonly id: string;
  readonly deadlineMs: number;
}
/** A watchdog starts in a third of a second on an idle machine. */
const WATCHDOG_START_MS_MAX = 15_000;
/** After the watchdog’s time, so that on a healthy machine it is always the same one who acts. */
const OWN_TIMER_LATE_MS = 2_000;

/**
 * Puts rules on trial.
 *
 * @throws HFW_CHANGE_PENDING, HFW_WATCHDOG_FAILED, HFW_RULES_REFUSED; after each the rules before are in force
 */
export async function apply(
  files: ChangeFiles,
  run: Run,
  ruleset: Ruleset,
  confirmSeconds: number,
): Promise<Trial> {
  const [unsettled] = files.unsettled();
  if (unsettled !== undefined) throw hostFirewallErrors.make('HFW_CHANGE_PENDING', { id: unsettled.id });
  const id = randomUUID();
  const deadlineMs = Date.now() + confirmSeconds * 1_000;
  const rules = JSON.stringify(withBlocks(ruleset, await listBlocks(run)));
  files.begin(id, rules, deadlineMs);
  try {
    await startWatchdog(files.directory, id, confirmSeconds);
    await run(rules);
  } catch (error) {
    await revert(files, run, id, 'it could not be applied');
    throw error;
  }
  setTimeout(
    () =>
      void revert(files, run, id, 'it was not confirmed, and its watchdog was gone').catch(() => undefined),
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
export async function revert(files: ChangeFiles, run: Run, id: string, because: string): Promise<boolean> {
  // Who began and could not end, or died over it, is followed by whoever comes next.
  if (!files.claim(id, 'reverting') && !files.isReverting(id)) return false;
  await restore(files, run);
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
export async function recover(files: ChangeFiles, run: Run): Promise<Recovered> {
  const [reverted, kept]: [string[], string[]] = [[], []];
  for (const { id, stage } of files.unsettled()) {
    // Somebody said yes before the crash: that stays said.
    if (stage === 'confirming') {
      files.keep(id);
      kept.push(id);
    } else if (stage === 'reverting' || files.claim(id, 'reverting')) {
      await restore(files, run);
      files.forget(id, 'the agent started again before it was confirmed', Date.now());
      reverted.push(id);
    }
  }
  const restored = files.confirmed() !== null && !(await hasTable(run));
  if (restored || kept.length > 0) await restore(files, run);
  return { reverted, kept, restored };
}

/** The confirmed rules, with the blocks of now; no table where none were confirmed. */
async function restore(files: ChangeFiles, run: Run): Promise<void> {
  const confirmed = files.confirmed();
  if (confirmed === null) return void (await run(REMOVE));
  const blocked = await listBlocks(run);
  try {
    await run(JSON.stringify(withBlocks(JSON.parse(confirmed) as Ruleset, blocked)));
  } catch {
    // A kernel that lost a module since, a damaged file: open is worse than the rules, locked out is worse than open.
    await run(REMOVE);
  }
}

const REMOVE = JSON.stringify({
  nftables: [
    { add: { table: { family: 'inet', name: TABLE } } },
    { delete: { table: { family: 'inet', name: TABLE } } },
  ],
});

async function hasTable(run: Run): Promise<boolean> {
  const { nftables } = JSON.parse(await run('list tables inet')) as {
    readonly nftables: readonly { readonly table?: { readonly name: string } }[];
  };
  return nftables.some(({ table }) => table?.name === TABLE);
}

async function startWatchdog(directory: string, id: string, seconds: number): Promise<void> {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('./watchdog.ts', import.meta.url)), directory, id, String(seconds)],
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
