import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { CONTROL_STATUSES, type ControlStatus } from '@demarc/platform/contract/api';
import fc from 'fast-check';
import { loadCatalogue } from '../catalogue/catalogue.ts';
import { capped, type Effect } from './dependency.ts';
import { type Claim, type OwnershipContext, ownership, type ServiceClaim } from './ownership.ts';
import { ownStatus, type RuleEvidence } from './status.ts';

interface Vector<Input, Expected> {
  readonly id: string;
  readonly claim: string;
  readonly input: Input;
  readonly expected: Expected;
}
const vectors = JSON.parse(
  readFileSync(new URL('../testdata/resolver-vectors.json', import.meta.url), 'utf8'),
) as {
  readonly ownership: readonly Vector<{ readonly ctx: OwnershipContext; readonly t: number }, unknown>[];
  readonly status: readonly Vector<
    {
      readonly control: { readonly na?: boolean; readonly evidence: readonly RuleEvidence[] };
      readonly t: number;
    },
    ControlStatus
  >[];
  readonly dependency: readonly Vector<
    {
      readonly own: ControlStatus;
      readonly deps: readonly { readonly effect: Effect; readonly status: ControlStatus }[];
    },
    ControlStatus
  >[];
};

test('there are 34 vectors', (t: TestContext) => {
  t.assert.equal(vectors.ownership.length + vectors.status.length + vectors.dependency.length, 34);
});
for (const { id, claim, input, expected } of vectors.ownership) {
  test(`${id}: ${claim}`, (t: TestContext) => t.assert.deepEqual(ownership(input.ctx, input.t), expected));
}
for (const { id, claim, input, expected } of vectors.status) {
  test(`${id}: ${claim}`, (t: TestContext) => t.assert.equal(ownStatus(input.control, input.t), expected));
}
for (const { id, claim, input, expected } of vectors.dependency) {
  test(`${id}: ${claim}`, (t: TestContext) => t.assert.equal(capped(input.own, input.deps), expected));
}

const instant = fc.integer({ min: 0, max: 40 });
const party = fc.constantFrom('provider', 'customer', 'ams');
const anyService: fc.Arbitrary<ServiceClaim> = fc.record(
  { party, from: instant, to: instant, operationalAt: instant, handbackAcceptedAt: instant },
  { requiredKeys: ['party', 'from'] },
);
const anyClaim: fc.Arbitrary<Claim> = fc.record(
  {
    scope: fc.constantFrom('tenant', 'group', 'asset'),
    kind: fc.constantFrom('assign', 'carve-out'),
    party,
    from: instant,
    to: instant,
    state: fc.constantFrom('proposed', 'accepted', 'declined', 'disputed'),
    priority: fc.nat(2),
  },
  { requiredKeys: ['scope', 'party', 'from', 'state'] },
);
const anyContext: fc.Arbitrary<OwnershipContext> = fc.record(
  {
    defaultParty: party,
    scheduleAcceptedAt: instant,
    ents: fc.array(anyService, { maxLength: 3 }),
    claims: fc.array(anyClaim, { maxLength: 4 }),
  },
  { requiredKeys: [] },
);

test('a duty is owned, contested or unowned, and only an owned one has a party', () => {
  fc.assert(
    fc.property(anyContext, instant, (context, t) => {
      const { state, party: owner } = ownership(context, t);
      return (state === 'owned') === (owner !== null);
    }),
    { numRuns: 10_000 },
  );
});

test('nobody owns what they have not accepted', () => {
  fc.assert(
    fc.property(anyContext, instant, (context, t) => {
      const { party: owner } = ownership(context, t);
      if (owner === null) return true;
      const service =
        context.ents?.some(
          (ent) => ent.party === owner && ent.operationalAt !== undefined && ent.operationalAt <= t,
        ) ?? false;
      const claim =
        context.claims?.some((made) => made.party === owner && made.state === 'accepted') ?? false;
      const schedule =
        context.defaultParty === owner &&
        context.scheduleAcceptedAt !== undefined &&
        context.scheduleAcceptedAt <= t;
      return service || claim || schedule;
    }),
    { numRuns: 10_000 },
  );
});

test('what the evidence shows never moves an owner', () => {
  fc.assert(
    fc.property(anyContext, instant, party, (context, t, observedOperator) => {
      return ownership(context, t).party === ownership({ ...context, observedOperator }, t).party;
    }),
  );
});

test('a failure never ages into something better', () => {
  const rule: fc.Arbitrary<RuleEvidence> = fc.record(
    { last: fc.constantFrom('pass', 'fail'), at: instant, fresh: instant, required: fc.boolean() },
    { requiredKeys: ['fresh'] },
  );
  fc.assert(
    fc.property(fc.array(rule, { maxLength: 4 }), instant, fc.nat(1_000), (evidence, t, later) => {
      const failing = ownStatus({ evidence }, t) === 'not-satisfied';
      return !failing || ownStatus({ evidence }, t + later) === 'not-satisfied';
    }),
  );
});

test('dependencies never raise a status', () => {
  const status = fc.constantFrom(...CONTROL_STATUSES);
  const order = [
    'not-satisfied',
    'not-assessed',
    'stale-evidence',
    'partially-satisfied',
    'satisfied',
    'not-applicable',
  ];
  const dependency = fc.record({
    effect: fc.constantFrom<Effect>('invalidates', 'undermines', 'informs'),
    status,
  });
  fc.assert(
    fc.property(
      status,
      fc.array(dependency),
      (own, deps) => order.indexOf(capped(own, deps)) <= order.indexOf(own),
    ),
  );
});

test('the shipped catalogue holds together', (t: TestContext) => {
  const catalogue = loadCatalogue();
  t.assert.equal(catalogue.controls.size, 70);
  t.assert.equal(catalogue.rules.get('VMS-09.2')?.rule.kind, 'canary_test');
  t.assert.equal(catalogue.rules.get('VMS-09.1')?.rule.freshForSeconds, 3_600);
});

test('a circle of dependencies is refused', (t: TestContext) => {
  const text = readFileSync(new URL('../catalogue/control-catalogue.yaml', import.meta.url), 'utf8');
  const circle = text.replace(
    /(id: FND-01[\s\S]*?depends_on:) \[\]/,
    '$1\n      - control: VMS-09\n        effect: informs',
  );
  t.assert.doesNotThrow(() => loadCatalogue(circle));
  t.assert.throws(
    () =>
      loadCatalogue(
        text.replace(
          'control: GOV-03\n        effect: undermines',
          'control: NOP-99\n        effect: undermines',
        ),
      ),
    {
      code: 'ASSURANCE_CATALOGUE_INVALID',
    },
  );
});
