/** A control framework that a tenant brought, and what maps it to another; with the bounds of what is taken. */
import { FRAMEWORK_FILE_BYTES_MAX } from '@demarc/platform/contract/assurance/frameworks';

export const FILE_BYTES_MAX = FRAMEWORK_FILE_BYTES_MAX;
/** Of all parts of an XLSX file together, unpacked. */
export const UNPACKED_BYTES_MAX = 67_108_864;
export const PARTS_MAX = 500;
export const ROWS_MAX = 20_000;
export const COLUMNS_MAX = 64;
/** What a cell of a spreadsheet can hold. */
export const CELL_CHARS_MAX = 32_767;
export const CONTROLS_MAX = 10_000;
export const RELATIONS_MAX = 50_000;
export const FRAMEWORKS_MAX = 50;
/** More than these are counted, not listed. */
export const PROBLEMS_MAX = 100;
export const ID_CHARS_MAX = 64;
export const TITLE_CHARS_MAX = 1_000;
export const TEXT_CHARS_MAX = 16_000;

export const OUR_FRAMEWORK = 'demarc';
export const NIST_FRAMEWORK = 'nist-800-53-r5';
export const BUILT_IN_FRAMEWORKS: readonly string[] = [OUR_FRAMEWORK, NIST_FRAMEWORK];

/** OSCAL's words for how two controls relate. */
export const RELATIONSHIPS = [
  'equivalent-to',
  'equal-to',
  'subset-of',
  'superset-of',
  'intersects-with',
  'no-relationship',
] as const;
export type Relationship = (typeof RELATIONSHIPS)[number];

export interface FrameworkControl {
  readonly controlId: string;
  readonly title: string;
  readonly statement: string;
  /** Family, domain or chapter; empty where the file names none. */
  readonly group: string;
}

export interface Relation {
  readonly sourceId: string;
  readonly targetId: string;
  readonly relationship: Relationship;
}

/** What is wrong with one cell, as a person finds it: rows and columns count from 1. */
export interface CellProblem {
  readonly row: number;
  /** The column's heading, or its letter. */
  readonly column: string;
  readonly says: string;
}

export interface Parsed<Item> {
  readonly items: readonly Item[];
  readonly problems: readonly CellProblem[];
  readonly problemCount: number;
  /** Rows with nothing in them, and controls that were withdrawn: left out, and counted. */
  readonly skippedCount: number;
}

/** Collects problems up to the bound, and counts the rest. */
export class Problems {
  readonly listed: CellProblem[] = [];
  count = 0;

  add(row: number, column: string, says: string): void {
    this.count += 1;
    if (this.listed.length < PROBLEMS_MAX) this.listed.push({ row, column, says });
  }
}
