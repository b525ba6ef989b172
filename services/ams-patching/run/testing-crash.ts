/** For tests: jobs that end where a crash or a power cut ends them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JournalRecord } from './journal.ts';
import type { AptTree } from './testing.ts';

const DOOR = new URL('./run.ts', import.meta.url).href;

/** The job in a process of its own, at the place where a script made the file `/tmp/reached`. */
export async function begun(
  tree: AptTree,
  job: object,
  what: 'applyJob' | 'rollBack' = 'applyJob',
): Promise<ChildProcess> {
  const options = { root: tree.root, stateDirectory: tree.state };
  const program = `import { ${what}, parsePatchJob } from ${JSON.stringify(DOOR)};
await ${what}(parsePatchJob(${JSON.stringify(job)}), { ...${JSON.stringify(options)}, nowMs: () => Date.now() });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'inherit' });
  const deadline = Date.now() + 60_000;
  while (!existsSync(join(tree.root, 'tmp/reached'))) {
    if (Date.now() > deadline || child.exitCode !== null) throw new Error('the script was not reached');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return child;
}

function below(pid: number): readonly number[] {
  let children: readonly number[] = [];
  try {
    children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .trim()
      .split(' ')
      .filter(Boolean)
      .map(Number);
  } catch {
    // It ended.
  }
  return [pid, ...children.flatMap(below)];
}

export async function kill(child: ChildProcess, which: 'it' | 'all'): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const pids = which === 'it' ? [child.pid ?? 0] : below(child.pid ?? 0);
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  await ended;
}

/** What a power cut leaves that comes after the last record of that kind. */
export function cutAfter(tree: AptTree, name: string, kind: JournalRecord['kind']): void {
  const file = join(tree.state, `${name}.jsonl`);
  const lines = readFileSync(file, 'utf8').split('\n');
  const last = lines.findLastIndex((line) => line.startsWith(`{"kind":"${kind}"`));
  if (last === -1) throw new Error(`the journal has no ${kind}`);
  writeFileSync(file, `${lines.slice(0, last + 1).join('\n')}\n`);
}
