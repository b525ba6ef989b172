import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { parseSync } from 'oxc-parser';

/** Imports point down this list, never up; nothing leans sideways. */
const LAYERS = [['platform'], ['services', 'siem', 'assurance'], ['apps']];
/** These are one workspace each; the others hold one per folder. */
const SINGLE = ['platform', 'siem', 'assurance'];
const SOURCES = '{platform,services,siem,assurance,apps}';

/** Only the layers that have proved whom a request is from may say for which tenant it works. */
const MAY_GRANT_TENANT_SCOPE = [/^apps\/server\//, /^platform\/tenancy\//, /\.test\.ts$/];
/** Configuration is parsed once per app; nothing else reads the environment. */
const MAY_READ_ENVIRONMENT = [/\/config\.ts$/, /\.test\.ts$/, /^apps\/console\/vite\.config\.ts$/];

const outside = (name: string): boolean => name === 'node_modules' || name === 'dist';
const files = globSync(`${SOURCES}/**/*.{ts,tsx}`, { exclude: outside });
const homeOf = (path: string): string =>
  path
    .split('/')
    .slice(0, SINGLE.includes(path.split('/')[0] ?? '') ? 1 : 2)
    .join('/');
const layerOf = (home: string): number =>
  LAYERS.findIndex((layer) => layer.includes(home.split('/')[0] ?? ''));

const read = new Map<string, readonly string[]>();
function importsOf(file: string): readonly string[] {
  const known = read.get(file) ?? parsedImportsOf(file);
  read.set(file, known);
  return known;
}

function parsedImportsOf(file: string): readonly string[] {
  const parsed = parseSync(file, readFileSync(file, 'utf8')).module;
  return [
    ...parsed.staticImports.map((found) => found.moduleRequest.value),
    ...parsed.staticExports.flatMap((found) =>
      found.entries.flatMap((entry) => (entry.moduleRequest === null ? [] : [entry.moduleRequest.value])),
    ),
  ];
}

test('imports go downwards, through doors', (t) => {
  const homes = new Map<string, string>();
  for (const path of globSync(`${SOURCES}/{,*/}package.json`, { exclude: outside })) {
    homes.set((JSON.parse(readFileSync(path, 'utf8')) as { name: string }).name, dirname(path));
  }
  const crossings: string[] = [];
  for (const file of files) {
    const home = homeOf(file);
    for (const wanted of importsOf(file)) {
      const aroundTheDoor = wanted.startsWith('.');
      const target = aroundTheDoor
        ? homeOf(join(dirname(file), wanted))
        : homes.get(wanted.split('/').slice(0, 2).join('/'));
      if (target === undefined || target === home) continue;
      const sideways = layerOf(target) === layerOf(home);
      const upwards = layerOf(target) > layerOf(home);
      if (aroundTheDoor || sideways || upwards) crossings.push(`${file} → ${wanted}`);
    }
  }
  t.assert.deepEqual(crossings, []);
});

test('only the session layer makes a tenant scope', (t) => {
  const makers = files.filter(
    (file) =>
      !MAY_GRANT_TENANT_SCOPE.some((pattern) => pattern.test(file)) &&
      importsOf(file).some(
        (wanted) => wanted.endsWith('/tenancy/grant') || wanted.endsWith('tenancy/grant.ts'),
      ),
  );
  t.assert.deepEqual(makers, []);
});

test('only config.ts reads the environment', (t) => {
  const readers = files.filter(
    (file) =>
      !MAY_READ_ENVIRONMENT.some((pattern) => pattern.test(file)) &&
      /process\.env\b/.test(readFileSync(file, 'utf8')),
  );
  t.assert.deepEqual(readers, []);
});

test('end-to-end tests import no product code', (t) => {
  const importers = globSync('e2e/**/*.ts').filter((file) =>
    importsOf(file).some((wanted) => wanted.startsWith('@demarc/') || wanted.startsWith('../')),
  );
  t.assert.deepEqual(importers, []);
});

test('hooks of unit tests are of a suite: all units are one process, and a file’s would run for each of their tests', (t) => {
  const hooked = files.filter(
    (file) =>
      file.endsWith('.test.ts') &&
      !file.endsWith('.integration.test.ts') &&
      /^(?:beforeEach|afterEach)\(/m.test(readFileSync(file, 'utf8')),
  );
  t.assert.deepEqual(hooked, []);
});
