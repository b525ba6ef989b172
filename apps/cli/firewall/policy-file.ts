/** A firewall policy as people keep it: YAML or JSON, with the line of what is wrong in it. */
import { readFileSync, statSync } from 'node:fs';
import { hostFirewallErrors } from '@demarc/host-firewall/errors';
import { HostFirewallPolicy } from '@demarc/host-firewall/policy';
import { type Document, isNode, LineCounter, parseDocument } from 'yaml';
import { cliErrors } from '../errors.ts';

/** Ten lists of 100,000 addresses and 10,000 rules are about a third of it. */
const FILE_BYTES_MAX = 67_108_864;

/** @throws CLI_FILE_UNREADABLE, HFW_POLICY_INVALID with `FILE:LINE` before the field */
export function readPolicyFile(file: string): HostFirewallPolicy {
  const text = textOf(file);
  const { input, lineOf } = parsed(file, text);
  const { data, error } = HostFirewallPolicy.safeParse(input ?? {});
  if (data !== undefined) return data;
  const [issue] = error.issues;
  const path = issue?.path ?? [];
  const field = path.length === 0 ? 'its top' : path.join('.');
  throw hostFirewallErrors.make('HFW_POLICY_INVALID', {
    path: `${file}:${lineOf(path)} ${field}`,
    because: issue?.message ?? 'it is refused',
  });
}

function textOf(file: string): string {
  try {
    if (file === '-') return readFileSync(0, 'utf8');
    const { size } = statSync(file);
    if (size > FILE_BYTES_MAX) throw new Error(`it is larger than ${FILE_BYTES_MAX} bytes`);
    return readFileSync(file, 'utf8');
  } catch (error) {
    const because = error instanceof Error ? error.message : String(error);
    throw cliErrors.make('CLI_FILE_UNREADABLE', { file, because }, { cause: error });
  }
}

interface Parsed {
  readonly input: unknown;
  /** From 1; of the nearest part that is there when the field itself is missing. */
  lineOf(path: readonly PropertyKey[]): number;
}

function parsed(file: string, text: string): Parsed {
  // A tenth of the time of a YAML document, for a large one; a line is then looked up only when one is wanted.
  if (/^\s*\{/.test(text)) {
    try {
      return { input: JSON.parse(text) as unknown, lineOf: (path) => inDocument(file, text).lineOf(path) };
    } catch {
      // Flow mappings of YAML begin so too.
    }
  }
  return inDocument(file, text);
}

function inDocument(file: string, text: string): Parsed {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter });
  const [problem] = document.errors;
  if (problem !== undefined)
    throw hostFirewallErrors.make('HFW_POLICY_INVALID', {
      path: `${file}:${lineCounter.linePos(problem.pos[0]).line}`,
      because: problem.message.split('\n')[0] ?? problem.code,
    });
  return {
    input: inputOf(file, document),
    lineOf: (path) => {
      for (let length = path.length; length >= 0; length -= 1) {
        const found = document.getIn(path.slice(0, length), true);
        if (isNode(found) && found.range) return lineCounter.linePos(found.range[0]).line;
      }
      return 1;
    },
  };
}

/** Aliases are resolved here, and a few that multiply each other are refused here. */
function inputOf(file: string, document: Document.Parsed): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 }) as unknown;
  } catch (error) {
    const because = error instanceof Error ? error.message : String(error);
    throw hostFirewallErrors.make('HFW_POLICY_INVALID', { path: file, because }, { cause: error });
  }
}
