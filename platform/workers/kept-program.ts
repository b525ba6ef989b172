/**
 * A worker's program, kept in memory: its modules, where each name in them leads, and the files that they read while they
 * were loaded. The server gives up the right to read its own files, and a worker that ended after that is started again
 * from what the first one read; so is one whose files were replaced by a newer version's meanwhile.
 *
 * @see https://nodejs.org/docs/latest-v24.x/api/module.html (registerHooks)
 */
import { Worker, type WorkerOptions } from 'node:worker_threads';

/** As the first worker told it; nobody else looks into it. */
export type KeptProgram = Readonly<Record<string, unknown>>;

/** Where a worker's program finds the function that tells what is to be kept, once everything is loaded. */
const TOLD = 'demarc.keptProgram';

export function startProgram(
  program: URL,
  kept: KeptProgram | undefined,
  limits: NonNullable<WorkerOptions['resourceLimits']>,
): Worker {
  return new Worker(BEFORE_IT, {
    eval: true,
    workerData: { program: program.href, kept, told: TOLD },
    resourceLimits: limits,
  });
}

/** In the worker: what is to be kept of it; undefined where it was started from what was kept. */
export function keptProgram(): KeptProgram | undefined {
  const told = (globalThis as { [TOLD]?: () => KeptProgram })[TOLD];
  return told?.();
}

/** Text and no file, because nobody could read that one either. Only what a program reads whole while it loads is kept. */
const BEFORE_IT = `
const { workerData: { program, kept, told } } = process.getBuiltinModule('node:worker_threads');
const { registerHooks, syncBuiltinESMExports } = process.getBuiltinModule('node:module');
const { fileURLToPath } = process.getBuiltinModule('node:url');
const fs = process.getBuiltinModule('node:fs');
const [places, modules, files] = ['places', 'modules', 'files'].map((name) => new Map(kept?.[name]));
let isLoading = false;
const keyOf = (specifier, { parentURL = '', conditions }) => [specifier, parentURL, conditions].join(' ');
const hooks = registerHooks({
  resolve(specifier, context, next) {
    const known = places.get(keyOf(specifier, context));
    if (known !== undefined) return { ...known, shortCircuit: true };
    const { url, format, importAttributes } = next(specifier, context);
    if (kept === undefined) places.set(keyOf(specifier, context), { url, format, importAttributes });
    return { url, format, importAttributes };
  },
  load(url, context, next) {
    const known = modules.get(url);
    if (known !== undefined) return { ...known, shortCircuit: true };
    isLoading = true;
    try {
      const found = next(url, context);
      if (kept === undefined && found.source != null)
        modules.set(url, { format: found.format, source: found.source });
      return found;
    } finally {
      isLoading = false;
    }
  },
});
const read = fs.readFileSync;
const pathOf = (file) => (file instanceof URL ? fileURLToPath(file) : typeof file === 'string' ? file : undefined);
fs.readFileSync = (file, options) => {
  const path = isLoading ? undefined : pathOf(file);
  if (path === undefined) return read(file, options);
  const encoding = typeof options === 'string' ? options : options?.encoding;
  if (kept === undefined) files.set(path, read(path));
  const content = files.get(path);
  if (content === undefined) return read(file, options);
  return encoding == null ? Buffer.from(content) : Buffer.from(content).toString(encoding);
};
syncBuiltinESMExports();
globalThis[told] = () => {
  fs.readFileSync = read;
  syncBuiltinESMExports();
  if (kept !== undefined) return undefined;
  hooks.deregister();
  return { places: [...places], modules: [...modules], files: [...files] };
};
import(program);
`;
