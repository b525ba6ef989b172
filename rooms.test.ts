/** One suite over every room: what each must keep, whatever it protects. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { managedServiceOf, type ServiceSpec } from '@demarc/platform/contract';
import { parse } from 'yaml';

interface CatalogueControl {
  readonly id: string;
  readonly evidence?: readonly unknown[];
}

const rooms = globSync('services/*/service.ts');
const catalogue = parse(readFileSync('assurance/catalogue/control-catalogue.yaml', 'utf8')) as {
  readonly managed_services: readonly { readonly id: string }[];
  readonly controls: readonly CatalogueControl[];
};
const rules = new Set(
  catalogue.controls.flatMap((control) =>
    (control.evidence ?? []).map((_, index) => `${control.id}.${index + 1}`),
  ),
);

test('there is at least one room', (t: TestContext) => t.assert.ok(rooms.length > 0));

for (const file of rooms) {
  const folder = file.replace('/service.ts', '');
  const module = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  const service = Object.values(module).find(
    (value): value is ServiceSpec => typeof value === 'object' && value !== null && 'evidences' in value,
  );
  if (service === undefined) throw new Error(`${file} exports no service`);

  test(`${folder}: the service is in the catalogue and its defaults parse`, (t: TestContext) => {
    t.assert.ok(catalogue.managed_services.some((known) => known.id === managedServiceOf(service)));
    t.assert.doesNotThrow(() => service.policy.parse({}));
    t.assert.ok(service.emits.length > 0);
  });

  test(`${folder}: every promise of evidence names a rule of the catalogue`, (t: TestContext) => {
    for (const { rule, everySeconds, freshForSeconds } of service.evidences) {
      t.assert.ok(rules.has(rule), rule);
      t.assert.ok(everySeconds < freshForSeconds, `${rule} would go stale between two reports`);
    }
  });

  test(`${folder}: says what it protects and what it cannot see`, (t: TestContext) => {
    t.assert.ok(existsSync(`${folder}/README.md`));
    t.assert.match(readFileSync(`${folder}/README.md`, 'utf8'), /cannot see/i);
  });

  test(`${folder}: each detection has samples that match and that pass`, (t: TestContext) => {
    for (const rule of globSync(`${folder}/detections/*.yml`)) {
      const samples = readFileSync(rule.replace(/\.yml$/, '.samples.jsonl'), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { readonly match: boolean });
      t.assert.ok(
        samples.some((sample) => sample.match),
        `${rule}: no matching sample`,
      );
      t.assert.ok(
        samples.some((sample) => !sample.match),
        `${rule}: no passing sample`,
      );
    }
  });
}
