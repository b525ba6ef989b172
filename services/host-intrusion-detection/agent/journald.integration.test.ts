/** The room beside a real journald, in a mount and network namespace of their own. Needs root. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const JOURNALD = '/lib/systemd/systemd-journald';
const HOST = fileURLToPath(new URL('./testing/room-host.ts', import.meta.url));
/** Told by the room within this time of being written. */
const TOLD_MS_MAX = 3_000;
const missing = ['journalctl', 'logger', 'unshare', 'nsenter'].filter(
  (tool) => !existsSync(`/usr/bin/${tool}`),
);
const skip =
  process.getuid?.() !== 0
    ? 'needs root'
    : !existsSync(JOURNALD)
      ? `no ${JOURNALD}: no journal was written`
      : missing.length > 0
        ? `without ${missing.join(', ')}: no journal was written`
        : false;

interface Said {
  readonly applied?: unknown;
  readonly event?: {
    readonly src_endpoint?: { readonly ip?: string };
    readonly metadata: { readonly uid: string };
  };
}

const directory = mkdtempSync(join(tmpdir(), 'demarc-journald-'));
const state = join(directory, 'state');
const said: Said[] = [];
let journald: ChildProcess;
let room: ChildProcess;

before(async () => {
  if (skip !== false) return;
  mkdirSync(state, { mode: 0o700 });
  const begin = [
    'mount -t tmpfs tmpfs /run',
    'mkdir -p /run/systemd/journal /run/log/journal',
    'if [ ! -s /etc/machine-id ]; then echo 0123456789abcdef0123456789abcdef > /run/id; mount --bind /run/id /etc/machine-id; fi',
    `exec ${JOURNALD}`,
  ].join('\n');
  journald = spawn('unshare', ['--mount', '--net', 'sh', '-ec', begin], { stdio: 'ignore' });
  for (let tries = 0; !inside(['test', '-S', '/run/systemd/journal/dev-log']); tries += 1) {
    if (tries > 100) throw new Error('journald did not start');
    await delay(50);
  }
  room = await startRoom();
});

after(async () => {
  if (skip === false) {
    await stopRoom();
    journald.kill('SIGKILL');
  }
  rmSync(directory, { recursive: true });
});

test('a line is an event while the journal grows', { skip }, async () => {
  for (const host of [1, 2, 3]) {
    writeLine(host);
    await told(host);
  }
});

test('reading goes on in the next file when journald begins one', { skip }, async () => {
  // As `journalctl --rotate` asks for it, see systemd-journald.service(8).
  journald.kill('SIGUSR2');
  await delay(300);
  writeLine(4);
  await told(4);
});

test('what came while nobody read is told after a start, and nothing twice', { skip }, async () => {
  await stopRoom();
  writeLine(5);
  room = await startRoom();
  await told(5);
  writeLine(6);
  await told(6);
  const uids = said.flatMap(({ event }) => (event?.src_endpoint?.ip === undefined ? [] : event.metadata.uid));
  assert.equal(uids.length, 6);
  assert.equal(new Set(uids).size, 6);
});

const addressOf = (host: number): string => `203.0.113.${host}`;

function writeLine(host: number): void {
  const line = `Failed password for root from ${addressOf(host)} port 22 ssh2`;
  assert.ok(
    inside(['logger', '--socket', '/run/systemd/journal/dev-log', '--tag', 'sshd', '--id=812', line]),
  );
}

async function told(host: number): Promise<void> {
  for (const endMs = Date.now() + TOLD_MS_MAX; Date.now() < endMs; await delay(20))
    if (said.some(({ event }) => event?.src_endpoint?.ip === addressOf(host))) return;
  throw new Error(`no event of ${addressOf(host)}`);
}

async function startRoom(): Promise<ChildProcess> {
  const policy = { logs: { files: [], journal: 'always' } };
  const before = said.length;
  const child = spawn('nsenter', into([process.execPath, HOST, state, JSON.stringify(policy), 'none']), {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  if (child.stdout === null) throw new Error('a pipe was asked for');
  createInterface(child.stdout).on('line', (line) => said.push(JSON.parse(line) as Said));
  for (let tries = 0; !said.slice(before).some(({ applied }) => applied !== undefined); tries += 1) {
    if (tries > 300) throw new Error('the room did not start');
    await delay(50);
  }
  return child;
}

async function stopRoom(): Promise<void> {
  const exited = new Promise((resolve) => room.once('exit', resolve));
  room.stdin?.write('{"end":true}\n');
  await exited;
}

function into(argv: readonly string[]): string[] {
  return ['--target', String(journald.pid), '--mount', '--net', ...argv];
}

function inside(argv: readonly string[]): boolean {
  try {
    execFileSync('nsenter', into(argv), { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
