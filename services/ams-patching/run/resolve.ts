/** Which exact versions the machine's repositories would bring of what is wanted, with all that they need. Nothing is changed. */
import type { Resolution, Resolve } from '../orders.ts';
import { checkRepository, listed } from './checks.ts';
import { complaintOf, type Execute, execute } from './command.ts';
import { type Driver, type Installed, type Planned, plannedBy, type Target } from './driver.ts';
import { driverFor, installedBy, locksOf } from './host.ts';
import { type JobPackage, keyOf, PACKAGES_MAX, PatchJob } from './job.ts';
import { hold } from './lock.ts';
import { REFRESH_MS_MAX } from './look.ts';
import { runErrors } from './run-errors.ts';

export interface ResolveOptions {
  readonly root: string;
  readonly stateDirectory: string;
  readonly lockWaitMs: number;
  readonly run?: Execute;
}

const ASK_MS_MAX = 60_000;
const SIMULATE_MS_MAX = 120_000;

type Missing = Resolution['missing'][number];

/**
 * Lists are refreshed first, with the locks held.
 *
 * @throws PATCH_MANAGER_BUSY, PATCH_REPOSITORIES_SILENT (both may be tried again), PATCH_MANAGER_MISSING,
 *   PATCH_OUTPUT_UNREADABLE, PATCH_ROOT_UNUSABLE
 */
export async function resolveWanted(
  { jobId, manager, wanted }: Resolve,
  { root, stateDirectory, lockWaitMs, run = execute }: ResolveOptions,
): Promise<Resolution> {
  const driver = driverFor(manager, root, stateDirectory);
  if (driver.candidates === undefined)
    return {
      jobId,
      packages: [],
      missing: wanted.map(({ name }) => ({
        name,
        because: `which version ${manager} would bring is not asked yet: only apt is`,
      })),
    };
  const held = await hold(locksOf(driver, stateDirectory), driver.innerLocks, lockWaitMs);
  if (typeof held === 'string') throw runErrors.make('PATCH_MANAGER_BUSY', { because: held });
  using _locks = held;
  const repository = await checkRepository(driver, run, REFRESH_MS_MAX);
  if (!repository.ok) throw runErrors.make('PATCH_REPOSITORIES_SILENT', { because: repository.because });
  return await new Resolver(driver, run).resolve(jobId, wanted);
}

class Resolver {
  readonly #driver: Driver;
  readonly #run: Execute;
  readonly #missing: Missing[] = [];
  #installed: readonly Installed[] = [];

  constructor(driver: Driver, run: Execute) {
    this.#driver = driver;
    this.#run = run;
  }

  async resolve(jobId: string, wanted: Resolve['wanted']): Promise<Resolution> {
    this.#installed = (await installedBy(this.#driver, this.#run)).all;
    const candidates = await this.#candidates(wanted);
    const taken = await this.#take([], candidates);
    const planned = taken.length === 0 ? [] : await this.#planOf(taken);
    const packages = typeof planned === 'string' ? [] : this.#packages(planned, taken);
    return { jobId, packages: packages as Resolution['packages'], missing: this.#missing };
  }

  #miss({ name }: { readonly name: string }, because: string): void {
    this.#missing.push({ name, because: because.slice(0, 1_000) });
  }

  async #candidates(wanted: Resolve['wanted']): Promise<readonly JobPackage[]> {
    const found = wanted.flatMap((each) => {
      const { name, arch } = each;
      const there = this.#installed.filter(
        (one) => one.name === name && (arch === undefined || one.arch === arch),
      );
      if (there.length === 0) this.#miss(each, 'it is not installed on this machine');
      return there.map(({ version, ...one }) => ({ ...each, arch: one.arch, from: version }));
    });
    // Wanted for two reasons it is one package, fixed where the later of both is.
    const asked = await this.#ask(found);
    const candidates = new Map<string, JobPackage>();
    for (const { name, arch, from, fixedIn, needsReboot } of found) {
      const to = asked.get(`${name}:${arch}`) ?? asked.get(name);
      const key = keyOf({ name, arch });
      const before = candidates.get(key);
      if (to === undefined) this.#miss({ name }, 'the repositories of this machine have none');
      else if (!(await this.#isAtLeast(to, fixedIn)))
        this.#miss(
          { name },
          `the repositories of this machine have ${to}, and it is fixed in ${fixedIn} only`,
        );
      else if (to === from) this.#miss({ name }, `${from} is installed already`);
      else if (!(await this.#isAtLeast(to, from)))
        this.#miss({ name }, `${from} is installed, and the repositories of this machine have ${to} only`);
      else {
        const item = { name, arch, from, to, needsReboot: needsReboot || before?.needsReboot === true };
        if (PatchJob.shape.packages.safeParse([item]).success) candidates.set(key, item);
        else this.#miss({ name }, `${to} of ${arch} is nothing that a job can name`);
      }
    }
    return [...candidates.values()];
  }

  async #ask(
    packages: readonly { readonly name: string; readonly arch: string }[],
  ): Promise<ReadonlyMap<string, string>> {
    const ask = this.#driver.candidates;
    if (ask === undefined || packages.length === 0) return new Map();
    const call = ask.of(packages);
    const ran = await this.#run(call, ASK_MS_MAX);
    if (ran.code !== 0 || ran.isCut === true)
      throw runErrors.make('PATCH_OUTPUT_UNREADABLE', { program: call.argv[0], because: complaintOf(ran) });
    return ask.parse(ran);
  }

  async #isAtLeast(version: string, other: string): Promise<boolean> {
    const call = this.#driver.candidates?.isAtLeast(version, other);
    return call !== undefined && (await this.#run(call, ASK_MS_MAX)).code === 0;
  }

  /**
   * As many of them as can be had together: where all cannot, each half is tried for itself, down to the one that is to
   * blame. So of 500 with one that cannot, 20 are simulated and not 500.
   */
  async #take(before: readonly JobPackage[], group: readonly JobPackage[]): Promise<readonly JobPackage[]> {
    if (group.length === 0) return before;
    const problem = await this.#problemOf([...before, ...group]);
    if (problem === undefined) return [...before, ...group];
    if (group.length === 1) {
      for (const item of group) this.#miss(item, problem);
      return before;
    }
    const half = Math.ceil(group.length / 2);
    return await this.#take(await this.#take(before, group.slice(0, half)), group.slice(half));
  }

  async #problemOf(candidates: readonly JobPackage[]): Promise<string | undefined> {
    const planned = await this.#planOf(candidates);
    if (typeof planned === 'string') return planned;
    const wanted = new Map(candidates.map((item) => [keyOf(item), item.to]));
    const problems: string[] = [];
    for (const { action, name, arch, from, to = '' } of planned) {
      const key = keyOf({ name, arch });
      const target = wanted.get(key);
      if (action === 'remove') problems.push(`${name} ${from ?? ''} would be removed`);
      else if (target !== undefined && target !== to)
        problems.push(`${name} would come as ${to}, not ${target}`);
      else if (from !== undefined && !(await this.#isAtLeast(to, from)))
        problems.push(`${name} would go back from ${from} to ${to}`);
      wanted.delete(key);
    }
    for (const key of wanted.keys()) problems.push(`${key} would stay as it is`);
    const count = this.#packages(planned, candidates).length;
    if (count > PACKAGES_MAX)
      problems.push(`it would be ${count} packages, and a job has ${PACKAGES_MAX} at most`);
    if (count < planned.filter(({ action }) => action === 'install' || action === 'change').length)
      problems.push('what comes along is nothing that a job can name');
    return problems.length === 0 ? undefined : listed(problems);
  }

  async #planOf(candidates: readonly JobPackage[]): Promise<readonly Planned[] | string> {
    const targets: readonly Target[] = candidates.map(({ name, arch, to }) => ({
      name,
      arch,
      version: to,
    }));
    return plannedBy(
      this.#driver,
      await this.#run(this.#driver.simulate(targets, 'upgrade'), SIMULATE_MS_MAX),
    );
  }

  /** In the manager's own order: what others need comes first. */
  #packages(planned: readonly Planned[], taken: readonly JobPackage[]): readonly JobPackage[] {
    const wanted = new Map(taken.map((item) => [keyOf(item), item]));
    return planned.flatMap(({ action, name, arch, from, to = '' }) => {
      if (action !== 'install' && action !== 'change') return [];
      const item = wanted.get(keyOf({ name, arch })) ?? {
        name,
        arch,
        from: from ?? null,
        to,
        needsReboot: false,
      };
      return PatchJob.shape.packages.safeParse([item]).success ? [item] : [];
    });
  }
}
