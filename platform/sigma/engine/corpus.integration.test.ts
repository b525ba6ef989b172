/** The fast engine against the plain one on what really happens: SigmaHQ's rules, attacks and everyday events. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { RE2JS } from 're2js';
import { CONFORMANCE_PLACEHOLDERS, conformancePairs } from '../conformance/conformance.ts';
import { looksAt } from '../event.ts';
import type { Condition, DetectionRule, Predicate } from '../ir.ts';
import { compileRegex } from '../regex/regex.ts';
import { loadRules } from '../rules/rules.ts';
import { BESIDE, OTHERWISE, RECOGNITIONS } from '../view/taxonomy.ts';
import { NAMES, openView } from '../view/view.ts';
import { compileEngine, compileTables, Engine } from './engine.ts';
import { evaluate } from './evaluate.ts';
import { ownRegexes } from './reference.ts';

const CORPORA = '../shared/corpora';
const ABSENT = `the corpora are not at ${CORPORA}: nothing was compared`;
const regexes = ownRegexes();

/** What the product knows of log sources and names. */
const options = { recognitions: RECOGNITIONS, otherwise: OTHERWISE, beside: BESIDE, names: NAMES };
const view = openView({ mappings: [], ...options });

function sigmaHq(): readonly DetectionRule[] {
  const files = globSync(`${CORPORA}/sigma/rules*/**/*.yml`).sort();
  return loadRules(files.map((file) => ({ file, text: readFileSync(file, 'utf8') }))).detections;
}

/** Every so-manieth line of a packed corpus. */
function sampled(file: string, count: number): readonly string[] {
  const all = gunzipSync(readFileSync(`${CORPORA}/windows-events/${file}`))
    .toString('utf8')
    .trim()
    .split('\n');
  const step = Math.max(1, Math.floor(all.length / count));
  return all.filter((_, at) => at % step === 0);
}

function regressionLines(): readonly string[] {
  return globSync(`${CORPORA}/sigma/regression/**/*.json`)
    .sort()
    .flatMap((file) =>
      readFileSync(file, 'utf8')
        .split(/\n(?=\{)/)
        .flatMap((part) => [JSON.parse(part) as unknown].flat())
        .map((event) => JSON.stringify(event)),
    );
}

test('SigmaHQ on regression cases and Windows corpora: as the plain engine on the view, trained or not, copied or not', (t: TestContext) => {
  if (!existsSync(CORPORA)) return t.skip(ABSENT);
  const rules = sigmaHq();
  const lines = [
    ...regressionLines(),
    ...sampled('evtx-attack-samples.jsonl.gz', 200),
    ...sampled('otrf-defense-evasion-discovery-execution.jsonl.gz', 200),
  ];
  const bytes = Buffer.from(lines.join('\n'));
  const tables = compileTables(rules, { ...options, sample: bytes });
  const engines = [
    compileEngine(rules, options),
    Engine.fromTables(tables),
    Engine.fromTables(structuredClone(tables)),
  ].map((engine) => {
    const found = engine.matchLines(bytes);
    t.assert.deepEqual(
      [found.lineCount, found.malformed.length, found.incomplete.length],
      [lines.length, 0, 0],
    );
    const byLine: number[][] = lines.map(() => []);
    for (const [at, line] of found.line.entries()) byLine[line]?.push(found.rule[at] ?? -1);
    return byLine.map((one) => one.sort((a, b) => a - b));
  });
  let matches = 0;
  for (const [at, line] of lines.entries()) {
    const event = view.ofNative(JSON.parse(line));
    const wanted = rules.flatMap(({ logsource, condition }, rule) =>
      looksAt(logsource, event.logsources) && evaluate(condition, event, regexes) ? [rule] : [],
    );
    matches += wanted.length;
    for (const byLine of engines) t.assert.deepEqual(byLine[at], wanted, line.slice(0, 300));
  }
  t.assert.ok(matches > 200, `${matches} matches`);
  t.diagnostic(
    `${lines.length} events, ${rules.length} rules, ${matches} matches, three engines: no difference`,
  );
});

test('10,500 generated pairs: as the oracle says, and every rule on a tenth of the events', (t: TestContext) => {
  const pairs = [...conformancePairs(3, 10_500)];
  const texts = [...new Set(pairs.map(({ ruleText }) => ruleText))];
  const numbers = new Map<string, number>();
  const rules = texts.flatMap((text) => {
    const [one] = loadRules([{ file: 'r.yml', text }], { placeholders: CONFORMANCE_PLACEHOLDERS }).detections;
    if (one === undefined) return [];
    numbers.set(text, numbers.size);
    return [one];
  });
  // A thousand rules full of expressions on one event are not what the usual budget is for.
  const engine = compileEngine(rules, { recognitions: [], budget: { perEvent: 500_000_000, perByte: 0 } });
  for (const [at, { ruleText, event, expected }] of pairs.entries()) {
    const got = engine.match(event);
    t.assert.equal(got.rules.includes(numbers.get(ruleText) ?? -1), expected, ruleText);
    t.assert.equal(got.isWhole, true);
    if (at % 40 !== 0) continue;
    const wanted = rules.flatMap(({ condition }, rule) =>
      evaluate(condition, event, regexes) ? [rule] : [],
    );
    t.assert.deepEqual(
      [...got.rules].sort((a, b) => a - b),
      wanted,
    );
  }
});

test('every expression of SigmaHQ on texts of the corpora: as RE2 says', (t: TestContext) => {
  if (!existsSync(CORPORA)) return t.skip(ABSENT);
  const found = new Map<string, Extract<Predicate, { op: 're' }>>();
  const visit = (condition: Condition): void => {
    if (condition.op === 'test') {
      if (condition.test.op === 're') found.set(JSON.stringify(condition.test), condition.test);
    } else if (condition.op === 'not') visit(condition.of);
    else if (condition.op === 'and' || condition.op === 'or') condition.of.forEach(visit);
  };
  for (const { condition } of sigmaHq()) visit(condition);
  const texts = new Set<string>();
  for (const line of regressionLines())
    JSON.parse(line, (_, value: unknown) => {
      if (typeof value === 'string' && value.length > 8 && value.length < 2_000) texts.add(value);
      return value;
    });
  t.assert.ok(found.size > 150);
  for (const one of found.values()) {
    const own = compileRegex(one.source, one);
    if ('refused' in own) throw new Error(`${one.source}: ${own.refused}`);
    const flags =
      (one.ignoreCase ? RE2JS.CASE_INSENSITIVE : 0) |
      (one.multiline ? RE2JS.MULTILINE : 0) |
      (one.dotAll ? RE2JS.DOTALL : 0);
    const re2 = RE2JS.compile(one.source, flags);
    let turn = 0;
    for (const text of texts) {
      turn += 1;
      if (turn % 6 === 0)
        t.assert.equal(own.matches(text), re2.matcher(text).find(), `${one.source} on ${text}`);
    }
  }
});
