/** The policy of network detection from a file, in JSON or YAML. */
import { readFileSync } from 'node:fs';
import { networkDetectionErrors } from '@demarc/host-intrusion-detection/network/errors';
import { NetworkDetectionPolicy } from '@demarc/host-intrusion-detection/network/policy';
import { parse } from 'yaml';
import type * as z from 'zod';
import { cliErrors } from '../errors.ts';

/** @throws CLI_FILE_UNREADABLE, HID_NETWORK_POLICY_INVALID */
export function readDetectionPolicy(file: string | undefined): NetworkDetectionPolicy {
  const { data, error } = NetworkDetectionPolicy.safeParse(file === undefined ? {} : readFile(file));
  if (error !== undefined) throw networkDetectionErrors.make('HID_NETWORK_POLICY_INVALID', firstOf(error));
  return data;
}

function readFile(file: string): unknown {
  try {
    return parse(readFileSync(file, 'utf8')) as unknown;
  } catch (error) {
    const because = error instanceof Error ? error.message : String(error);
    throw cliErrors.make('CLI_FILE_UNREADABLE', { file, because }, { cause: error });
  }
}

function firstOf({ issues: [issue] }: z.ZodError): { readonly path: string; readonly because: string } {
  return { path: issue?.path.join('.') || 'its top', because: issue?.message ?? 'it is refused' };
}
