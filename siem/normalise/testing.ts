/** What the tests of this folder share. */
import { readFileSync } from 'node:fs';
import { flatten, type SigmaEvent } from '@demarc/platform/sigma/event';
import type { Members } from './event/draft.ts';
import { AuditAssembler } from './linux/auditd/assembler.ts';
import type { NormaliseContext, Normalised } from './normaliser.ts';
import { mappings } from './sigma.ts';

export const RECEIVED_AT_MS = Date.UTC(2026, 10, 26, 4);

export function contextOf(uid = 'uid-1'): NormaliseContext {
  return { uid, receivedAtMs: RECEIVED_AT_MS, peer: '203.0.113.9' };
}

/** The records of a file in `testdata/`; those of the audit system put together. */
export function recordsOf(name: string): readonly string[] {
  const text = readFileSync(new URL(`testdata/${name}`, import.meta.url), 'utf8');
  const lines = text.split('\n').filter((line) => line !== '');
  if (!name.startsWith('audit')) return lines;
  const assembler = new AuditAssembler();
  return [...lines.flatMap((line) => assembler.push(line)), ...assembler.flush()];
}

const byName = new Map(mappings.map((mapping) => [mapping.name, mapping]));

/** What rules see of the event, by the contract of mappings: OCSF, what is unmapped, and the mapped read back. */
export function viewOf({ event }: Normalised): SigmaEvent['fields'] {
  const { unmapped, ...ocsf } = event as Members;
  const fields: Record<string, SigmaEvent['fields'][string]> = { ...flatten(ocsf).fields };
  const [made] = (event.metadata as Members)['transformation_info_list'] as readonly {
    readonly name: string;
  }[];
  for (const [name, path] of Object.entries(byName.get(made?.name ?? '')?.paths ?? {})) {
    const value = fields[path];
    if (value !== undefined) fields[name] = value;
  }
  return { ...fields, ...flatten(unmapped ?? {}).fields };
}
