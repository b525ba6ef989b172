import { readdirSync, readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { OS_FAMILIES } from '@demarc/platform/contract';
import { validateOcsf } from '@demarc/platform/ocsf';
import { redact, redactCommandLine } from '@demarc/platform/processes';
import { evaluate, loadRules, looksAt, regexes } from '@demarc/platform/sigma';
import { openView } from '@demarc/platform/sigma/view';
import { OTHERWISE, RECOGNITIONS } from '@demarc/platform/sigma/view/taxonomy';
import fc from 'fast-check';
import { compare } from './agent/compare.ts';
import type { Entry } from './agent/entry.ts';
import { fromLine, toLine } from './agent/line.ts';
import { displayPath, excluder, isBelow } from './agent/paths.ts';
import { gapToOcsf, toOcsf } from './agent/to-ocsf.ts';
import { baselineEvidence, canaryEvidence } from './evidence.ts';
import { DEFAULT_EXCLUDE, DEFAULT_WATCH, defaultsFor, FileIntegrityPolicy } from './policy.ts';

const DETECTIONS = new URL('./detections/', import.meta.url);
const host = {
  assetId: '0b5f6d0e-8c1f-4e0e-9f0a-3f6f1b1d2c3d',
  hostname: 'db-1',
  machineId: 'm',
  os: { name: 'Debian', version: '12', kernel: '6.1', family: 'debian' as const },
};

const anyEntry: fc.Arbitrary<Entry> = fc.record({
  path: fc
    .string({ unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)), minLength: 1 })
    .map((name) => `/${name}`),
  type: fc.constantFrom('file', 'directory', 'symlink', 'fifo'),
  mode: fc.integer({ min: 0, max: 0o7777 }),
  uid: fc.nat(),
  gid: fc.nat(),
  size: fc.nat(),
  mtimeMs: fc.nat(),
  ctimeMs: fc.nat(),
  ino: fc.nat(),
  dev: fc.nat(),
  nlink: fc.nat(9),
  sha256: fc.constantFrom('', 'a'.repeat(64), 'b'.repeat(64)),
  target: fc.string(),
  xattrs: fc.constantFrom({}, { 'security.capability': '01' }),
  unread: fc.constant(''),
});

test('an entry comes back from its line as it was', () => {
  fc.assert(
    fc.property(anyEntry, (entry) => JSON.stringify(fromLine(toLine(entry))) === JSON.stringify(entry)),
  );
});

test('an entry does not differ from itself, and differs from nothing', (t: TestContext) => {
  fc.assert(
    fc.property(anyEntry, (entry) => {
      t.assert.equal(compare(entry, entry), undefined);
      t.assert.equal(compare(undefined, entry)?.kind, 'created');
      t.assert.equal(compare(entry, undefined)?.kind, 'deleted');
    }),
  );
});

const explained = { jobId: 'j', approvedBy: 'p', isAnnounced: true, because: '' };

test('every change is a valid OCSF event with a uid of its own making', (t: TestContext) => {
  fc.assert(
    fc.property(
      anyEntry,
      anyEntry,
      fc.constantFrom('real-time' as const, 'verification' as const),
      fc.constantFrom(undefined, explained, { ...explained, isAnnounced: false, because: 'x' }),
      (before, now, seenBy, explanation) => {
        for (const change of [
          compare(undefined, now),
          compare(before, undefined),
          compare(before, { ...now, path: before.path }),
        ]) {
          if (change === undefined) continue;
          const observation = {
            change,
            seenBy,
            atMs: 1_764_000_000_000,
            process: undefined,
            diff: undefined,
            explanation,
            owner: 'root',
            group: '',
          };
          const event = toOcsf(observation, host);
          t.assert.deepEqual(validateOcsf(event), { ok: true });
          t.assert.equal(toOcsf(observation, host).metadata.uid, event.metadata.uid);
        }
      },
    ),
  );
});

test('a gap is a valid event too', (t: TestContext) => {
  t.assert.deepEqual(
    validateOcsf(gapToOcsf({ path: '/etc', because: 'x', fromMs: 1, toMs: 2, changes: 0 }, host)),
    { ok: true },
  );
});

test('shown paths are UTF-8 where they can be and tell their bytes where not', (t: TestContext) => {
  t.assert.equal(displayPath(Buffer.from('/é').toString('latin1')), '/é');
  t.assert.equal(displayPath('/\xffx'), '/\\xffx');
});

test('below is not the same as beginning with', (t: TestContext) => {
  t.assert.equal(isBelow('/etc/x', '/etc'), true);
  t.assert.equal(isBelow('/etcetera', '/etc'), false);
  t.assert.equal(excluder(['/a/*.tmp', '/b'])('/a/x/y.tmp'), true);
  t.assert.equal(excluder(['/a/*.tmp', '/b'])('/bb'), false);
});

test('what must not travel is blanked out', (t: TestContext) => {
  for (const [path, text] of [
    ['/etc/shadow', 'root:$y$j9T$SECRETSALT$SECRETHASH:19000:0:99999:7:::'],
    ['/etc/app.conf', 'db_password = SECRET'],
    ['/etc/app.yml', 'api_key: "SECRET"'],
    ['/etc/x', '-----BEGIN OPENSSH PRIVATE KEY-----\nSECRET\n-----END OPENSSH PRIVATE KEY-----'],
    ['/etc/x', 'url = postgres://user:SECRET@db/x'],
    ['/etc/redis.conf', 'requirepass SECRET'],
    ['/etc/x', 'Authorization: "SECRET"'],
  ] as const) {
    t.assert.doesNotMatch(redact(path, text), /SECRET/, text);
  }
  for (const line of [
    'mysql --password=SECRET -e x',
    'tool --api-key SECRET',
    'curl https://u:SECRET@h/',
    'env DB_PASSWORD=SECRET run',
  ]) {
    t.assert.doesNotMatch(redactCommandLine(line), /SECRET/, line);
  }
  t.assert.match(redact('/etc/shadow', 'daemon:*:19000:0:99999:7:::'), /daemon:\*:19000/);
});

const view = openView({ mappings: [], recognitions: RECOGNITIONS, otherwise: OTHERWISE });
for (const file of readdirSync(DETECTIONS).filter((name) => name.endsWith('.yml'))) {
  test(`${file} matches and passes its samples`, (t: TestContext) => {
    const { detections, refused } = loadRules([
      { file, text: readFileSync(new URL(file, DETECTIONS), 'utf8') },
    ]);
    t.assert.deepEqual(refused, []);
    const [rule] = detections;
    if (rule === undefined) throw new Error(`${file} holds no rule`);
    const samples = readFileSync(new URL(file.replace('.yml', '.samples.jsonl'), DETECTIONS), 'utf8')
      .trim()
      .split('\n');
    for (const line of samples) {
      const { match, event } = JSON.parse(line) as { match: boolean; event: Record<string, unknown> };
      const seen = view.ofOcsf(event);
      const matches = looksAt(rule.logsource, seen.logsources) && evaluate(rule.condition, seen, regexes);
      t.assert.equal(matches, match, line);
      t.assert.deepEqual(validateOcsf(event), { ok: true });
    }
  });
}

test('evidence passes only when everything it needs is there', (t: TestContext) => {
  const facts = {
    nowMs: 10_000_000,
    baseline: { takenAtMs: 0, entryCount: 3, digest: 'd', signatureHolds: true },
    lastComparisonAtMs: 9_000_000,
    rescanIntervalSeconds: 300,
    sensor: { alive: true, because: '' },
    unwatchable: [],
  };
  t.assert.equal(baselineEvidence(facts).result, 'pass');
  t.assert.equal(baselineEvidence({ ...facts, baseline: undefined }).result, 'error');
  t.assert.equal(
    baselineEvidence({ ...facts, baseline: { ...facts.baseline, signatureHolds: false } }).result,
    'fail',
  );
  t.assert.equal(baselineEvidence({ ...facts, sensor: { alive: false, because: 'gone' } }).result, 'fail');
  t.assert.equal(baselineEvidence({ ...facts, lastComparisonAtMs: 0 }).result, 'fail');
  t.assert.equal(canaryEvidence({ returnedAfterMs: 10, boundMs: 10 }).result, 'pass');
  t.assert.equal(canaryEvidence({ returnedAfterMs: undefined, boundMs: 10 }).result, 'fail');
  t.assert.equal(canaryEvidence({ returnedAfterMs: undefined, boundMs: 10, obstacle: 'x' }).result, 'error');
});

test('every distribution has defaults that are a policy', (t: TestContext) => {
  for (const family of OS_FAMILIES) {
    const { watch, exclude } = FileIntegrityPolicy.parse(defaultsFor(family));
    t.assert.deepEqual(watch.filter((path) => !DEFAULT_WATCH.includes(path)).length > 0, true, family);
    t.assert.equal(new Set(watch).size, watch.length);
    t.assert.ok(DEFAULT_EXCLUDE.every((path) => exclude.includes(path)));
  }
});
