/** What the page of exports shows of each file, and what it reads off an answer: pure, so that it can be tried without a browser. */
import type { TakenFile } from '@demarc/platform/contract/assurance/exports';

export interface Export {
  readonly key: string;
  readonly title: string;
  /** For whom, and what they do with it. */
  readonly forWhom: string;
  readonly holds: string;
  readonly files: readonly (readonly [file: TakenFile, label: string])[];
  /** The same on the command line. */
  readonly command: string;
}

export const EXPORTS: readonly Export[] = [
  {
    key: 'crm',
    title: 'Customer responsibility matrix',
    forWhom: 'For the customer, and whoever asks the customer: who does what.',
    holds:
      'Each control: who operates, configures, responds and assures, who is accountable, what is left for the customer, since and until when, the evidence and its age.',
    files: [
      ['crm.xlsx', 'XLSX'],
      ['crm.pdf', 'PDF'],
    ],
    command: 'crm --to crm.pdf',
  },
  {
    key: 'workbook',
    title: 'Security controls workbook',
    forWhom: 'For those who plan and report: a spreadsheet that goes on calculating.',
    holds:
      'Summary with formulas, controls with worth and score, standards, risks on both scales, exceptions, decisions, the index of evidence, the assets.',
    files: [['workbook.xlsx', 'XLSX']],
    command: 'workbook --to workbook.xlsx',
  },
  {
    key: 'soa',
    title: 'Statement of applicability',
    forWhom: 'For certification: which controls apply and why.',
    holds:
      'Each control: applicable or not with its justification, implemented as the evidence says it, and where to look.',
    files: [
      ['soa.xlsx', 'XLSX'],
      ['soa.pdf', 'PDF'],
    ],
    command: 'soa --to soa.pdf',
  },
  {
    key: 'oscal',
    title: 'OSCAL',
    forWhom: 'For other tools: the same, in NIST’s Open Security Controls Assessment Language.',
    holds:
      'Catalog, profile, mappings, components, the provider’s and the tenant’s plan, assessment plan and results, plan of action; valid, and linked to each other.',
    files: [
      ['oscal/1.2.2/oscal.zip', 'OSCAL 1.2.2'],
      ['oscal/1.1.2/oscal.zip', 'OSCAL 1.1.2'],
    ],
    command: 'oscal --to directory',
  },
  {
    key: 'bundle',
    title: 'Evidence bundle',
    forWhom: 'For auditors: everything to decide it again, away from this platform.',
    holds:
      'All acts with their chain, the evidence with raw record and signature, the public keys, the catalogue, the assessment, and a script that checks it with Node alone.',
    files: [['bundle.zip', 'ZIP']],
    command: 'bundle --to bundle.zip',
  },
];

/** `sha-256=:…:` of RFC 9530 → hex; undefined for anything else. */
export function sha256Of(contentDigest: string | null): string | undefined {
  const base64 = /^sha-256=:([A-Za-z0-9+/]{43}=):$/.exec(contentDigest ?? '')?.[1];
  if (base64 === undefined) return undefined;
  return Array.from(atob(base64), (byte) => byte.charCodeAt(0).toString(16).padStart(2, '0')).join('');
}

/** The name that the server gave the file; a plain one where it gave none that is plain. */
export function nameOf(disposition: string | null, file: TakenFile): string {
  return (
    /filename="([\w.-]{1,200})"/.exec(disposition ?? '')?.[1] ?? `demarc-${file.split('/').at(-1) ?? ''}`
  );
}

/** `1.2 MB` */
export function sizeOf(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${(bytes / 1_000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
