import { createHash } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { canonicalJson } from '@demarc/platform/ocsf';
import fc from 'fast-check';
import { zipSync } from 'fflate';
import { SHIPPED_CATALOGUE } from '../../catalogue/catalogue.ts';
import { decided } from '../../evaluation/dossier.ts';
import { CATALOGUE, estate } from '../testing.ts';
import { sealed, sealHolds, zip } from '../zip.ts';
import { bundleFiles, evidenceBundle } from './bundle.ts';
import { canonicalJson as canonicalAlone, check } from './standalone.ts';
import { verifyBundle } from './verify-bundle.ts';

const { dossier: whole, keys } = estate({ machines: 1 });
const dossier = decided({ ...whole, evidence: whole.evidence.slice(0, 24) }, CATALOGUE);
const parts = { keys, catalogue: SHIPPED_CATALOGUE };
const archive = evidenceBundle(dossier, parts);
const files = bundleFiles(dossier, parts);
const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');
const textOf = (name: string): string => Buffer.from(files.get(name) ?? []).toString('utf8');

type Texts = Readonly<Record<string, string>>;

/** Somebody who can write the format: the files with these texts, digests, manifest and seals made anew. */
function forged(
  texts: Texts,
  manifestOf: (manifest: Record<string, unknown>) => unknown = (same) => same,
): Uint8Array {
  const made = new Map(files);
  for (const [name, text] of Object.entries(texts)) made.set(name, Buffer.from(text));
  const { seal: _, ...manifest } = JSON.parse(textOf('manifest.json')) as Record<string, unknown>;
  made.delete('manifest.json');
  manifest['files'] = Object.fromEntries(
    [...made].map(([name, bytes]) => [name, { bytes: bytes.length, sha256: sha256(bytes) }]),
  );
  const changed = manifestOf(manifest) as Record<string, unknown>;
  const whole = { ...changed, seal: sha256(canonicalJson(changed)) };
  made.set('manifest.json', Buffer.from(`${canonicalJson(whole)}\n`));
  return sealed(zip(new Map([...files.keys()].map((name) => [name, made.get(name) ?? new Uint8Array()]))));
}

type Line = Record<string, unknown>;
const linesOf = (): Line[] =>
  textOf('ledger.ndjson')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
const ledgerOf = (lines: readonly Line[]): Texts => ({
  'ledger.ndjson': lines.map((line) => `${canonicalJson(line)}\n`).join(''),
});

/** One line changed, the rest as it was. */
const with_ = (is: (line: Line) => boolean, change: (line: Line) => Line): Texts => {
  const lines = linesOf();
  const index = lines.findIndex(is);
  return ledgerOf(lines.map((line, each) => (each === index ? change(line) : line)));
};

/** The chain of the acts made anew, as whoever owns the ledger could. */
function rechained(lines: readonly Line[]): readonly Line[] {
  let head = '0'.repeat(64);
  return lines.map((line) => {
    if (line['kind'] !== 'act') return line;
    const record = {
      seq: line['seq'],
      act: line['act'],
      valid_at_ms: Date.parse(String(line['validAt'])),
      recorded_at_ms: Date.parse(String(line['recordedAt'])),
      actor: line['actor'],
      payload: canonicalJson(line['payload']),
      previous_hash: head,
    };
    const hash = sha256(canonicalJson(record));
    const made = { ...line, previousHash: head, hash };
    head = hash;
    return made;
  });
}

function found(bytes: Uint8Array): string {
  const verified = verifyBundle(bytes);
  return verified.holds ? 'holds' : verified.findings.map(({ file, says }) => `${file}: ${says}`).join('\n');
}

test('the same facts are the same bytes, and what was made holds', (t: TestContext) => {
  t.assert.equal(Buffer.compare(evidenceBundle(dossier, parts), archive), 0);
  const verified = verifyBundle(archive);
  t.assert.deepEqual(verified.findings, []);
  t.assert.equal(verified.replayedDigest, dossier.assessment.digest);
  t.assert.equal(verified.anchors.digest, dossier.assessment.digest);
  t.assert.equal(verified.anchors.ledgerHead, dossier.records.at(-1)?.hash);
  t.assert.equal(verified.figures.signatures, dossier.evidence.length);
  t.assert.equal(verified.figures.acts, dossier.records.length);
  t.assert.equal(verified.figures.cells, dossier.assessment.cells.length);
  t.assert.equal(found(forged({})), 'holds', 'the forger of these tests changes nothing by itself');
});

test('no byte of the archive can change', (t: TestContext) => {
  const flipped = (position: number): Uint8Array => {
    const changed = Uint8Array.from(archive);
    changed[position] = (changed[position] ?? 0) ^ (1 << (position % 8));
    return changed;
  };
  const tail = Array.from({ length: 200 }, (_, index) => archive.length - 1 - index);
  const spread = Array.from({ length: 400 }, (_, index) => Math.floor((index * archive.length) / 400));
  for (const position of [...tail, ...spread])
    t.assert.equal(sealHolds(flipped(position)), false, `${position}`);
  for (const position of [...tail, ...spread].filter((_, index) => index % 60 === 0)) {
    let says = '';
    try {
      says = found(flipped(position));
    } catch (error) {
      says = String((error as { readonly code?: string }).code);
    }
    t.assert.match(says, /seal does not hold|EXPORT_BUNDLE_UNREADABLE/, `byte ${position}`);
  }
});

test('no byte of an unpacked file can change, for the script that has nothing but Node', (t: TestContext) => {
  fc.assert(
    fc.property(
      fc.constantFrom(...files.keys()),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (name, at, mask) => {
        const bytes = Uint8Array.from(files.get(name) ?? []);
        const position = at % bytes.length;
        bytes[position] = (bytes[position] ?? 0) ^ mask;
        return check(new Map(files).set(name, bytes)).findingCount > 0;
      },
    ),
    { numRuns: 100 },
  );
  t.assert.equal(check(files).findingCount, 0);
});

test('a file that is gone, cut, added or packed anew is found', (t: TestContext) => {
  for (const name of files.keys()) {
    const less = new Map(files);
    less.delete(name);
    t.assert.match(found(sealed(zip(less))), /is missing/, name);
    const cut = new Map(files).set(name, (files.get(name) ?? new Uint8Array()).slice(0, -1));
    t.assert.match(found(sealed(zip(cut))), /changed|differently|cannot be read/, name);
  }
  t.assert.match(found(zip(files)), /the archive: its seal does not hold/);
  t.assert.match(found(sealed(zip(new Map([...files].reverse()))).slice(0, -1)), /seal/);
  t.assert.match(
    check(new Map(files).set('more.txt', new Uint8Array(1))).findings[0]?.says ?? '',
    /no bundle has/,
  );
  t.assert.throws(() => verifyBundle(sealed(zip(new Map(files).set('more.txt', new Uint8Array(1))))), {
    code: 'EXPORT_BUNDLE_UNREADABLE',
  });
  t.assert.throws(() => verifyBundle(archive.slice(0, archive.length / 2)), {
    code: 'EXPORT_BUNDLE_UNREADABLE',
  });
  t.assert.throws(() => verifyBundle(new Uint8Array(0)), { code: 'EXPORT_BUNDLE_UNREADABLE' });
});

test('an archive cannot lead elsewhere, nor fill the memory', (t: TestContext) => {
  for (const name of [
    '../manifest.json',
    '/etc/passwd',
    'a/../../b',
    'manifest.json/',
    '..\\manifest.json',
    '__proto__x',
  ])
    t.assert.throws(() => verifyBundle(zipSync({ [name]: new Uint8Array(1) })), {
      code: 'EXPORT_BUNDLE_UNREADABLE',
      message: /which no bundle has/,
    });
  // Says that it is 4 GiB: refused before anything is unpacked.
  const bomb = Buffer.from(zipSync({ 'ledger.ndjson': new Uint8Array(100_000) }));
  const directory = bomb.lastIndexOf(Buffer.from('PK\u0001\u0002', 'latin1'));
  bomb.writeUInt32LE(0xff_ff_ff_fe, directory + 24);
  t.assert.throws(() => verifyBundle(bomb), { code: 'EXPORT_BUNDLE_UNREADABLE', message: /larger than/ });
  // Says that it is small, and is not: no more than it says is unpacked.
  const liar = Buffer.from(zipSync({ 'ledger.ndjson': new Uint8Array(50_000_000) }));
  liar.writeUInt32LE(10, liar.lastIndexOf(Buffer.from('PK\u0001\u0002', 'latin1')) + 24);
  const before = process.memoryUsage().arrayBuffers;
  try {
    t.assert.equal(verifyBundle(liar).holds, false);
  } catch (error) {
    t.assert.equal((error as { readonly code?: string }).code, 'EXPORT_BUNDLE_UNREADABLE');
  }
  t.assert.ok(process.memoryUsage().arrayBuffers - before < 20_000_000);
});

test('who forges digests, manifest and seals is still found', (t: TestContext) => {
  const evidence = linesOf().filter(({ kind }) => kind === 'evidence');
  const isAct = ({ kind }: Line): boolean => kind === 'act';
  const isEvidence = ({ kind }: Line): boolean => kind === 'evidence';
  const raw = { seen: 'something else' };
  const cases: readonly (readonly [what: string, texts: Texts, says: RegExp])[] = [
    [
      'another payload',
      with_(
        (line) => line['act'] === 'appetite-set',
        (line) => ({ ...line, payload: { score: 25 } }),
      ),
      /act \d+ is not what its hash says/,
    ],
    [
      'another actor',
      with_(isAct, (line) => ({ ...line, actor: 'mallory' })),
      /act 1 is not what its hash says/,
    ],
    [
      'another date',
      with_(isAct, (line) => ({ ...line, validAt: '2020-01-01T00:00:00.000Z' })),
      /act 1 is not what/,
    ],
    [
      'an act removed',
      ledgerOf(linesOf().filter(({ seq }) => seq !== 5)),
      /act 6 stands in the place of act 5/,
    ],
    [
      'the last act removed',
      ledgerOf(linesOf().filter(({ seq }) => seq !== dossier.records.length)),
      /number of acts/,
    ],
    [
      'acts exchanged',
      ledgerOf(linesOf().toSorted((a, b) => Number(b['seq'] ?? 0) - Number(a['seq'] ?? 0))),
      /stands in the place of act 1/,
    ],
    [
      'another result',
      with_(
        (line) => line['result'] === 'fail',
        (line) => ({ ...line, result: 'pass' }),
      ),
      /the signature of evidence/,
    ],
    [
      'another sentence',
      with_(isEvidence, (line) => ({ ...line, because: 'all is well' })),
      /the signature of evidence/,
    ],
    [
      'observed later',
      with_(isEvidence, (line) => ({ ...line, observedAt: '2026-11-20T12:34:56.000Z' })),
      /the signature of evidence/,
    ],
    [
      'a signature of other evidence',
      with_(isEvidence, (line) => ({ ...line, signature: evidence[1]?.['signature'] })),
      /the signature of evidence/,
    ],
    ['no signature', with_(isEvidence, ({ signature: _, ...line }) => line), /is not signed/],
    ['another raw record', with_(isEvidence, (line) => ({ ...line, raw })), /digest of evidence/],
    [
      'another raw record with its digest',
      with_(isEvidence, (line) => ({ ...line, raw, digest: sha256(canonicalJson(raw)) })),
      /the signature of evidence/,
    ],
    [
      'of another asset',
      with_(isEvidence, (line) => ({ ...line, assetId: 'tenant', rule: 'VMS-09.1' })),
      /the signature of evidence/,
    ],
    [
      'evidence removed',
      ledgerOf(linesOf().filter((line) => line !== undefined && line['uid'] !== evidence[0]?.['uid'])),
      /number of pieces of evidence/,
    ],
    ['evidence twice', ledgerOf([...linesOf(), evidence[0] ?? {}]), /is there twice/],
    [
      'the keys exchanged for none',
      ledgerOf(linesOf().filter(({ kind }) => kind !== 'key')),
      /by no key of its asset/,
    ],
    [
      'fresh for longer',
      with_(
        ({ kind }) => kind === 'source',
        (line) => ({ ...line, freshForSeconds: 99_999_999 }),
      ),
      /give|made again/,
    ],
    ['a line that is no JSON', { 'ledger.ndjson': `${textOf('ledger.ndjson')}{\n` }, /cannot be read/],
    [
      'a status',
      {
        'assessment.json': textOf('assessment.json').replace(
          '"status":"not-satisfied"',
          '"status":"satisfied"',
        ),
      },
      /digest of what it decides/,
    ],
    [
      'an owner',
      { 'assessment.json': textOf('assessment.json').replace('"party":"provider"', '"party":"customer"') },
      /digest of what it decides/,
    ],
    [
      'a sentence of a reason',
      { 'assessment.json': textOf('assessment.json').replace(/"because":"[^"]+/, '"because":"x') },
      /made again/,
    ],
    [
      'another catalogue',
      { 'catalogue.yaml': textOf('catalogue.yaml').replace(/worth: 5/, 'worth: 1') },
      /made again/,
    ],
    [
      'another catalogue, fresher',
      { 'catalogue.yaml': textOf('catalogue.yaml').replaceAll(/fresh_for: P\w+/g, 'fresh_for: P900D') },
      /made again|digest/,
    ],
    ['no catalogue', { 'catalogue.yaml': 'a: 1\n' }, /cannot be decided again/],
    ['the readme', { 'README.txt': 'Trust me.\n' }, /README.txt: it is not what/],
  ];
  for (const [what, texts, says] of cases) t.assert.match(found(forged(texts)), says, what);
});

test('a ledger forged with its whole chain gives another digest, or another last act', (t: TestContext) => {
  const changed = linesOf().map((line) =>
    line['act'] === 'schedule-accepted' ? { ...line, validAt: '2030-01-01T00:00:00.000Z' } : line,
  );
  const whole = rechained(changed);
  const head = whole.findLast(({ kind }) => kind === 'act')?.['hash'];
  const manifestOf = (manifest: Record<string, unknown>) => ({
    ...manifest,
    ledger: { ...(manifest['ledger'] as object), head },
  });
  t.assert.match(found(forged(ledgerOf(whole), manifestOf)), /acts and evidence give the digest/);
});

test('the script writes canonical JSON as the platform does', () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => canonicalAlone(value) === canonicalJson(value)));
});
