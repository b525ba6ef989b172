/** An order as what its process is given, or why it is refused. Pure, but for the file of the machine's owner. */
import type { Order } from '@demarc/platform/contract/orders';
import type * as z from 'zod';
import { Apply, ORDER_KINDS, Resolve, TakeBack } from '../orders.ts';
import type { PatchJob } from '../run/job.ts';
import { localSay, withLocalSay } from './local-say.ts';
import type { Machine } from './machine.ts';
import type { Task } from './task.ts';

type Parsed<T> = { readonly ok: T } | { readonly refused: string };

/**
 * Asked when it comes, and again when it begins: the owner may have changed their mind.
 *
 * @returns the task with what the machine's owner says in it
 */
export function taskOf({ kind, what }: Order, { root, journals, changes }: Machine): Parsed<Task> {
  const places = { root, journals, changes };
  const say = localSay(root);
  if (typeof say === 'string')
    return { refused: `what this machine’s owner says of patching is not clear: ${say}` };
  if (say.refuse) return { refused: 'the owner of this machine refuses to have it patched by the platform' };
  switch (kind) {
    case 'patch-resolve': {
      const parsed = parse(Resolve, what);
      return 'refused' in parsed ? parsed : { ok: { kind, resolve: parsed.ok, ...places } };
    }
    case 'patch-apply':
    case 'patch-rollback': {
      // Whoever has the platform would have every program of every machine.
      if (namesHook(what))
        return {
          refused:
            'the job names a snapshot hook: a program that runs as root is named on the machine only, in /etc/demarc/patching.json',
        };
      const parsed = parse(kind === 'patch-apply' ? Apply : TakeBack, what);
      if ('refused' in parsed) return parsed;
      const asked: PatchJob = parsed.ok.job;
      return { ok: { kind, asked, job: withLocalSay(asked, say), ...places } };
    }
    default:
      return { refused: `"${kind}" is nothing that is known here: ${ORDER_KINDS.join(', ')} are` };
  }
}

function parse<T>(schema: z.ZodType<T>, what: unknown): Parsed<T> {
  const parsed = schema.safeParse(what);
  if (parsed.success) return { ok: parsed.data };
  const [issue] = parsed.error.issues;
  return {
    refused:
      `the document is not understood: ${issue?.path.join('.') || 'it'}: ${issue?.message ?? ''}`.slice(
        0,
        900,
      ),
  };
}

function namesHook({ job }: Readonly<Record<string, unknown>>): boolean {
  return typeof job === 'object' && job !== null && 'snapshot' in job && job.snapshot !== undefined;
}
