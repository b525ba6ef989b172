/**
 * Disables an account and gives it back as it was. With the machine's own usermod(8), which knows about locks and
 * about where accounts are kept; without a shell.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const USERMOD_MS_MAX = 10_000;

/** What it was before: from shadow(5). */
export interface AccountBefore {
  readonly account: string;
  readonly wasLocked: boolean;
  /** Days since 1970, or empty for never. */
  readonly expires: string;
}

export type AccountOutcome =
  | { readonly outcome: 'done'; readonly before: AccountBefore }
  | { readonly outcome: 'refused'; readonly because: string };

/** @param prefix of another system's /etc, as usermod(8) has it; empty for this one's */
export async function disableAccount(account: string, prefix = ''): Promise<AccountOutcome> {
  const uid = uidOf(account, prefix);
  if (uid === undefined) return { outcome: 'refused', because: `there is no account ${account} here` };
  if (uid === 0) return { outcome: 'refused', because: 'that is root: nobody could come in to give it back' };
  const before = stateOf(account, prefix);
  if (before === undefined)
    return { outcome: 'refused', because: `${account} has no entry in ${prefix}/etc/shadow` };
  const failed = await usermod(prefix, ['--lock', '--expiredate', '1', account]);
  return failed === undefined ? { outcome: 'done', before } : { outcome: 'refused', because: failed };
}

/** @returns why it could not be */
export async function enableAccount(
  { account, wasLocked, expires }: AccountBefore,
  prefix = '',
): Promise<string | undefined> {
  if (uidOf(account, prefix) === undefined) return undefined;
  const day = expires === '' ? '' : new Date(Number(expires) * 86_400_000).toISOString().slice(0, 10);
  const failed = await usermod(prefix, ['--expiredate', day, account]);
  if (failed !== undefined || wasLocked) return failed;
  return usermod(prefix, ['--unlock', account]);
}

async function usermod(prefix: string, args: readonly string[]): Promise<string | undefined> {
  try {
    await run('usermod', [...(prefix === '' ? [] : ['--prefix', prefix]), ...args], {
      timeout: USERMOD_MS_MAX,
    });
    return undefined;
  } catch (error) {
    const { stderr, message } = error as { readonly stderr?: string; readonly message: string };
    return `usermod: ${(stderr ?? '').trim() || message}`.slice(0, 500);
  }
}

function uidOf(account: string, prefix: string): number | undefined {
  const uid = fieldsOf(account, join(prefix, '/etc/passwd'))?.[2];
  return uid === undefined ? undefined : Number(uid);
}

function stateOf(account: string, prefix: string): AccountBefore | undefined {
  const fields = fieldsOf(account, join(prefix, '/etc/shadow'));
  if (fields === undefined) return undefined;
  const [, password = '', , , , , , expires = ''] = fields;
  // Without a password there is nothing to unlock, and usermod would not.
  return { account, wasLocked: password === '' || password.startsWith('!'), expires };
}

function fieldsOf(account: string, file: string): readonly string[] | undefined {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
      .find(([name]) => name === account);
  } catch {
    return undefined;
  }
}
