/** Door: frameworks and mappings that a tenant brings: looked at, taken, removed, and how far ours answer them. */
import type { InTenant } from '@demarc/platform/stores';
import type { TenantScope } from '@demarc/platform/tenancy';
import type { AsOf, Assurance } from '../assurance.ts';
import { nistControls } from '../catalogue/nist.ts';
import type { Assessment } from '../evaluation/assessment.ts';
import { inForce, type Standing } from '../model/standing.ts';
import { importFramework, importMapping, removeFramework } from './commands.ts';
import { type Coverage, coverageOf, type Mapping, nistMapping } from './coverage.ts';
import { frameworkErrors } from './framework-errors.ts';
import { type FrameworkControl, NIST_FRAMEWORK, OUR_FRAMEWORK, type Parsed, type Relation } from './model.ts';
import { type ReadFile, readControls, readMapping, type Upload } from './read.ts';
import { knownIds } from './read-mapping.ts';
import {
  deleteFramework,
  insertControls,
  insertRelations,
  readFrameworkControls,
  readRelations,
} from './store.ts';

export type { Coverage } from './coverage.ts';
export type { Upload } from './read.ts';

export interface FrameworkInfo {
  readonly frameworkId: string;
  readonly title: string;
  readonly version: string;
  readonly builtIn: boolean;
  readonly format: string;
  readonly controlCount: number;
  readonly importedAtMs: number | undefined;
  readonly digest: string | undefined;
}
export interface MappingInfo {
  readonly sourceFrameworkId: string;
  readonly targetFrameworkId: string;
  readonly relationCount: number;
  readonly builtIn: boolean;
}
export interface FrameworkUpload extends Upload {
  readonly frameworkId: string;
  readonly title?: string | undefined;
  readonly version?: string | undefined;
}
export interface MappingUpload extends Upload {
  readonly sourceFrameworkId: string;
  readonly targetFrameworkId: string;
}

export class Frameworks {
  readonly #inTenant: InTenant;
  readonly #assurance: Assurance;

  constructor({ inTenant, assurance }: { readonly inTenant: InTenant; readonly assurance: Assurance }) {
    this.#inTenant = inTenant;
    this.#assurance = assurance;
  }

  /** What the file holds, and what is wrong with it; nothing is written. */
  preview(upload: Upload): Promise<ReadFile<FrameworkControl>> {
    return readControls(upload);
  }

  /** @throws FRAMEWORK_ROWS_INVALID and what reading and the command throw; then nothing is written */
  async import(
    tenant: TenantScope,
    upload: FrameworkUpload,
    actor: string,
  ): Promise<{ readonly changed: boolean; readonly controlCount: number }> {
    const read = valid(await readControls(upload));
    const { frameworkId, format } = upload;
    const { digest } = read;
    // First the texts, which nothing names yet; then the act that does. Between the two there is nothing to see.
    await this.#inTenant(tenant, (db) => insertControls(db, tenant, { frameworkId, digest }, read.items));
    const command = importFramework({
      frameworkId,
      title: upload.title ?? (read.title === '' ? frameworkId : read.title),
      version: upload.version ?? read.version,
      format,
      digest,
      controlCount: read.items.length,
    });
    const { changed } = await this.#assurance.act(tenant, command, actor);
    return { changed, controlCount: read.items.length };
  }

  /** @throws FRAMEWORK_UNKNOWN */
  async previewMapping(tenant: TenantScope, upload: MappingUpload): Promise<ReadFile<Relation>> {
    const assessment = await this.#assurance.assess(tenant);
    const [sources, targets] = await Promise.all(
      [upload.sourceFrameworkId, upload.targetFrameworkId].map(async (frameworkId) =>
        knownIds((await this.#controls(tenant, frameworkId, assessment)).map(({ controlId }) => controlId)),
      ),
    );
    return readMapping(upload, sources ?? new Map(), targets ?? new Map());
  }

  /** @throws FRAMEWORK_ROWS_INVALID, FRAMEWORK_UNKNOWN */
  async importMapping(
    tenant: TenantScope,
    upload: MappingUpload,
    actor: string,
  ): Promise<{ readonly changed: boolean; readonly relationCount: number }> {
    const read = valid(await this.previewMapping(tenant, upload));
    const { sourceFrameworkId, targetFrameworkId } = upload;
    const { digest } = read;
    const mapping = { sourceFrameworkId, targetFrameworkId, digest };
    await this.#inTenant(tenant, (db) => insertRelations(db, tenant, mapping, read.items));
    const command = importMapping({ ...mapping, relationCount: read.items.length });
    const { changed } = await this.#assurance.act(tenant, command, actor);
    return { changed, relationCount: read.items.length };
  }

  /** The texts are deleted; the ledger keeps that they were there. @throws FRAMEWORK_UNKNOWN */
  async remove(tenant: TenantScope, frameworkId: string, actor: string): Promise<void> {
    await this.#assurance.act(tenant, removeFramework(frameworkId), actor);
    await this.#inTenant(tenant, (db) => deleteFramework(db, frameworkId));
  }

  async list(
    tenant: TenantScope,
    at: AsOf = {},
  ): Promise<{ readonly frameworks: readonly FrameworkInfo[]; readonly mappings: readonly MappingInfo[] }> {
    const assessment = await this.#assurance.assess(tenant, at);
    const { standing, asOfMs, catalogue } = assessment;
    const builtIn = { builtIn: true, importedAtMs: undefined, digest: undefined } as const;
    return {
      frameworks: [
        {
          ...builtIn,
          frameworkId: OUR_FRAMEWORK,
          title: 'Controls of this platform',
          version: catalogue.version,
          format: 'catalogue',
          controlCount: catalogue.controls.size,
        },
        {
          ...builtIn,
          frameworkId: NIST_FRAMEWORK,
          title: 'NIST SP 800-53 revision 5',
          version: '5',
          format: 'index',
          controlCount: nistControls().size,
        },
        ...[...standing.frameworks.values()]
          .filter((framework) => inForce(framework, asOfMs))
          .map((framework) => ({
            frameworkId: framework.frameworkId,
            title: framework.title,
            version: framework.version,
            format: framework.format,
            builtIn: false,
            controlCount: framework.controlCount,
            importedAtMs: framework.fromMs,
            digest: framework.digest,
          })),
      ],
      mappings: [
        {
          sourceFrameworkId: OUR_FRAMEWORK,
          targetFrameworkId: NIST_FRAMEWORK,
          relationCount: nistMapping(catalogue).relations.length,
          builtIn: true,
        },
        ...running(standing, asOfMs).map(({ sourceFrameworkId, targetFrameworkId, relationCount }) => ({
          sourceFrameworkId,
          targetFrameworkId,
          relationCount,
          builtIn: false,
        })),
      ],
    };
  }

  /** @throws FRAMEWORK_UNKNOWN */
  async coverage(
    tenant: TenantScope,
    frameworkId: string,
    at: AsOf = {},
  ): Promise<{ readonly coverage: Coverage; readonly assessment: Assessment }> {
    const assessment = await this.#assurance.assess(tenant, at);
    const controls = await this.#controls(tenant, frameworkId, assessment);
    const mappings = await this.#mappings(tenant, assessment);
    return { coverage: coverageOf(frameworkId, controls, mappings, assessment), assessment };
  }

  async #controls(
    tenant: TenantScope,
    frameworkId: string,
    { standing, asOfMs, catalogue }: Assessment,
  ): Promise<readonly FrameworkControl[]> {
    if (frameworkId === OUR_FRAMEWORK)
      return [...catalogue.controls.values()].map(({ id, title, objective, area }) => ({
        controlId: id,
        title,
        statement: objective,
        group: area,
      }));
    if (frameworkId === NIST_FRAMEWORK)
      return [...nistControls()].map(([controlId, title]) => ({
        controlId,
        title,
        statement: '',
        group: controlId.split('-')[0] ?? '',
      }));
    const framework = standing.frameworks.get(frameworkId);
    if (framework === undefined || !inForce(framework, asOfMs))
      throw frameworkErrors.make('FRAMEWORK_UNKNOWN', { frameworkId });
    return this.#inTenant(tenant, (db) => readFrameworkControls(db, framework));
  }

  async #mappings(
    tenant: TenantScope,
    { standing, asOfMs, catalogue }: Assessment,
  ): Promise<readonly Mapping[]> {
    return this.#inTenant(tenant, async (db) => {
      const brought: Mapping[] = [];
      for (const mapping of running(standing, asOfMs))
        brought.push({ ...mapping, relations: await readRelations(db, mapping) });
      return [nistMapping(catalogue), ...brought];
    });
  }
}

const running = ({ mappings }: Standing, asOfMs: number) =>
  [...mappings.values()].filter((mapping) => inForce(mapping, asOfMs));

/** @throws FRAMEWORK_ROWS_INVALID */
function valid<T extends Parsed<unknown>>(parsed: T): T {
  const [first] = parsed.problems;
  if (first !== undefined)
    throw frameworkErrors.make('FRAMEWORK_ROWS_INVALID', {
      count: parsed.problemCount,
      first: `row ${first.row}, column ${first.column}: ${first.says}`,
    });
  return parsed;
}
