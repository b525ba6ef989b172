/** What a Debian archive brings: each file with its digests, from its content and not from what it says of itself. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readTar, type TarSink } from '@demarc/platform/archive';
import { runErrors } from '../run/run-errors.ts';

export interface Brought {
  readonly type: 'file' | 'symlink' | 'directory' | 'other';
  /** In hexadecimal; of a file. dpkg compares configuration files by MD5. */
  readonly sha256?: string;
  readonly md5?: string;
  /** Of a symbolic link. */
  readonly target?: string;
}

export interface ArchiveContent {
  /** By absolute path. */
  readonly files: ReadonlyMap<string, Brought>;
  readonly conffiles: ReadonlySet<string>;
}

const CONFFILES_BYTES_MAX = 1_048_576;
const MS_MAX = 600_000;

/** @throws PATCH_ARCHIVE_UNREADABLE */
export async function archiveContent(archive: string): Promise<ArchiveContent> {
  const files = new Map<string, Brought>();
  await readMember(archive, '--fsys-tarfile', ({ path, type, target }) => {
    const at = absolute(path);
    if (type === 'hard-link') {
      const same = files.get(absolute(target));
      if (same !== undefined) files.set(at, same);
      return undefined;
    }
    if (type !== 'file') {
      files.set(at, type === 'symlink' ? { type, target } : { type });
      return undefined;
    }
    const [sha256, md5] = [createHash('sha256'), createHash('md5')];
    return {
      data: (chunk) => {
        sha256.update(chunk);
        md5.update(chunk);
      },
      end: () => files.set(at, { type, sha256: sha256.digest('hex'), md5: md5.digest('hex') }),
    };
  });
  const parts: Buffer[] = [];
  await readMember(archive, '--ctrl-tarfile', ({ path, size }) => {
    if (path !== './conffiles' && path !== 'conffiles') return undefined;
    if (size > CONFFILES_BYTES_MAX) throw new Error('its list of configuration files is too long');
    return { data: (chunk) => parts.push(Buffer.from(chunk)), end: () => undefined };
  });
  const conffiles = Buffer.concat(parts)
    .toString('utf8')
    .split('\n')
    .map((line) => line.trim())
    // `remove-on-upgrade /etc/x` is one that it does not bring (deb-conffiles(5)).
    .filter((line) => line.startsWith('/'));
  return { files, conffiles: new Set(conffiles) };
}

export const absolute = (path: string): string => `/${path.replace(/^\.?\/+/, '').replace(/\/+$/, '')}`;

async function readMember(
  archive: string,
  member: '--fsys-tarfile' | '--ctrl-tarfile',
  onEntry: (entry: Parameters<Parameters<typeof readTar>[1]>[0]) => TarSink | undefined,
): Promise<void> {
  const child = spawn('dpkg-deb', [member, archive], {
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: MS_MAX,
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said = `${said}${chunk.toString('utf8')}`.slice(-500)));
  const ended = new Promise<string | undefined>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code) =>
      resolve(code === 0 ? undefined : `dpkg-deb ended with ${code}: ${said.trim()}`),
    );
  });
  try {
    await readTar(child.stdout, onEntry);
    const problem = await ended;
    if (problem !== undefined) throw new Error(problem);
  } catch (error) {
    child.kill('SIGKILL');
    const problem = await ended;
    const because =
      problem !== undefined && said !== '' ? problem : error instanceof Error ? error.message : String(error);
    throw runErrors.make('PATCH_ARCHIVE_UNREADABLE', { archive, because }, { cause: error });
  }
}
