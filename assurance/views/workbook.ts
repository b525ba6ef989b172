/** Door: the security controls workbook: one row for each control, over all assets or those of one scope. */
import { DUTIES } from '@demarc/platform/contract/api';
import type {
  Score,
  Workbook,
  WorkbookControl,
  WorkbookRow,
  WorkbookStandard,
} from '@demarc/platform/contract/assurance/workbook';
import type { Control } from '../catalogue/catalogue.ts';
import { assuranceErrors } from '../errors.ts';
import type { AssessedCell, Assessment } from '../evaluation/assessment.ts';
import { evidenceText, instant } from '../evaluation/describe.ts';
import { selects } from '../evaluation/duties.ts';
import type { AssuredAsset, Population } from '../evaluation/population.ts';
import { type CarriedStandard, standardKey, standardOf } from '../evaluation/standards.ts';
import type { Scope } from '../model/acts.ts';
import { type AnnotationState, type CommentState, scopeKey } from '../model/standing.ts';
import { worst } from '../rules/dependency.ts';
import { creditOf, rollUp } from '../rules/rollup.ts';
import { exceptionRow, notApplicableRow, poamView } from './exceptions.ts';
import { dated, instantOrNull, populationOf, scopeShown, specificity } from './overlays.ts';

const CELLS_SHOWN_MAX = 500;
const RECORDS_SHOWN_MAX = 200;
const ANNOTATIONS_SHOWN_MAX = 500;
const EVERYTHING: Scope = { kind: 'tenant' };

/** @throws ASSURANCE_ASSET_UNKNOWN when the scope has nothing in it */
export function workbookView(assessment: Assessment, scope: Scope = EVERYTHING): Workbook {
  const sheet = new Sheet(assessment, scope);
  const rows = [...assessment.catalogue.controls.values()].flatMap((control) => {
    const row = sheet.row(control);
    return row === undefined ? [] : [row];
  });
  return {
    ...dated(assessment),
    digest: assessment.digest,
    assetCount: sheet.assets.size,
    total: scoreOver(sheet.cells),
    areas: assessment.catalogue.areas.flatMap(({ id }) => {
      const cells = sheet.cells.filter(({ control }) => control.area === id);
      return cells.length === 0 ? [] : [{ area: id, score: scoreOver(cells) }];
    }),
    rows,
  };
}

/** One control, with everything that was ever written about it. @throws ASSURANCE_CELL_UNKNOWN */
export function workbookControl(
  assessment: Assessment,
  controlId: string,
  scope: Scope = EVERYTHING,
): WorkbookControl {
  const { catalogue, standing } = assessment;
  const control = catalogue.controls.get(controlId);
  const sheet = new Sheet(assessment, scope);
  const row = control === undefined ? undefined : sheet.row(control);
  if (control === undefined || row === undefined)
    throw assuranceErrors.make('ASSURANCE_CELL_UNKNOWN', { controlId, assetId: scopeKey(scope) });
  const { population } = sheet;
  const cells = sheet.cellsOf(control);
  return {
    ...dated(assessment),
    row,
    nist: [...control.nist_800_53_r5],
    cells: cells
      .toSorted((a, b) => creditOf(a.cell.status) - creditOf(b.cell.status))
      .slice(0, CELLS_SHOWN_MAX)
      .map(({ cell, evidence }) => ({
        assetId: cell.assetId,
        assetName: cell.assetName,
        status: cell.status,
        ownStatus: cell.ownStatus,
        observedAt: cell.since,
        because: [
          ...cell.rootCauses.map((root) => `held down by ${root}`),
          ...evidence.map((item) => evidenceText(item)),
        ].slice(0, 50),
        exceptionUntil: cell.exception?.until ?? null,
        notApplicableBecause: cell.notApplicableBecause,
      })),
    cellCount: cells.length,
    annotations: sheet
      .annotationsOf(control)
      .slice(0, ANNOTATIONS_SHOWN_MAX)
      .map((annotation) => ({
        ...scopeShown(assessment, population, annotation.scope),
        ...written(annotation),
        reviewAt: instantOrNull(annotation.reviewAtMs),
        at: instant(annotation.fromMs),
        recordId: annotation.recordId,
      })),
    comments: sheet
      .commentsOf(control)
      .slice(-ANNOTATIONS_SHOWN_MAX)
      .map(({ commentId, text, by, atMs, assetId, recordId }) => ({
        commentId,
        text,
        by,
        at: instant(atMs),
        assetName: assetId === undefined ? null : (population.find(assetId)?.name ?? assetId),
        recordId,
      })),
    exceptions: [...standing.exceptions.values()]
      .filter(({ controls }) => selects(controls, control))
      .slice(-RECORDS_SHOWN_MAX)
      .map((exception) => exceptionRow(assessment, population, exception)),
    notApplicable: [...standing.notApplicable.values()]
      .filter((approval) => approval.controlId === controlId)
      .slice(-RECORDS_SHOWN_MAX)
      .map((approval) => notApplicableRow(assessment, population, approval)),
    poam: poamView(assessment)
      .items.filter((item) => item.controlId === controlId)
      .slice(0, RECORDS_SHOWN_MAX),
  };
}

/** What all rows of one workbook are made from, looked up once. */
class Sheet {
  readonly assessment: Assessment;
  readonly population: Population;
  readonly scope: Scope;
  readonly cells: readonly AssessedCell[];
  readonly assets: ReadonlyMap<string, AssuredAsset>;
  readonly #byControl = new Map<string, AssessedCell[]>();
  readonly #annotations = new Map<string, AnnotationState[]>();
  readonly #comments = new Map<string, CommentState[]>();
  readonly #carried: ReadonlyMap<string, CarriedStandard>;

  constructor(assessment: Assessment, scope: Scope) {
    this.assessment = assessment;
    this.scope = scope;
    this.population = populationOf(assessment);
    this.assets = new Map(
      assessment.assets
        .filter((asset) => this.population.covers(scope, asset) !== undefined)
        .map((asset) => [asset.assetId, asset]),
    );
    if (this.assets.size === 0)
      throw assuranceErrors.make('ASSURANCE_ASSET_UNKNOWN', { assetId: scopeKey(scope) });
    this.cells = assessment.cells.filter(({ asset }) => this.assets.has(asset.assetId));
    for (const cell of this.cells) push(this.#byControl, cell.control.id, cell);
    for (const annotation of assessment.standing.annotations.values())
      push(this.#annotations, annotation.controlId, annotation);
    for (const comment of assessment.standing.comments) push(this.#comments, comment.controlId, comment);
    this.#carried = new Map(
      [...this.assets.values()].map((asset) => [
        asset.assetId,
        standardOf(assessment.standing, this.population, asset, assessment.asOfMs),
      ]),
    );
  }

  cellsOf(control: Control): readonly AssessedCell[] {
    return this.#byControl.get(control.id) ?? [];
  }
  annotationsOf(control: Control): readonly AnnotationState[] {
    return this.#annotations.get(control.id) ?? [];
  }
  commentsOf(control: Control): readonly CommentState[] {
    return (this.#comments.get(control.id) ?? []).filter(
      ({ assetId }) => assetId === undefined || this.assets.has(assetId),
    );
  }

  /** Undefined where the control is about nothing in this scope. */
  row(control: Control): WorkbookRow | undefined {
    const cells = this.cellsOf(control);
    if (cells.length === 0) return undefined;
    const { asOfMs, standing } = this.assessment;
    const { annotation, elsewhere } = this.#annotation(control);
    const status = worst(cells.map(({ cell }) => cell.status));
    const texts = written(annotation);
    const observed = cells.flatMap(({ evidence }) =>
      evidence.flatMap(({ observedAt }) => (observedAt === null ? [] : [observedAt])),
    );
    const comments = this.commentsOf(control);
    return {
      controlId: control.id,
      title: control.title,
      objective: control.objective,
      area: control.area,
      capability: control.capability,
      layer: control.layer,
      worth: control.worth,
      ...texts,
      contradicted:
        texts.applied === true &&
        status !== 'satisfied' &&
        status !== 'partially-satisfied' &&
        status !== 'not-applicable',
      status,
      score: scoreOver(cells),
      reviewAt: instantOrNull(annotation?.reviewAtMs),
      reviewOverdue: annotation?.reviewAtMs !== undefined && annotation.reviewAtMs <= asOfMs,
      annotatedElsewhere: elsewhere,
      owners: DUTIES.map((duty) => ({ duty, shares: sharesOf(cells, duty) })),
      evidenceOldestAt: least(observed),
      evidenceNewestAt: most(observed),
      standards: this.#standards(control, cells),
      exceptedCount: cells.filter(({ cell }) => cell.exception !== null).length,
      openPoamCount: [...standing.poam.values()].filter(
        (item) => item.controlId === control.id && item.status !== 'done' && this.assets.has(item.assetId),
      ).length,
      commentCount: comments.length,
      lastComment: comments.at(-1)?.text ?? null,
    };
  }

  /** For everything: the tenant's own. For one asset or group: of those that cover it, the narrowest. */
  #annotation(control: Control): {
    readonly annotation: AnnotationState | undefined;
    readonly elsewhere: number;
  } {
    const all = this.annotationsOf(control);
    const exactly = all.find(({ scope }) => scopeKey(scope) === scopeKey(this.scope));
    const [only] = this.assets.values();
    const covering =
      this.scope.kind === 'asset' && only !== undefined
        ? all
            .flatMap((annotation) => {
              const rank = specificity(annotation.scope, this.population, only);
              return rank === undefined ? [] : [{ annotation, rank }];
            })
            .sort((a, b) => b.rank - a.rank)[0]?.annotation
        : all.find(({ scope }) => scope.kind === 'tenant');
    const annotation = exactly ?? covering;
    return { annotation, elsewhere: all.length - (annotation === undefined ? 0 : 1) };
  }

  #standards(control: Control, cells: readonly AssessedCell[]): WorkbookStandard[] {
    const found = new Map<string, WorkbookStandard & { assetCount: number }>();
    for (const { asset } of cells) {
      const standard = this.#carried.get(asset.assetId)?.standard;
      const named = standard?.controls.find(({ controlId }) => controlId === control.id);
      if (standard === undefined || named === undefined) continue;
      const known = found.get(standardKey(standard));
      if (known === undefined)
        found.set(standardKey(standard), {
          standardId: standard.standardId,
          version: standard.version,
          title: standard.title,
          parameters: named.parameters,
          approvedDigests: [...named.approvedDigests],
          assetCount: 1,
        });
      else known.assetCount += 1;
    }
    return [...found.values()];
  }
}

const written = (annotation: AnnotationState | undefined) => ({
  applied: annotation?.applied ?? null,
  rationale: annotation?.rationale ?? '',
  example: annotation?.example ?? '',
  configuration: annotation?.configuration ?? '',
  hld: [...(annotation?.hld ?? [])],
  lld: [...(annotation?.lld ?? [])],
});

function sharesOf(
  cells: readonly AssessedCell[],
  duty: (typeof DUTIES)[number],
): WorkbookRow['owners'][number]['shares'] {
  const shares = new Map<string, WorkbookRow['owners'][number]['shares'][number]>();
  for (const { cell } of cells) {
    const owner = cell.duties.find((each) => each.duty === duty);
    if (owner === undefined) continue;
    const key = `${owner.state} ${owner.party ?? ''}`;
    const known = shares.get(key);
    if (known === undefined) shares.set(key, { party: owner.party, state: owner.state, count: 1 });
    else known.count += 1;
  }
  return [...shares.values()].sort((a, b) => b.count - a.count).slice(0, 50);
}

/** The one formula of the score, with what it is made of, so that a spreadsheet can do the sum again. */
export function scoreOver(cells: readonly AssessedCell[]): Score {
  const { counts, applicable, assessed, score, coverage } = rollUp(
    cells.map(({ control, cell }) => ({ worth: control.worth, status: cell.status })),
  );
  let worth = 0;
  let earned = 0;
  for (const { control, cell } of cells) {
    if (cell.status === 'not-applicable') continue;
    worth += control.worth;
    earned += control.worth * creditOf(cell.status);
  }
  return {
    worth,
    earned,
    score: score ?? null,
    counts: { ...counts },
    applicable,
    assessed,
    coverage: coverage ?? null,
  };
}

// Instants in ISO 8601, UTC, sort as text.
const least = (instants: readonly string[]): string | null =>
  instants.reduce<string | null>((found, each) => (found === null || each < found ? each : found), null);
const most = (instants: readonly string[]): string | null =>
  instants.reduce<string | null>((found, each) => (found === null || each > found ? each : found), null);

function push<T>(map: Map<string, T[]>, key: string, item: T): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [item]);
  else known.push(item);
}
