/**
 * The agent as a Debian package with its own runtime: `node tools/package-agent.ts OUT.deb`.
 *
 * One bundled file, Node, koffi's native part, a hardened systemd unit. The same sources give the same bytes:
 * times are the epoch, owners are root. Needs dpkg-deb.
 */
import { execFile } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { rolldown } from 'rolldown';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../', import.meta.url));
const HOME = 'opt/demarc-agent';
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** Bounds of the agent as the machine's own system enforces them. */
const MEMORY_MAX = '768M';
const CPU_QUOTA = '60%';
/** A thread for each reader of the kernel, and a process of a dozen threads for each change of the firewall. */
const TASKS_MAX = 128;

export async function packageAgent(out: string): Promise<void> {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    readonly version: string;
  };
  const stage = mkdtempSync(join(tmpdir(), 'demarc-agent-'));
  chmodSync(stage, 0o755);
  try {
    await bundle(join(stage, HOME, 'agent.mjs'));
    install(join(ROOT, `node_modules/node-linux-${process.arch}/bin/node`), join(stage, HOME, 'node'), 0o755);
    const code = globSync('src/koffi/**/*.js', { cwd: join(ROOT, 'node_modules/koffi') }).sort();
    copyFiles('koffi', ['package.json', 'index.js', ...code], stage);
    copyFiles(
      `@koromix/koffi-linux-${process.arch}`,
      ['package.json', 'index.js', `linux_${process.arch}/koffi.node`],
      stage,
    );
    write(join(stage, 'usr/bin/demarc-agent'), WRAPPER, 0o755);
    write(join(stage, 'lib/systemd/system/demarc-agent.service'), UNIT, 0o644);
    write(join(stage, 'DEBIAN/control'), control(version), 0o644);
    write(join(stage, 'DEBIAN/postinst'), POSTINST, 0o755);
    write(join(stage, 'DEBIAN/prerm'), PRERM, 0o755);
    write(join(stage, 'DEBIAN/postrm'), POSTRM, 0o755);
    mkdirSync(dirname(out), { recursive: true });
    // gzip at its fastest: a minute of xz would save a third of the download and delay the first machine.
    await run('dpkg-deb', ['--root-owner-group', '-Zgzip', '-z1', '--build', stage, `${out}.new`], {
      env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', SOURCE_DATE_EPOCH: '0' },
    });
    chmodSync(`${out}.new`, 0o644);
    renameSync(`${out}.new`, out);
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

/** One file; native parts stay outside, and so does koffi, which finds its own. */
async function bundle(file: string): Promise<void> {
  await using built = await rolldown({
    input: join(ROOT, 'apps/agent/main.ts'),
    platform: 'node',
    external: ['koffi'],
    cwd: ROOT,
    logLevel: 'silent',
  });
  await built.write({ file, format: 'esm', codeSplitting: false, comments: false });
}

/** Of a package, only what runs. */
function copyFiles(name: string, files: readonly string[], stage: string): void {
  for (const path of files) {
    install(join(ROOT, 'node_modules', name, path), join(stage, HOME, 'node_modules', name, path), 0o644);
  }
}

function install(from: string, to: string, mode: number): void {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
  chmodSync(to, mode);
}

function write(file: string, content: string, mode: number): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  chmodSync(file, mode);
}

function control(version: string): string {
  return `Package: demarc-agent
Version: ${version}
Architecture: ${ARCHITECTURES[process.arch] ?? process.arch}
Maintainer: Demarc
Depends: libc6 (>= 2.28), libstdc++6
Recommends: libnftables1
Section: admin
Priority: optional
Description: Demarc agent
 Runs the managed security services on this machine and reports to the platform.
`;
}

const WRAPPER = `#!/bin/sh
exec /opt/demarc-agent/node --disable-warning=ExperimentalWarning --max-old-space-size=256 /opt/demarc-agent/agent.mjs "$@"
`;

/**
 * What it needs of root and no more: reading every file, fanotify, other processes' names, the process connector,
 * nftables, and a network device for the firewall's probe of itself. Only the main process is killed: the firewall's
 * watchdog, which takes unconfirmed rules back, must outlive the agent.
 */
const UNIT = `[Unit]
Description=Demarc agent
After=network-online.target
Wants=network-online.target
ConditionPathExists=/var/lib/demarc-agent/identity.json

[Service]
ExecStart=/usr/bin/demarc-agent run
Restart=always
RestartSec=2
KillMode=process
StateDirectory=demarc-agent
StateDirectoryMode=0700
UMask=0077
MemoryMax=${MEMORY_MAX}
# A reader that took too much ends alone: the agent says so, and guards on.
OOMPolicy=continue
CPUQuota=${CPU_QUOTA}
CPUWeight=20
TasksMax=${TASKS_MAX}
IOSchedulingClass=idle
CapabilityBoundingSet=CAP_SYS_ADMIN CAP_DAC_READ_SEARCH CAP_SYS_PTRACE CAP_NET_ADMIN
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=read-only
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=~@clock @cpu-emulation @debug @module @mount @obsolete @raw-io @reboot @swap
SystemCallErrorNumber=EPERM
DevicePolicy=closed
DeviceAllow=/dev/net/tun rw

[Install]
WantedBy=multi-user.target
`;

const POSTINST = `#!/bin/sh
set -e
mkdir -p /var/lib/demarc-agent
chmod 0700 /var/lib/demarc-agent
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload
  if systemctl is-enabled --quiet demarc-agent; then systemctl restart demarc-agent; fi
fi
`;

const PRERM = `#!/bin/sh
set -e
if [ "$1" = remove ]; then
  if [ -d /run/systemd/system ]; then systemctl disable --now demarc-agent || true; fi
  # Nobody would look after the firewall's rules from here on.
  if [ -e /var/lib/demarc-agent/rooms/host-firewall/confirmed.json ]; then
    /usr/bin/demarc-agent worker host-firewall/remove || true
  fi
fi
`;

const POSTRM = `#!/bin/sh
set -e
if [ "$1" = purge ]; then rm -rf /var/lib/demarc-agent; fi
`;

if (import.meta.main) {
  const [out] = process.argv.slice(2);
  if (out === undefined) throw new Error('usage: node tools/package-agent.ts OUT.deb');
  await packageAgent(out);
}
