/** Two machines of a test’s own on one cable: `near` sends, `far` has the firewall and every address there is. */
import { execFile, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** Of answers of nft: the largest here are sets of some thousand elements. */
const ANSWER_BYTES_MAX = 64 * 1_048_576;

export class Namespaces implements AsyncDisposable {
  readonly near: string;
  readonly far: string;

  private constructor(name: string) {
    this.near = `${name}-near`;
    this.far = `${name}-far`;
  }

  /**
   * @param name of the test, a few letters: namespaces are the whole machine’s
   * @param farRoutes where everything goes on the far side: to itself, or out again by the cable
   */
  static async make(name: string, farMac: string, farRoutes: 'in' | 'out' = 'in'): Promise<Namespaces> {
    const made = new Namespaces(`fw-${name}-${process.pid}`);
    try {
      await made.#connect(farMac, farRoutes);
    } catch (error) {
      await made[Symbol.asyncDispose]();
      throw error;
    }
    return made;
  }

  async #connect(farMac: string, farRoutes: 'in' | 'out'): Promise<void> {
    const { near, far } = this;
    await run('ip', ['netns', 'add', near]);
    await run('ip', ['netns', 'add', far]);
    await run('ip', [
      '-n',
      near,
      'link',
      'add',
      'eth0',
      'type',
      'veth',
      'peer',
      'name',
      'eth0',
      'netns',
      far,
    ]);
    for (const namespace of [near, far])
      for (const link of ['lo', 'eth0']) await run('ip', ['-n', namespace, 'link', 'set', link, 'up']);
    for (const family of ['4', '6']) {
      const everything = family === '4' ? '0.0.0.0/0' : '::/0';
      const kind = farRoutes === 'in' ? ['local', everything, 'dev', 'lo'] : [everything, 'dev', 'eth0'];
      await run('ip', ['-n', far, `-${family}`, 'route', 'add', ...kind]);
    }
    await run('ip', ['-n', far, 'link', 'set', 'eth0', 'address', farMac]);
    for (const setting of [
      // Every source is one of its own addresses as well, and checksums are not what is tested.
      'net.ipv4.conf.all.accept_local=1',
      'net.ipv4.conf.eth0.accept_local=1',
      'net.ipv4.conf.all.rp_filter=0',
      'net.ipv4.conf.eth0.rp_filter=0',
      'net.netfilter.nf_conntrack_checksum=0',
    ])
      await this.inside(far, 'sysctl', '-qw', setting);
  }

  async inside(namespace: string, program: string, ...args: readonly string[]): Promise<string> {
    const { stdout } = await run('ip', ['netns', 'exec', namespace, program, ...args], {
      maxBuffer: ANSWER_BYTES_MAX,
    });
    return stdout;
  }

  /** JSON of nftables, by the real nft: it reads files only, never what Node pipes to it. */
  async nft(directory: string, ruleset: object, ...flags: readonly string[]): Promise<void> {
    const file = join(directory, 'rules.json');
    writeFileSync(file, JSON.stringify(ruleset));
    await this.inside(this.far, 'nft', '-j', ...flags, '-f', file);
  }

  /** Incoming: from near, over the cable. Outgoing: from a program on far. */
  async send(frames: readonly Buffer[], direction: 'in' | 'out' = 'in'): Promise<void> {
    const program = join(import.meta.dirname, 'send.worker.ts');
    const [namespace, how] = direction === 'in' ? [this.near, 'frame'] : [this.far, 'packet'];
    const child = spawn('ip', ['netns', 'exec', namespace, process.execPath, program, how, 'eth0'], {
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    child.stdin.end(frames.map((frame) => frame.toString('hex')).join('\n'));
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    if (code !== 0) throw new Error(`the sender ended with ${code}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const namespace of [this.near, this.far])
      await run('ip', ['netns', 'del', namespace]).catch(() => undefined);
  }
}
