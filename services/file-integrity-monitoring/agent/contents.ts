/**
 * Earlier contents of small text files, so that a change can say what it changed. By digest, private to
 * root, bounded; a file whose earlier content is not here has no diff, and that is all.
 */
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { redact } from '@demarc/platform/processes';
import { createTwoFilesPatch } from 'diff';
import { fsPath } from './paths.ts';

const CONTENTS_BYTES_MAX = 67_108_864; // 64 MiB
const DIFF_CHARACTERS_MAX = 16_384;
const DIFF_EDITS_MAX = 2_000;

export class Contents {
  readonly #directory: string;
  #bytes: number;

  constructor(stateDirectory: string) {
    this.#directory = join(stateDirectory, 'contents');
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    chmodSync(this.#directory, 0o700);
    this.#bytes = readdirSync(this.#directory).reduce(
      (sum, name) => sum + statSync(join(this.#directory, name)).size,
      0,
    );
  }

  /** Keeps the content of `path`, which has this digest. Silent about what is no text, too large or full. */
  keep(path: string, sha256: string, sizeBytesMax: number): void {
    const file = join(this.#directory, sha256);
    if (sha256 === '' || existsSync(file)) return;
    const text = readText(path, sizeBytesMax);
    if (text === undefined || this.#bytes + text.length > CONTENTS_BYTES_MAX) return;
    writeFileSync(file, text, { mode: 0o600 });
    this.#bytes += text.length;
  }

  forget(sha256: string): void {
    const file = join(this.#directory, sha256);
    if (sha256 === '' || !existsSync(file)) return;
    this.#bytes -= statSync(file).size;
    rmSync(file, { force: true });
  }

  /** A unified diff with secrets blanked out; undefined when one side is not known as text. */
  diff(path: string, beforeSha256: string, nowSha256: string): string | undefined {
    const before = this.#read(beforeSha256);
    const now = this.#read(nowSha256);
    if (before === undefined || now === undefined) return undefined;
    // Redacted before they are compared: a diff of secrets would tell their length and position.
    const patch = createTwoFilesPatch(
      path,
      path,
      redact(path, before),
      redact(path, now),
      'before',
      'after',
      { context: 2, maxEditLength: DIFF_EDITS_MAX },
    );
    if (patch === undefined) return undefined;
    return patch.length > DIFF_CHARACTERS_MAX
      ? `${patch.slice(0, DIFF_CHARACTERS_MAX)}\n… (longer than ${DIFF_CHARACTERS_MAX} characters)`
      : patch;
  }

  #read(sha256: string): string | undefined {
    const file = join(this.#directory, sha256);
    return sha256 !== '' && existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  }
}

function readText(path: string, sizeBytesMax: number): Buffer | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(fsPath(path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile() || stats.size > sizeBytesMax) return undefined;
    const bytes = Buffer.alloc(stats.size);
    const length = readSync(descriptor, bytes, 0, bytes.length, 0);
    const text = bytes.subarray(0, length);
    // A NUL byte is what tells binaries from text, as in git and grep.
    return text.includes(0) ? undefined : text;
  } finally {
    closeSync(descriptor);
  }
}
