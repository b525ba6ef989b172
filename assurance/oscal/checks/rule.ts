/** What a referential rule is: what no schema can say of OSCAL documents, and we rely on. */
import type { OscalSet } from '../set.ts';

export interface Broken {
  readonly file: string;
  readonly location: string;
  /** What exactly, beside the rule's sentence. */
  readonly says: string;
}

export interface Rule {
  readonly id: string;
  readonly says: string;
  /** It asks for other documents of the set; one that is checked alone cannot break it. */
  readonly across?: boolean;
  broken(set: OscalSet): Iterable<Broken>;
}

export const at = (
  { doc: { file }, location }: { readonly doc: { readonly file: string }; readonly location: string },
  says: string,
): Broken => ({ file, location, says });
