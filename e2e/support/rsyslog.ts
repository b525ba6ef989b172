/** A real rsyslog: it takes what `logger` says on a socket of its own and sends it on over TLS, as a host would. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exec, until } from './platform.ts';

const NEEDED = [
  ['/usr/sbin/rsyslogd'],
  ['/usr/bin/logger'],
  ['/usr/lib/x86_64-linux-gnu/rsyslog/lmnsd_ossl.so', '/usr/lib/aarch64-linux-gnu/rsyslog/lmnsd_ossl.so'],
] as const;

/** What is not installed of it; a test that is left out must say so. */
export function rsyslogMissing(): string | undefined {
  return NEEDED.find((places) => !places.some((place) => existsSync(place)))?.[0];
}

export interface RsyslogOptions {
  readonly port: number;
  /** Before `-certificate.pem`, `-key.pem` and `-authority.pem`, as `source add --write` names them. */
  readonly prefix: string;
}

export class Rsyslog implements AsyncDisposable {
  readonly #directory = mkdtempSync(join(tmpdir(), 'demarc-rsyslog-'));
  readonly #socket = join(this.#directory, 'log');
  #daemon: ChildProcess | undefined;

  async start({ port, prefix }: RsyslogOptions): Promise<void> {
    const configuration = join(this.#directory, 'rsyslog.conf');
    writeFileSync(
      configuration,
      `global(workDirectory="${this.#directory}" DefaultNetstreamDriver="ossl"
  DefaultNetstreamDriverCAFile="${prefix}-authority.pem" DefaultNetstreamDriverCertFile="${prefix}-certificate.pem"
  DefaultNetstreamDriverKeyFile="${prefix}-key.pem")
module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="${this.#socket}")
action(type="omfwd" target="127.0.0.1" port="${port}" protocol="tcp" TCP_Framing="octet-counted"
  StreamDriver="ossl" StreamDriverMode="1" StreamDriverAuthMode="x509/name" StreamDriverPermittedPeers="localhost"
  template="RSYSLOG_SyslogProtocol23Format" action.resumeRetryCount="-1")
`,
    );
    const pidFile = join(this.#directory, 'pid');
    this.#daemon = spawn('rsyslogd', ['-n', '-f', configuration, '-i', pidFile], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    await until('rsyslog listens', 10_000, async () => existsSync(this.#socket));
  }

  /** Each line as one message of a program. */
  async log(program: string, lines: readonly string[]): Promise<void> {
    const running = exec('logger', [
      '--socket',
      this.#socket,
      '--priority',
      'auth.info',
      '--id=812',
      '-t',
      program,
    ]);
    running.child.stdin?.end(`${lines.join('\n')}\n`);
    await running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#daemon?.kill('SIGKILL');
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
