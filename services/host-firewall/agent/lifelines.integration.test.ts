/** Who is logged in, with a real sshd and a real ssh across namespaces. Needs root. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openPair, PEER_ADDRESS } from '../testing/namespace.ts';

const SSHD = '/usr/sbin/sshd';
const PORT = 2_222;
const LIFELINES = fileURLToPath(new URL('./lifelines.ts', import.meta.url));
const skip =
  process.getuid?.() !== 0
    ? 'needs root'
    : [SSHD, '/usr/bin/ssh', '/usr/bin/ssh-keygen'].every((file) => existsSync(file))
      ? false
      : 'no OpenSSH client and server: nobody has logged in';

test('who only asks for a password is no administrator; who is logged in is', {
  skip,
  timeout: 30_000,
}, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'demarc-sshd-'));
  try {
    using pair = openPair();
    const [hostKey, key] = [join(directory, 'host'), join(directory, 'key')];
    for (const file of [hostKey, key])
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file]);
    writeFileSync(join(directory, 'authorized'), readFileSync(`${key}.pub`));
    const settings = [
      `HostKey ${hostKey}`,
      `AuthorizedKeysFile ${join(directory, 'authorized')}`,
      'StrictModes no',
      'PermitRootLogin yes',
      'UsePAM no',
      'PidFile none',
    ];
    writeFileSync(join(directory, 'config'), settings.join('\n'));
    // Where sshd keeps those who are not logged in yet.
    mkdirSync('/run/sshd', { recursive: true });
    pair.start('host', [SSHD, '-D', '-f', join(directory, 'config'), '-p', String(PORT)]);
    const ask = (): { readonly ports: readonly number[]; readonly peers: readonly string[] } => {
      const program = `const { administratorsNow, sshPortsNow } = await import(${JSON.stringify(LIFELINES)});
        const ports = sshPortsNow(); console.log(JSON.stringify({ ports, peers: administratorsNow(ports) }));`;
      return JSON.parse(
        pair.inside('host', [process.execPath, '--input-type=module', '--eval', program]),
      ) as ReturnType<typeof ask>;
    };
    await until(() => ask().ports.includes(PORT));
    // Connects, and says nothing.
    const guest = pair.start(
      'peer',
      [
        'python3',
        '-c',
        `import socket, time; s = socket.create_connection(("${pair.hostAddress}", ${PORT})); s.recv(64); print("in", flush=True); time.sleep(60)`,
      ],
      'pipe',
    );
    await new Promise((resolve) => guest.stdout?.once('data', resolve));
    assert.deepEqual(ask().peers, []);
    pair.start('peer', [
      'ssh',
      '-i',
      key,
      '-p',
      String(PORT),
      '-o',
      'StrictHostKeyChecking=no',
      '-o',
      'UserKnownHostsFile=/dev/null',
      '-o',
      'LogLevel=ERROR',
      `root@${pair.hostAddress}`,
      'sleep 60',
    ]);
    await until(() => ask().peers.includes(PEER_ADDRESS));
  } finally {
    rmSync(directory, { recursive: true });
  }
});

async function until(holds: () => boolean): Promise<void> {
  for (const endMs = Date.now() + 40_000; Date.now() < endMs; await delay(100)) if (holds()) return;
  throw new Error('it never came to be so');
}
