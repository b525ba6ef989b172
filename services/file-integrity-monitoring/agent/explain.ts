/** Whether a change is one that a job on this host announced, or one that came in its time and nobody announced. */
import type { ChangeManifest } from '@demarc/platform/contract/patching';
import type { Change } from './compare.ts';
import type { Entry } from './entry.ts';
import { displayPath } from './paths.ts';
import type { ProcessFacts } from './processes.ts';

export interface Explanation {
  readonly jobId: string;
  readonly approvedBy: string;
  readonly isAnnounced: boolean;
  /** Why not; empty when it is. */
  readonly because: string;
}

/** What is seen of a change may be a moment after it. */
const LATE_MS = 2_000;
/** dpkg and rpm write beside a file, and then put it in its place. @see dpkg(1), rpm's fsm.c */
const BESIDE = /\.dpkg-(?:new|tmp)$|;[0-9a-f]{8}$/;

const SET_ID = 0o6000;
/** @see capabilities(7) */
const CAPABILITIES = 'security.capability';
const COMMON_TYPES: ReadonlySet<string> = new Set(['file', 'symlink', 'directory']);

type Announced = ChangeManifest['files'][number];

export class Explainer {
  readonly #manifests: () => readonly ChangeManifest[];
  readonly #heeded: (manifest: ChangeManifest) => void;
  readonly #files = new WeakMap<ChangeManifest, ReadonlyMap<string, Announced>>();

  /**
   * @param manifests what was announced, as it is now
   * @param heeded is told each time that a change came in the time of an announcement
   */
  constructor(
    manifests: () => readonly ChangeManifest[],
    heeded: (manifest: ChangeManifest) => void = () => undefined,
  ) {
    this.#manifests = manifests;
    this.#heeded = heeded;
  }

  /**
   * @param process who did it; undefined where it was found by comparing, which does not say
   * @returns undefined when nothing was announced for that time
   */
  explain(change: Change, atMs: number, process: ProcessFacts | undefined): Explanation | undefined {
    let first: Explanation | undefined;
    for (const manifest of this.#manifests()) {
      if (atMs < manifest.fromMs || atMs > manifest.untilMs + LATE_MS) continue;
      this.#heeded(manifest);
      const because = this.#problem(manifest, change, process);
      const { jobId, approvedBy } = manifest;
      if (because === '') return { jobId, approvedBy, isAnnounced: true, because };
      first ??= { jobId, approvedBy, isAnnounced: false, because };
    }
    return first;
  }

  #problem(manifest: ChangeManifest, change: Change, process: ProcessFacts | undefined): string {
    const path = displayPath(change.entry.path);
    const files = this.#filesOf(manifest);
    const isBeside = BESIDE.test(path);
    const announced = files.get(isBeside ? path.replace(BESIDE, '') : path);
    const isCovered = manifest.covers.some((one) =>
      one.endsWith('/') ? path.startsWith(one) : path === one,
    );
    if (announced === undefined && !isCovered) return 'it is not among what was announced';
    const isOwn = isByItsPrograms(manifest, process);
    if (!isOwn) {
      const program = process?.exe ?? '';
      if (program !== '') return `by ${displayPath(program)}, which has no part in it`;
      // A content that is as announced says enough, whoever wrote it; it does not explain a set-user-ID bit.
      if (isAboutRights(change)) return 'who changed its rights is not known';
      if (announced === undefined || isBeside) return 'who changed it is not known';
    }
    if (announced === undefined || isBeside) return '';
    if (change.kind === 'deleted') return announced.isRemoved ? '' : 'it was not announced to go';
    if (announced.isRemoved) return 'it was announced to go';
    return difference(announced, change.entry, isOwn);
  }

  #filesOf(manifest: ChangeManifest): ReadonlyMap<string, Announced> {
    const known = this.#files.get(manifest);
    if (known !== undefined) return known;
    const files = new Map(manifest.files.map((file) => [file.path, file]));
    this.#files.set(manifest, files);
    return files;
  }
}

/** Between what was announced and what is there; '' where there is none. */
function difference(announced: Announced, entry: Entry, isOwn: boolean): string {
  const type = COMMON_TYPES.has(entry.type) ? entry.type : 'other';
  if (type !== announced.type) return `it is a ${entry.type}, and a ${announced.type} was announced`;
  if (type === 'symlink')
    return displayPath(entry.target) === announced.target ? '' : 'it leads elsewhere than was announced';
  if (type !== 'file' || entry.sha256 === announced.sha256) return '';
  if (entry.sha256 !== '') return 'its content is not what was announced';
  // Too large to be hashed: then only who wrote it can speak for it.
  return isOwn ? '' : 'its content is not known';
}

/** No announcement names them. */
function isAboutRights({ kind, entry, aspects }: Change): boolean {
  if (kind === 'created') return (entry.mode & SET_ID) !== 0 || CAPABILITIES in entry.xattrs;
  return aspects.some((one) => one === 'mode' || one === 'owner' || one === 'group' || one === 'xattrs');
}

/** By one of the job's programs, or by one that such a one started. */
function isByItsPrograms({ executables }: ChangeManifest, process: ProcessFacts | undefined): boolean {
  return [process?.exe ?? '', process?.parent?.exe ?? ''].some(
    (exe) => exe !== '' && executables.includes(displayPath(exe)),
  );
}
