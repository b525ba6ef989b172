/** Accounts and processes of a real system, in a directory of their own. Needs root. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { disableAccount, enableAccount } from './account.ts';
import { killTree } from './kill-tree.ts';
import { startedAtMs } from './proc.ts';

const skip = process.getuid?.() !== 0 ? 'needs root' : false;

test('an account is disabled and given back as it was; root is not', { skip }, async () => {
  const prefix = mkdtempSync(join(tmpdir(), 'demarc-accounts-'));
  mkdirSync(join(prefix, 'etc'));
  writeFileSync(
    join(prefix, 'etc/passwd'),
    'root:x:0:0::/root:/bin/sh\nada:x:1000:1000::/home/ada:/bin/sh\nold:x:1001:1001::/:/bin/sh\ntoor:x:0:0::/:/bin/sh\n',
  );
  writeFileSync(join(prefix, 'etc/group'), 'root:x:0:\nada:x:1000:\nold:x:1001:\n');
  const shadow = [
    'root:$6$salt$hash:19000:0:99999:7:::',
    'ada:$6$salt$hash:19000:0:99999:7::21000:',
    'old:!:19000:0:99999:7:::',
    'toor:$6$salt$hash:19000:0:99999:7:::',
    '',
  ].join('\n');
  writeFileSync(join(prefix, 'etc/shadow'), shadow, { mode: 0o600 });
  const now = (): string => readFileSync(join(prefix, 'etc/shadow'), 'utf8');
  const ada = await disableAccount('ada', prefix);
  assert.equal(ada.outcome, 'done', JSON.stringify(ada));
  assert.match(now(), /^ada:!\$6\$salt\$hash:19000:0:99999:7::1:$/m);
  if (ada.outcome === 'done') assert.equal(await enableAccount(ada.before, prefix), undefined);
  assert.match(now(), /^ada:\$6\$salt\$hash:19000:0:99999:7::21000:$/m);
  const old = await disableAccount('old', prefix);
  if (old.outcome === 'done') assert.equal(await enableAccount(old.before, prefix), undefined);
  assert.match(now(), /^old:!:19000:0:99999:7:::$/m);
  for (const name of ['root', 'toor', 'nobody-here'])
    assert.equal((await disableAccount(name, prefix)).outcome, 'refused', name);
  rmSync(prefix, { recursive: true });
});

test('neither the agent nor what it descends from is ever ended', { skip }, async () => {
  const began = startedAtMs(process.ppid) ?? 0;
  assert.match((await killTree(process.ppid, began)).because, /the agent itself/);
  assert.equal((await killTree(1, startedAtMs(1) ?? 0)).outcome, 'refused');
});

test('a tree that forks as fast as it can ends as a whole', { skip, timeout: 20_000 }, async () => {
  const mark = `31${process.pid}`;
  const child = spawn('sh', ['-c', `while :; do sleep ${mark} & sleep 0.01; done`], { stdio: 'ignore' });
  await delay(400);
  const pid = child.pid ?? 0;
  const killed = await killTree(pid, startedAtMs(pid) ?? 0);
  assert.equal(killed.outcome, 'done', killed.because);
  assert.ok(killed.outcome === 'done' && killed.processes > 5, killed.because);
  await delay(100);
  const left = spawn('pgrep', ['-f', `sleep ${mark}$`]);
  const code = await new Promise((resolve) => left.once('exit', resolve));
  assert.equal(code, 1, 'something of the tree is left');
  // What has ended is done, whoever asks again.
  assert.equal((await killTree(pid, 0)).outcome, 'done');
});
