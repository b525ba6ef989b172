/**
 * Checks an evidence bundle on any machine, with Node and nothing else: `node verify.mjs` beside its files.
 *
 * Digests of every file, the manifest's own seal, the ledger's chain, each piece of evidence against its raw record
 * and its signature, and the assessment against its digest. It knows nothing of the platform that made the bundle,
 * on purpose: what is here was written from the format. What it cannot do is decide again what follows from acts and
 * evidence; `demarc verify` does.
 */
import { createHash, createPublicKey, verify } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

export const FORMAT = 'demarc-bundle';
export const VERSION = 1;
/** A bundle has these files and no others. */
export const NAMES = [
  'README.txt',
  'assessment.json',
  'catalogue.yaml',
  'ledger.ndjson',
  'manifest.json',
  'verify.mjs',
];
const GENESIS = '0'.repeat(64);
/** More are counted and not listed. */
const FINDINGS_MAX = 100;
const PLATFORM = 'platform';

/** @param files name → bytes, of all that is there */
export function check(files) {
  const findings = [];
  let findingCount = 0;
  const find = (file, says) => {
    findingCount += 1;
    if (findings.length < FINDINGS_MAX) findings.push({ file, says });
  };
  const manifest = readManifest(files, find);
  const ledger = readLedger(textOf(files, 'ledger.ndjson'), find);
  const assessment = objectIn(textOf(files, 'assessment.json'));
  if (assessment === undefined) find('assessment.json', 'it cannot be read');

  const { head, actCount } = checkChain(ledger.acts, find);
  expect('ledger.ndjson', 'the tenant', ledger.header['tenantId'], manifest['tenantId']);
  expect('ledger.ndjson', 'the number of acts', actCount, at(manifest, 'ledger', 'acts'));
  expect('ledger.ndjson', 'the hash of the last act', head, at(manifest, 'ledger', 'head'));
  expect(
    'ledger.ndjson',
    'the number of pieces of evidence',
    ledger.evidence.length,
    at(manifest, 'ledger', 'evidence'),
  );
  const signatures = checkEvidence(ledger, find);

  const cells = listIn(assessment, 'cells');
  for (const name of ['tenantId', 'asOf', 'knownAt', 'digest'])
    expect('assessment.json', `its ${name}`, assessment?.[name], manifest[name]);
  if (assessment !== undefined) {
    expect(
      'assessment.json',
      'the digest of what it decides',
      digestOfAssessment(assessment),
      assessment['digest'],
    );
    checkReferences(cells, ledger.evidence, find);
  }

  return {
    findings,
    findingCount,
    figures: {
      files: files.size,
      acts: actCount,
      evidence: ledger.evidence.length,
      signatures,
      cells: cells.length,
    },
    anchors: {
      tenant: String(manifest['tenantId']),
      asOf: String(manifest['asOf']),
      recordedAsOf: String(manifest['knownAt']),
      digest: String(manifest['digest']),
      ledgerHead: head,
      keys: [...new Set(ledger.keys.map((key) => fingerprint(String(key['publicKeyPem']))))].sort(),
    },
  };

  function expect(file, what, found, wanted) {
    if (found !== wanted || found === undefined)
      find(
        file,
        `${what} is ${JSON.stringify(found ?? null)}, and should be ${JSON.stringify(wanted ?? null)}`,
      );
  }
}

function readManifest(files, find) {
  const text = textOf(files, 'manifest.json');
  const manifest = objectIn(text);
  if (manifest === undefined) {
    find('manifest.json', text === undefined ? 'it is missing' : 'it cannot be read');
    return {};
  }
  const { seal, ...sealed } = manifest;
  if (manifest['format'] !== FORMAT || manifest['version'] !== VERSION)
    find('manifest.json', `it is not of the format ${FORMAT} ${VERSION}`);
  if (text !== `${canonicalJson(manifest)}\n`) find('manifest.json', 'it was written differently');
  if (sha256(canonicalJson(sealed)) !== seal) find('manifest.json', 'its seal does not hold: it was changed');
  const listed = manifest['files'] ?? {};
  for (const name of NAMES) {
    if (name === 'manifest.json') continue;
    const bytes = files.get(name);
    const entry = listed[name] ?? {};
    if (bytes === undefined) find(name, 'it is missing');
    else if (sha256(bytes) !== entry['sha256'] || bytes.length !== entry['bytes'])
      find(name, 'it is not the file that the manifest names: it was changed, cut or exchanged');
  }
  for (const name of new Set([...files.keys(), ...Object.keys(listed)]))
    if (!NAMES.includes(name)) find(name, 'no bundle has this file');
  return manifest;
}

function readLedger(text, find) {
  const of = { ledger: [], act: [], evidence: [], key: [], source: [] };
  for (const [index, line] of (text ?? '').split('\n').entries()) {
    if (line === '') continue;
    const value = objectIn(line);
    const list = of[String(value?.['kind'])];
    if (value === undefined || list === undefined) find('ledger.ndjson', `line ${index + 1} cannot be read`);
    else list.push(value);
  }
  const [header = {}, ...more] = of['ledger'] ?? [];
  if (more.length > 0) find('ledger.ndjson', 'it has more than one beginning');
  return { header, acts: of['act'] ?? [], evidence: of['evidence'] ?? [], keys: of['key'] ?? [] };
}

/** Each act is linked to the one before it by the hash of all that it says. */
function checkChain(acts, find) {
  let head = GENESIS;
  let broken = false;
  for (const [index, act] of acts.entries()) {
    const { seq, previousHash, hash } = act;
    const link = {
      seq,
      act: act['act'],
      valid_at_ms: Date.parse(String(act['validAt'])),
      recorded_at_ms: Date.parse(String(act['recordedAt'])),
      actor: act['actor'],
      payload: canonicalJson(act['payload']),
      previous_hash: previousHash,
    };
    const says =
      seq !== index + 1
        ? `act ${String(seq)} stands in the place of act ${index + 1}: one was removed, added or moved`
        : previousHash !== head
          ? `act ${seq} is not linked to the one before it`
          : sha256(canonicalJson(link)) !== hash
            ? `act ${seq} is not what its hash says: it was changed`
            : undefined;
    // What comes after a broken link is broken by it; one finding says it.
    if (says !== undefined && !broken) find('ledger.ndjson', says);
    broken ||= says !== undefined;
    head = String(hash);
  }
  return { head, actCount: acts.length };
}

/** @returns how many signatures hold */
function checkEvidence({ evidence, keys }, find) {
  const keysOf = new Map();
  for (const { assetId, publicKeyPem } of keys)
    keysOf.set(String(assetId), [...(keysOf.get(String(assetId)) ?? []), String(publicKeyPem)]);
  const seen = new Set();
  let holding = 0;
  for (const item of evidence) {
    const { uid, rule, service, result, because, digest, operator, raw } = item;
    const name = `${String(rule)} on ${String(item['assetId'])} (${String(uid).slice(0, 16)})`;
    if (seen.has(String(uid))) find('ledger.ndjson', `evidence ${name} is there twice`);
    seen.add(String(uid));
    if (sha256(canonicalJson(raw)) !== digest)
      find('ledger.ndjson', `the digest of evidence ${name} is not that of its raw record`);
    const signed = canonicalJson({
      uid,
      rule,
      service,
      observedAtMs: Date.parse(String(item['observedAt'])),
      result,
      because,
      digest,
      ...(operator === undefined ? {} : { operator }),
      ...(item['expiresAt'] === undefined ? {} : { expiresAtMs: Date.parse(String(item['expiresAt'])) }),
    });
    const own = [...(keysOf.get(String(item['assetId'])) ?? []), ...(keysOf.get(PLATFORM) ?? [])];
    if (item['signature'] === undefined) find('ledger.ndjson', `evidence ${name} is not signed`);
    else if (own.some((key) => signatureHolds(signed, key, String(item['signature'])))) holding += 1;
    else
      find(
        'ledger.ndjson',
        `the signature of evidence ${name} is by no key of its asset, nor by the platform’s`,
      );
  }
  return holding;
}

/** What a cell names as its evidence is in the bundle, with the same digest. */
function checkReferences(cells, evidence, find) {
  const known = new Map(evidence.map((item) => [String(item['uid']), item]));
  for (const cell of cells)
    for (const named of listIn(cell, 'evidence')) {
      if (named['evidenceId'] === null) continue;
      const item = known.get(String(named['evidenceId']));
      const same =
        item !== undefined &&
        item['digest'] === named['digest'] &&
        item['rule'] === named['rule'] &&
        item['assetId'] === cell['assetId'];
      if (!same)
        find(
          'assessment.json',
          `${String(cell['controlId'])} on ${String(cell['assetId'])} names evidence ${String(named['evidenceId']).slice(0, 16)}, which is not in the ledger like that`,
        );
    }
}

/** SHA-256 over what an assessment decides: each cell's statuses and owners, the risks that are left, the appetite. */
function digestOfAssessment(assessment) {
  const catalogue = assessment['catalogue'] ?? {};
  return sha256(
    canonicalJson({
      tenantId: assessment['tenantId'],
      asOfMs: Date.parse(String(assessment['asOf'])),
      knownAtMs: Date.parse(String(assessment['knownAt'])),
      catalogue: `${String(catalogue['id'])} ${String(catalogue['version'])}`,
      cells: listIn(assessment, 'cells').map((cell) => [
        cell['controlId'],
        cell['assetId'],
        cell['ownStatus'],
        cell['status'],
        ...listIn(cell, 'duties').map(
          ({ state, party, by }) => `${String(state)} ${party === null ? '' : String(party)} ${String(by)}`,
        ),
      ]),
      risks: listIn(assessment, 'risks').map((risk) => {
        const left = risk['residual'] ?? {};
        return [risk['riskId'], left['likelihood'], left['impact']];
      }),
      appetite: assessment['appetite'],
    }),
  );
}

function signatureHolds(signed, publicKeyPem, signature) {
  // Base64 can be written in several ways; only one of them is what was signed with.
  const bytes = Buffer.from(signature, 'base64');
  if (bytes.toString('base64') !== signature) return false;
  try {
    return verify('sha256', Buffer.from(signed), publicKeyPem, bytes);
  } catch {
    return false;
  }
}

function fingerprint(publicKeyPem) {
  try {
    return sha256(createPublicKey(publicKeyPem).export({ type: 'spki', format: 'der' }));
  } catch {
    return 'unreadable';
  }
}

/** JSON with sorted keys and no white space: the same value gives the same text. */
export function canonicalJson(value) {
  if (Array.isArray(value))
    return `[${value.map((item) => canonicalJson(item === undefined ? null : item)).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const record = value;
    const keys = Object.keys(record)
      .filter((key) => record[key] !== undefined)
      .sort();
    return `{${keys.map((key) => `${JSON.stringify(key)}:${canonicalJson(record[key])}`).join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}

function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

function textOf(files, name) {
  const bytes = files.get(name);
  return bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8');
}

function objectIn(text) {
  try {
    const value = JSON.parse(text ?? '');
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function listIn(value, name) {
  const list = value?.[name];
  return Array.isArray(list) ? list.filter((item) => typeof item === 'object' && item !== null) : [];
}

function at(value, first, second) {
  return (value[first] ?? {})[second];
}

/** As a script: the directory it stands in, or the one that is named. */
if (import.meta.url.endsWith('/verify.mjs') && process.argv[1]?.endsWith('verify.mjs') === true) {
  const directory = process.argv[2] ?? dirname(fileURLToPath(import.meta.url));
  const ours = NAMES;
  const bytesOf = (name) => (ours.includes(name) ? readFileSync(join(directory, name)) : new Uint8Array());
  const { findings, findingCount, figures, anchors } = check(
    new Map(readdirSync(directory).map((name) => [name, bytesOf(name)])),
  );
  console.log(JSON.stringify({ figures, anchors }, null, 2));
  for (const { file, says } of findings) console.error(`${file}: ${says}`);
  console.log(
    findingCount === 0
      ? 'Everything holds that can be checked here. Compare digest, ledgerHead and keys with what you were told.'
      : `${findingCount} findings: the bundle is not as it was made.`,
  );
  process.exitCode = findingCount === 0 ? 0 : 1;
}
