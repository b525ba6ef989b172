import { existsSync, globSync, readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { looksAt } from '../event.ts';
import { OTHERWISE, RECOGNITIONS } from './taxonomy.ts';

const RULES = '../shared/corpora/sigma';

/**
 * Product, category and service of SigmaHQ's rules that nothing here is recognised as, and how many rules
 * ask for them: those that the rules page lists as "no source sends this".
 */
const NOT_RECOGNISED: Readonly<Record<string, number>> = {
  '-/-/apache': 2,
  '-/-/netflow': 1,
  '-/-/nginx': 1,
  '-/database/-': 1,
  'cisco/-/aaa': 13,
  'cisco/-/bgp': 1,
  'cisco/-/duo': 1,
  'cisco/-/ldp': 1,
  'cisco/-/syslog': 1,
  'django/application/-': 1,
  'fortigate/-/event': 7,
  'fortios/-/sslvpnd': 1,
  'huawei/-/bgp': 1,
  'juniper/-/bgp': 1,
  'jvm/application/-': 5,
  'm365/-/threat_detection': 1,
  'nodejs/application/-': 1,
  'paloalto/appliance/globalprotect': 1,
  'paloalto/file_event/globalprotect': 1,
  'python/application/-': 1,
  'qualys/-/-': 2,
  'ruby_on_rails/application/-': 1,
  'spring/application/-': 2,
  'sql/application/-': 1,
  'velocity/application/-': 1,
};

test("the log sources of SigmaHQ's rules that no event is recognised as are these", (t: TestContext) => {
  if (!existsSync(RULES)) return t.skip(`no rules at ${RULES}: their log sources were not compared`);
  const offered = [...RECOGNITIONS, ...OTHERWISE].map(({ is }) => is);
  const missing: Record<string, number> = {};
  let count = 0;
  for (const path of globSync(`${RULES}/rules*/**/*.yml`)) {
    const block = /^logsource:\n((?:[ \t]+.*\n)+)/m.exec(readFileSync(path, 'utf8'))?.[1] ?? '';
    const said = (name: string): string | undefined =>
      new RegExp(`^\\s+${name}:\\s*['"]?([^\\s'"]+)`, 'm').exec(block)?.[1];
    const wanted = { product: said('product'), category: said('category'), service: said('service') };
    count += 1;
    if (looksAt(wanted, offered)) continue;
    const key = [wanted.product, wanted.category, wanted.service].map((part) => part ?? '-').join('/');
    missing[key] = (missing[key] ?? 0) + 1;
  }
  t.assert.deepEqual(missing, NOT_RECOGNISED);
  t.assert.equal(count, 3_780);
});

test('no recognition asks for nothing', (t: TestContext) => {
  for (const { when, is } of [...RECOGNITIONS, ...OTHERWISE]) {
    t.assert.ok(Object.keys(when).length > 0);
    t.assert.ok(
      Object.values(when).every((values) => values.length > 0),
      JSON.stringify(when),
    );
    t.assert.ok((is.product ?? is.category ?? is.service) !== undefined);
  }
});
