/**
 * The platform's own programs, each as one file with what they share beside it: `node tools/bundle-programs.ts PACKAGES`,
 * where PACKAGES stands for the versions of what is bundled.
 *
 * Reading 1,700 modules one by one is most of what a start takes. Nothing is minified: traces name our functions.
 * Files that the sources read are still read where they lie, so a bundle belongs to its checkout.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import {
  LATEST,
  MANIFEST,
  nameOf,
  PREPARING,
  PROGRAMS,
  PROGRAMS_DIRECTORY,
  type ProgramsManifest,
} from '../apps/cli/programs.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
/** Native parts, and what reads files of its own from beside itself. */
const EXTERNAL = [
  'koffi',
  'pdfkit',
  'pino',
  '@fastify/swagger',
  /^dejavu-fonts-ttf/,
  'highs',
  /^chdb/,
  /^ffi-rs/,
];
const KEPT_MS = 7 * 86_400_000;
const WORKER = /new URL\('(\.\/[\w./-]+\.worker\.ts)', import\.meta\.url\)/g;
/** What is made of files that ship lies beside the bundle (`platform/prepared`). */
const PREPARED = /new URL\('\.\/prepared\/', import\.meta\.url\)/g;
/** A program that starts itself again as a worker means its bundle. */
const ITSELF = /new URL\(import\.meta\.url\)/g;

async function bundlePrograms(packages: string): Promise<void> {
  const startedAtMs = Date.now();
  mkdirSync(PROGRAMS_DIRECTORY, { recursive: true });
  const made = mkdtempSync(join(PROGRAMS_DIRECTORY, 'new-'));
  try {
    const files = await bundle(made);
    // Read before or after the change? The next start bundles again; this one takes the sources.
    const changed = files.find(([, mtimeMs]) => mtimeMs >= startedAtMs);
    if (changed !== undefined) throw new Error(`${changed[0]} was changed while it was bundled`);
    const manifest: ProgramsManifest = { packages, files };
    const text = JSON.stringify(manifest);
    writeFileSync(join(made, MANIFEST), text);
    // As open as the checkout is: a worker may start after the server gave up root.
    chmodSync(made, 0o755);
    const name = createHash('sha256').update(text).digest('hex').slice(0, 16);
    const place = join(PROGRAMS_DIRECTORY, name);
    moveOnce(made, place);
    writeFileSync(`${made}.latest`, name);
    renameSync(`${made}.latest`, join(PROGRAMS_DIRECTORY, LATEST));
    forgetOld(name);
    const compiled = process.env['NODE_COMPILE_CACHE'];
    if (compiled !== undefined && existsSync(compiled)) forgetCompiled(compiled);
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
}

async function bundle(directory: string): Promise<ProgramsManifest['files']> {
  await using made = await rolldown({
    input: Object.fromEntries(PROGRAMS.map((path) => [nameOf(path), join(ROOT, path)])),
    platform: 'node',
    external: EXTERNAL,
    cwd: ROOT,
    logLevel: 'silent',
    plugins: [{ name: 'where-sources-lie', transform: (code, id) => withPlaces(code, id) }],
  });
  const { output } = await made.write({
    dir: directory,
    format: 'esm',
    entryFileNames: '[name].mjs',
    chunkFileNames: '[name]-[hash].mjs',
    keepNames: true,
    comments: false,
  });
  const modules = output.flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []));
  const own = modules.filter((id) => id.startsWith(ROOT) && !id.includes('/node_modules/'));
  const prepared = execFileSync(process.execPath, [join(directory, `${nameOf(PREPARING)}.mjs`)]);
  const shipped = prepared.toString().trim().split('\n');
  return [...new Set([...own, ...shipped])].sort().map((id) => {
    const { mtimeMs, size } = statSync(id);
    return [id.slice(ROOT.length), Math.trunc(mtimeMs), size];
  });
}

/** Never replaces: another platform of this checkout may have made the same, and be reading it. */
function moveOnce(made: string, place: string): void {
  try {
    renameSync(made, place);
  } catch (error) {
    if (!existsSync(place)) throw error;
  }
}

/** A platform that still runs from one may start a worker of it again; after a week it has been started anew. */
function forgetOld(latest: string): void {
  for (const name of readdirSync(PROGRAMS_DIRECTORY)) {
    const path = join(PROGRAMS_DIRECTORY, name);
    if (name !== latest && name !== LATEST && Date.now() - statSync(path).mtimeMs > KEPT_MS)
      rmSync(path, { recursive: true, force: true });
  }
}

/**
 * What V8 compiled of bundles that nobody runs any more, in the folder of NODE_COMPILE_CACHE: one file for each module
 * there ever was. Reading it counts as use, as often as the file system notes that (once a day).
 */
function forgetCompiled(directory: string): void {
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    const path = join(directory, name);
    const found = statSync(path, { throwIfNoEntry: false });
    if (found?.isFile() === true && Date.now() - found.atimeMs > KEPT_MS) rmSync(path, { force: true });
  }
}

/** Stands for `import.meta.url` where the bundle's own is meant, until the others are replaced. */
const BUNDLE_URL = '__BUNDLE_URL__';

/** Sources find what lies beside them by `import.meta.url`, which in a bundle would be the bundle's. */
function withPlaces(code: string, id: string): string | undefined {
  if (!code.includes('import.meta.url') || id.includes('/node_modules/')) return undefined;
  const isProgram = PROGRAMS.includes(id.slice(ROOT.length));
  return code
    .replace(ITSELF, (whole) => (isProgram ? `new URL(${BUNDLE_URL})` : whole))
    .replace(PREPARED, `new URL('./prepared/', ${BUNDLE_URL})`)
    .replace(WORKER, (whole, path: string) => {
      const worker = resolve(dirname(id), path).slice(ROOT.length);
      return PROGRAMS.includes(worker) ? `new URL('./${nameOf(worker)}.mjs', ${BUNDLE_URL})` : whole;
    })
    .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(id).href))
    .replaceAll(BUNDLE_URL, 'import.meta.url');
}

const [packages] = process.argv.slice(2);
if (packages === undefined) throw new Error('usage: node tools/bundle-programs.ts PACKAGES');
await bundlePrograms(packages);
