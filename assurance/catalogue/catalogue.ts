/** The control catalogue: read strictly, checked for what the rules rely on. */
import { readFileSync } from 'node:fs';
import { readPrepared, writePrepared } from '@demarc/platform/prepared';
import { parse } from 'yaml';
import * as z from 'zod';
import { assuranceErrors } from '../errors.ts';

const PARTY = z.string().regex(/^[a-z-]+(\+[a-z-]+)*$/);
const DURATION = z.string().regex(/^P(?:\d+D)?(?:T(?:\d+H)?(?:\d+M)?)?$/);
const Duties = { operate: PARTY, configure: PARTY, respond: PARTY, assure: PARTY };

const CatalogueFile = z.looseObject({
  catalogue: z.looseObject({
    id: z.string(),
    version: z.string(),
    vocabulary: z.looseObject({ automatic_kinds: z.array(z.string()) }),
  }),
  layers: z.array(
    z.looseObject({
      id: z.string(),
      rank: z.int().nullable(),
      default_owner: z.string(),
      note: z.string().default(''),
    }),
  ),
  areas: z.array(
    z.looseObject({ id: z.string(), note: z.string().default(''), capabilities: z.array(z.string()) }),
  ),
  example_risks: z.array(
    z.strictObject({
      id: z.string().regex(/^R-\d{2}$/),
      title: z.string(),
      scenario: z.string(),
      inherent: z.strictObject({
        likelihood: z.int().min(1).max(5),
        impact: z.int().min(1).max(5),
        score: z.int(),
      }),
      treatment: z.enum(['mitigate', 'transfer', 'avoid', 'accept']),
      owner: z.string(),
      /** Each takes a step off the likelihood or the impact while it effectively holds. */
      mitigating_controls: z.array(
        z.strictObject({
          control: z.string(),
          reduces: z.enum(['likelihood', 'impact']),
          steps: z.int().min(1).max(4),
        }),
      ),
      nist_focus: z.string(),
    }),
  ),
  operating_model_decisions: z.array(
    z.strictObject({
      id: z.string().regex(/^OM-\d{2}$/),
      question: z.string(),
      typical_answers: z.array(z.string()),
      affects: z.array(z.string()),
      scope: z.string(),
      suggested_default: z.string(),
    }),
  ),
  managed_services: z.array(
    z.looseObject({
      id: z.string(),
      title: z.string(),
      unit: z.enum(['tenant', 'vm', 'network', 'database']),
      tiers: z.array(z.string()),
      delivers: z.string(),
      customer_prerequisites: z.array(z.string()),
    }),
  ),
  controls: z.array(
    z.strictObject({
      id: z.string().regex(/^[A-Z]{3}-\d{2}$/),
      title: z.string(),
      objective: z.string(),
      area: z.string(),
      capability: z.string(),
      layer: z.string(),
      asset_types: z.array(z.enum(['tenant', 'platform', 'edge', 'vm', 'network', 'database'])),
      worth: z.int().min(1).max(5),
      default_responsibility: z.strictObject({ accountable: PARTY, ...Duties }),
      managed_services: z.array(
        z.strictObject({
          service: z.string(),
          effect: z.enum(['satisfies', 'contributes', 'evidences']),
          shifts: z.partialRecord(z.enum(['operate', 'configure', 'respond', 'assure']), PARTY).optional(),
          customer_keeps: z.string().optional(),
          tier: z.string().optional(),
          note: z.string().optional(),
        }),
      ),
      evidence: z.array(
        z.strictObject({
          kind: z.string(),
          source: z.string(),
          asserts: z.string(),
          fresh_for: DURATION,
          required: z.boolean(),
        }),
      ),
      nist_800_53_r5: z.array(z.string()),
      depends_on: z.array(
        z.strictObject({ control: z.string(), effect: z.enum(['invalidates', 'undermines', 'informs']) }),
      ),
    }),
  ),
});
type CatalogueFile = z.infer<typeof CatalogueFile>;

export type Control = Omit<CatalogueFile['controls'][number], 'evidence'> & {
  readonly evidence: readonly EvidenceRule[];
  /** Duties of provider layers stay with the provider, whatever anyone decides. */
  readonly floor: boolean;
};
export interface EvidenceRule {
  /** `VMS-09.1` */
  readonly id: string;
  readonly kind: string;
  readonly source: string;
  readonly asserts: string;
  readonly freshForSeconds: number;
  readonly required: boolean;
}

export interface Catalogue {
  readonly id: string;
  readonly version: string;
  readonly areas: CatalogueFile['areas'];
  readonly risks: CatalogueFile['example_risks'];
  readonly decisions: CatalogueFile['operating_model_decisions'];
  /** Evidence kinds that no person is needed for. */
  readonly automaticKinds: ReadonlySet<string>;
  /** Control → those that it caps; those that it only warns are not among them. */
  readonly leaning: ReadonlyMap<string, readonly Control[]>;
  /** Control → how many others stand below it, at most, one on the other: nothing leans on what has a higher one. */
  readonly height: ReadonlyMap<string, number>;
  /** The controls that an operating-model decision is about; none for one that is not there. */
  readonly controlsOfDecision: (decisionId: string) => readonly string[];
  readonly controls: ReadonlyMap<string, Control>;
  readonly services: CatalogueFile['managed_services'];
  readonly layers: CatalogueFile['layers'];
  /** Rule id → the control it is for. */
  readonly rules: ReadonlyMap<string, { readonly control: Control; readonly rule: EvidenceRule }>;
}

/** Layers no tenant record can change: hardware up to the fabric; of the management plane, tenancy. */
const FLOOR_LAYERS = ['datacentre', 'hypervisor', 'storage', 'fabric-network'];
const FLOOR_CAPABILITIES = ['tenancy'];

export const CATALOGUE_FILE = new URL('./control-catalogue.yaml', import.meta.url);

/** As bundles carry it. Read at once: the server gives up the right to read its own files after it has started. */
export const SHIPPED_CATALOGUE = readFileSync(CATALOGUE_FILE, 'utf8');

const PREPARED = 'catalogue';

/** Reading YAML is most of what loading takes: the bundler does it once. */
export function prepareCatalogue(): void {
  writePrepared(PREPARED, [SHIPPED_CATALOGUE], parse(SHIPPED_CATALOGUE));
}

let shipped: Catalogue | undefined;

/**
 * The shipped one is read once: it never changes while a process runs, and takes a fifth of a second.
 *
 * @throws ASSURANCE_CATALOGUE_INVALID
 */
export function loadCatalogue(text: string = SHIPPED_CATALOGUE): Catalogue {
  if (text !== SHIPPED_CATALOGUE) return read(parse(text));
  shipped ??= read(readPrepared(PREPARED).of([text]) ?? parse(text));
  return shipped;
}

function read(content: unknown): Catalogue {
  const parsed = CatalogueFile.safeParse(content);
  if (!parsed.success) throw invalid(z.prettifyError(parsed.error).slice(0, 500));
  const { layers, managed_services: services } = parsed.data;
  const controls = new Map<string, Control>();
  const rules = new Map<string, { readonly control: Control; readonly rule: EvidenceRule }>();
  for (const given of parsed.data.controls) {
    if (controls.has(given.id)) throw invalid(`${given.id} is there twice`);
    const evidence = given.evidence.map((rule, index) => ({
      id: `${given.id}.${index + 1}`,
      kind: rule.kind,
      source: rule.source,
      asserts: rule.asserts,
      freshForSeconds: seconds(rule.fresh_for),
      required: rule.required,
    }));
    const floor =
      FLOOR_LAYERS.includes(given.layer) ||
      (given.layer === 'control-plane' && FLOOR_CAPABILITIES.includes(given.capability));
    const control: Control = { ...given, evidence, floor };
    controls.set(control.id, control);
    for (const rule of evidence) rules.set(rule.id, { control, rule });
  }
  checkReferences(controls, parsed.data);
  checkAcyclic(controls);
  const { catalogue, areas, example_risks: risks, operating_model_decisions: decisions } = parsed.data;
  return {
    id: catalogue.id,
    version: catalogue.version,
    areas,
    risks,
    decisions,
    automaticKinds: new Set(catalogue.vocabulary.automatic_kinds),
    leaning: leaningOn(controls),
    height: heights(controls),
    controlsOfDecision: (decisionId) => decisions.find(({ id }) => id === decisionId)?.affects ?? [],
    controls,
    services,
    layers,
    rules,
  };
}

function leaningOn(controls: ReadonlyMap<string, Control>): ReadonlyMap<string, readonly Control[]> {
  const leaning = new Map<string, Control[]>();
  for (const control of controls.values())
    for (const { control: lower, effect } of control.depends_on)
      if (effect !== 'informs') leaning.set(lower, [...(leaning.get(lower) ?? []), control]);
  return leaning;
}

function heights(controls: ReadonlyMap<string, Control>): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  const heightOf = (id: string): number => {
    const known = found.get(id);
    if (known !== undefined) return known;
    const below = (controls.get(id)?.depends_on ?? []).filter(({ effect }) => effect !== 'informs');
    const height = below.reduce((most, { control }) => Math.max(most, heightOf(control) + 1), 0);
    found.set(id, height);
    return height;
  };
  for (const id of controls.keys()) heightOf(id);
  return found;
}

function checkReferences(controls: ReadonlyMap<string, Control>, file: CatalogueFile): void {
  const layers = new Map(file.layers.map((layer) => [layer.id, layer.rank]));
  const areas = new Map(file.areas.map((area) => [area.id, area.capabilities]));
  const services = new Set(file.managed_services.map((service) => service.id));
  for (const { id, mitigating_controls: mitigating } of file.example_risks)
    for (const { control } of mitigating)
      if (!controls.has(control)) throw invalid(`${id} names ${control}, which is not defined`);
  for (const { id, affects } of file.operating_model_decisions)
    for (const control of affects)
      if (!controls.has(control)) throw invalid(`${id} affects ${control}, which is not defined`);
  for (const control of controls.values()) {
    if (!layers.has(control.layer))
      throw invalid(`${control.id} names the layer ${control.layer}, which is not defined`);
    if (areas.get(control.area)?.includes(control.capability) !== true)
      throw invalid(`${control.id}: ${control.area} has no capability ${control.capability}`);
    for (const { service } of control.managed_services)
      if (!services.has(service))
        throw invalid(`${control.id} names the service ${service}, which is not defined`);
    for (const { control: lower, effect } of control.depends_on) {
      const target = controls.get(lower);
      if (target === undefined) throw invalid(`${control.id} depends on ${lower}, which is not defined`);
      const own = layers.get(control.layer) ?? null;
      const other = layers.get(target.layer) ?? null;
      // Governance has no rank: it carries nothing technical, and may be leaned on by anything.
      if (effect !== 'informs' && own !== null && other !== null && other > own)
        throw invalid(`${control.id} leans on ${lower}, which is in a higher layer`);
    }
  }
}

function checkAcyclic(controls: ReadonlyMap<string, Control>): void {
  const done = new Set<string>();
  const visit = (id: string, path: readonly string[]): void => {
    if (path.includes(id))
      throw invalid(`controls depend on each other in a circle: ${[...path, id].join(' → ')}`);
    if (done.has(id)) return;
    // A warning is no dependency: it caps nothing.
    for (const { control, effect } of controls.get(id)?.depends_on ?? [])
      if (effect !== 'informs') visit(control, [...path, id]);
    done.add(id);
  };
  for (const id of controls.keys()) visit(id, []);
}

/** Days, hours and minutes of an ISO 8601 duration; the catalogue uses no others. */
function seconds(duration: string): number {
  const [, days = '0', hours = '0', minutes = '0'] =
    /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?$/.exec(duration) ?? [];
  return Number(days) * 86_400 + Number(hours) * 3_600 + Number(minutes) * 60;
}

function invalid(because: string): Error {
  return assuranceErrors.make('ASSURANCE_CATALOGUE_INVALID', { because });
}
