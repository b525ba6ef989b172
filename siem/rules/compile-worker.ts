/** The compiler as a worker: one set after the other. */
import { Worker } from 'node:worker_threads';
import { readPrepared, writePrepared } from '@demarc/platform/prepared';
import { Engine } from '@demarc/platform/sigma';
import { type CompiledTables, compileHere, tablesOf } from './compile.ts';
import type { CompiledRules, Compiler, SourceFile } from './compiler.ts';

/** Fewer are compiled where they are: handing them over would take longer. */
const FILES_HERE_MAX = 50;
/** Texts can be written to be slow to read: nobody waits for those either. */
const CHARACTERS_HERE_MAX = 65_536;
const WAITING_MAX = 100;
const SECONDS_MAX = 120;

export interface CompileRequest {
  readonly files: readonly SourceFile[];
  readonly beside: Parameters<Compiler['compile']>[1];
}

export type CompileAnswer = CompiledTables | { readonly failed: string };

const PREPARED = 'rules';

/** The bundler compiles what ships once, so that no start has to. */
export function prepareRules(shipped: readonly SourceFile[]): void {
  writePrepared(PREPARED, ingredientsOf(shipped), tablesOf(shipped, undefined));
}

export class CompileWorker implements Compiler, AsyncDisposable {
  readonly #entry: URL;
  #worker: Worker | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  readonly #prepared = readPrepared(PREPARED);
  /** Resolves once the worker has read its own program, which the server gives up the right to; rejects if it cannot. */
  readonly ready: Promise<void>;

  /** @param entry the worker's program; another one for tests */
  constructor(entry = new URL('./compile.worker.ts', import.meta.url)) {
    this.#entry = entry;
    const worker = this.#start();
    this.ready = new Promise((resolve, reject) => {
      worker.once('message', () => resolve());
      worker.once('error', reject);
      worker.once('exit', (code) => reject(new Error(`the compiler ended with status ${code}`)));
    });
    // Whoever does not wait for it is told when something is to be compiled.
    this.ready.catch(() => undefined);
  }

  async compile(files: readonly SourceFile[], beside: CompileRequest['beside']): Promise<CompiledRules> {
    const characters = files.reduce((sum, { text }) => sum + text.length, 0);
    if (files.length <= FILES_HERE_MAX && characters <= CHARACTERS_HERE_MAX)
      return compileHere(files, beside);
    const prepared = beside === undefined ? this.#prepared.of(ingredientsOf(files)) : undefined;
    if (prepared !== undefined) return compiled(files, prepared as CompiledTables);
    if (this.#waiting >= WAITING_MAX) throw new Error(`${WAITING_MAX} rule sets wait to be compiled`);
    this.#waiting += 1;
    const mine = this.#last.then(() => this.#ask({ files, beside: idsOf(beside) }));
    this.#last = mine.catch(() => undefined);
    try {
      return compiled(files, await mine);
    } finally {
      this.#waiting -= 1;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker?.terminate();
  }

  /** One that ends, while somebody waits for it or while nobody does, is started anew when it is asked next. */
  #start(): Worker {
    const worker = new Worker(this.#entry);
    const ended = (): void => {
      if (this.#worker === worker) this.#worker = undefined;
    };
    worker.on('error', ended).on('exit', ended);
    worker.unref();
    this.#worker = worker;
    return worker;
  }

  #ask(request: CompileRequest): Promise<CompiledTables> {
    return new Promise((resolve, reject) => {
      const worker = this.#worker ?? this.#start();
      const done = (): void => {
        clearTimeout(timer);
        // One by one: a worker whose listeners are all removed at once never answers again.
        worker.off('message', onAnswer).off('error', onEnd).off('exit', onExit);
      };
      const onAnswer = (answer: CompileAnswer | 'ready'): void => {
        if (answer === 'ready') return;
        done();
        if ('failed' in answer) reject(new Error(answer.failed));
        else resolve(answer);
      };
      const onEnd = (error: Error): void => {
        done();
        if (this.#worker === worker) this.#worker = undefined;
        void worker.terminate();
        reject(error);
      };
      const onExit = (code: number): void => onEnd(new Error(`the compiler ended with status ${code}`));
      const timer = setTimeout(
        () => onEnd(new Error(`the rules were not compiled after ${SECONDS_MAX} s`)),
        SECONDS_MAX * 1_000,
      );
      worker.on('message', onAnswer).on('error', onEnd).on('exit', onExit);
      worker.postMessage(request);
    });
  }
}

const compiled = (files: readonly SourceFile[], { read, tables }: CompiledTables): CompiledRules => ({
  ...read,
  files,
  engine: Engine.fromTables(tables),
});

const ingredientsOf = (files: readonly SourceFile[]): readonly string[] =>
  files.flatMap(({ file, text }) => [file, text]);

/** All that a check for taken ids needs. */
function idsOf(beside: CompileRequest['beside']): CompileRequest['beside'] {
  if (beside === undefined) return undefined;
  const bare = <Rule extends { readonly text: string }>(rule: Rule): Rule => ({
    ...rule,
    text: '',
    condition: undefined,
  });
  return { detections: beside.detections.map(bare), correlations: beside.correlations.map(bare) };
}
