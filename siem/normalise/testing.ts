/** What the tests of this folder share. */
import { readFileSync } from 'node:fs';
import type { SigmaEvent } from '@demarc/platform/sigma/event';
import { openView } from '@demarc/platform/sigma/view';
import { AuditAssembler } from './linux/auditd/assembler.ts';
import type { NormaliseContext, Normalised } from './normaliser.ts';
import { mappings, recognitions } from './sigma.ts';

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

const view = openView({ mappings, recognitions });

/** What rules see of the event. */
export function viewOf({ event }: Normalised): SigmaEvent['fields'] {
  return view.ofOcsf(event).fields;
}
