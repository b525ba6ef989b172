/**
 * A directory of rule files that the provider keeps for every tenant. A change is in force within two seconds:
 * the directory is watched, and looked through now and then for what a watch misses (another file system, a
 * queue that overflowed).
 */
import { type FSWatcher, readdirSync, readFileSync, statSync, watch } from 'node:fs';
import { join, relative } from 'node:path';
import type { SourceFile } from './compiler.ts';

const FILES_MAX = 20_000;
const FILE_BYTES_MAX = 1_048_576;
const DEPTH_MAX = 16;
/** Tools write a file in several steps, and a set in many files: they are read when it has been quiet so long. */
const QUIET_MS = 250;
const LOOK_EVERY_MS = 30_000;

export interface ProviderDirectoryOptions {
  readonly path: string;
  /** Given all files each time something changed. */
  onFiles(files: readonly SourceFile[]): Promise<void>;
  onError(line: string, error: unknown): void;
}

export class ProviderDirectory implements Disposable {
  readonly #options: ProviderDirectoryOptions;
  readonly #look: NodeJS.Timeout;
  #watcher: FSWatcher | undefined;
  #quiet: NodeJS.Timeout | undefined;
  /** As last handed on, by path: what did not change is not read again. */
  #files: ReadonlyMap<string, Read> | undefined;
  #reading: Promise<void> = Promise.resolve();

  constructor(options: ProviderDirectoryOptions) {
    this.#options = options;
    this.#watch();
    this.#look = setInterval(() => this.#changed(), LOOK_EVERY_MS);
    this.#look.unref();
  }

  /** Reads what is there; resolves when it is in force. Called again, it does nothing where nothing changed. */
  read(): Promise<void> {
    this.#reading = this.#reading.then(() => this.#read());
    return this.#reading;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#look);
    clearTimeout(this.#quiet);
    this.#watcher?.close();
  }

  #watch(): void {
    try {
      this.#watcher = watch(this.#options.path, { recursive: true, persistent: false }, () =>
        this.#changed(),
      );
      this.#watcher.on('error', (error) =>
        this.#options.onError('the rules directory is not watched', error),
      );
    } catch (error) {
      this.#options.onError('the rules directory is not watched; it is read every half minute', error);
    }
  }

  #changed(): void {
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => void this.read(), QUIET_MS);
    this.#quiet.unref();
  }

  async #read(): Promise<void> {
    const { path, onFiles, onError } = this.#options;
    try {
      const found = [...below(path, 0)];
      if (found.length > FILES_MAX) throw new Error(`it holds more than ${FILES_MAX} rule files`);
      const before = this.#files;
      const files = new Map(found.map((one) => [one.file, readAgain(path, one, before?.get(one.file))]));
      if (files.size === before?.size && [...files].every(([file, read]) => before.get(file) === read))
        return;
      await onFiles([...files.values()].map(({ source }) => source));
      this.#files = files;
    } catch (error) {
      // What was in force before holds on; the next look tries again.
      onError('the rules directory could not be read', error);
    }
  }
}

interface Found {
  readonly file: string;
  readonly mtimeMs: number;
  readonly size: number;
}

interface Read {
  readonly mtimeMs: number;
  readonly size: number;
  readonly source: SourceFile;
}

/** The same object where nothing changed. */
function readAgain(path: string, { file, mtimeMs, size }: Found, before: Read | undefined): Read {
  if (before !== undefined && before.mtimeMs === mtimeMs && before.size === size) return before;
  if (size > FILE_BYTES_MAX) throw new Error(`${file} is larger than ${FILE_BYTES_MAX} bytes`);
  return { mtimeMs, size, source: { file: relative(path, file), text: readFileSync(file, 'utf8') } };
}

function* below(directory: string, depth: number): Generator<Found> {
  if (depth > DEPTH_MAX) throw new Error(`it is deeper than ${DEPTH_MAX} directories`);
  const entries = readdirSync(directory, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const file = join(directory, entry.name);
    if (entry.isDirectory()) yield* below(file, depth + 1);
    else if (entry.isFile() && /\.ya?ml$/.test(entry.name)) {
      const { mtimeMs, size } = statSync(file);
      yield { file, mtimeMs, size };
    }
  }
}
