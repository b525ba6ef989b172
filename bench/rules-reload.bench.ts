/**
 * Hot reload: one file of a public rule set changes, until the changed rule judges events; against the loading of
 * the whole set.
 */
import { appendFileSync, cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import { CompileWorker, ProviderDirectory, Rulesets } from '@demarc/siem/rules';
import { median, ratio, show, smoke } from './support/measure.ts';

const CORPUS = new URL('../../shared/corpora/sigma/', import.meta.url);
const SETS = smoke
  ? ['rules-threat-hunting']
  : ['rules', 'rules-compliance', 'rules-emerging-threats', 'rules-threat-hunting'];
const ROUNDS = smoke ? 1 : 7;
const GOAL_SECONDS = 2;

const tenant = grantTenantScope('bench');
const path = mkdtempSync(join(tmpdir(), 'demarc-rules-'));
try {
  for (const set of SETS) cpSync(new URL(set, CORPUS), join(path, set), { recursive: true });
  await using compiler = new CompileWorker();
  const rulesets = new Rulesets({
    store: { files: async () => [], overlays: async () => [] },
    compiler,
    shipped: [],
    now: () => Date.now(),
    onChange: () => undefined,
    onError: (line, error) => console.error(line, error),
  });
  await rulesets.of(tenant);
  using directory = new ProviderDirectory({
    path,
    onFiles: (files) => rulesets.setProviderFiles(files),
    onError: (line, error) => console.error(line, error),
  });
  const startedAt = performance.now();
  await directory.read();
  const whole = (performance.now() - startedAt) / 1_000;
  const { base } = await rulesets.of(tenant);
  console.log(`${base.detections.length} rules, ${base.refused.length} refused`);

  const files = readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.yml'),
  );
  const seconds: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const { generation } = await rulesets.of(tenant);
    const file = join(path, files[Math.floor((files.length * (round + 0.5)) / ROUNDS)] ?? '');
    appendFileSync(file, `# changed ${round}\n`);
    const changedAt = performance.now();
    while ((await rulesets.of(tenant)).generation === generation) await pause(5);
    seconds.push((performance.now() - changedAt) / 1_000);
  }
  show('the whole set, from files to force', [whole]);
  show('one file changed, until it is in force', seconds);
  ratio('reload / whole', median(seconds) / whole, `reload at most ${GOAL_SECONDS} s`);
} catch (error) {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  console.log('SKIPPED: the rule corpus is not there (../shared/corpora/sigma)');
} finally {
  rmSync(path, { recursive: true, force: true });
}
