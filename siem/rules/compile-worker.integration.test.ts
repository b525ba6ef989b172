/** The compiler as a worker: it answers again and again, and survives what it cannot compile. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { CompileWorker } from './compile-worker.ts';

const files = (count: number, offset = 0) =>
  Array.from({ length: count }, (_, n) => ({
    file: `rule-${n}.yml`,
    text: `
title: Rule ${n}
id: 7c1a0000-0000-4000-9000-${String(n + offset).padStart(12, '0')}
logsource: { category: authentication }
detection: { selection: { user.name: someone-${n} }, condition: selection }`,
  }));

test('a set too large to be compiled in between is compiled beside, as often as asked', async (t: TestContext) => {
  await using compiler = new CompileWorker();
  for (let round = 0; round < 3; round += 1) {
    const { detections, refused, engine } = await compiler.compile(files(60), undefined);
    t.assert.deepEqual([detections.length, refused.length], [60, 0]);
    const event = { logsources: [{ category: 'authentication' }], fields: { 'user.name': 'someone-7' } };
    t.assert.deepEqual(engine.match(event).rules, [7]);
  }
});

test('sets that are asked for at once each get their own answer', async (t: TestContext) => {
  await using compiler = new CompileWorker();
  const [a, b] = await Promise.all([
    compiler.compile(files(51), undefined),
    compiler.compile(files(70, 1_000), undefined),
  ]);
  t.assert.deepEqual([a.detections.length, b.detections.length], [51, 70]);
});

test('a worker whose program cannot be read is an error for whoever waits, and for nobody else', async (t: TestContext) => {
  const directory = mkdtempSync(join(tmpdir(), 'demarc-worker-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  await using compiler = new CompileWorker(pathToFileURL(join(directory, 'gone.mjs')));
  await t.assert.rejects(compiler.ready, /gone\.mjs/);
  for (let round = 0; round < 2; round += 1)
    await t.assert.rejects(compiler.compile(files(60), undefined), /gone\.mjs/);
});

test('a worker that ended while nobody waited is started anew', async (t: TestContext) => {
  const directory = mkdtempSync(join(tmpdir(), 'demarc-worker-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const entry = join(directory, 'entry.mjs');
  writeFileSync(
    entry,
    "import { parentPort } from 'node:worker_threads';\nparentPort.postMessage('ready');\nprocess.exit(1);\n",
  );
  await using compiler = new CompileWorker(pathToFileURL(entry));
  await compiler.ready;
  writeFileSync(entry, `import '${new URL('./compile.worker.ts', import.meta.url)}';\n`);
  await new Promise((resolve) => setTimeout(resolve, 500));
  t.assert.equal((await compiler.compile(files(60), undefined)).detections.length, 60);
});
