/** What holds on this machine, kept over restarts of the agent: the rules outlive it, so what is known of them must too. */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

const InForce = z.strictObject({
  /** Of the rules as the kernel had them when they were confirmed. */
  digest: z.string(),
  confirmedAtMs: z.number(),
  mode: z.enum(['tap', 'inline']),
  defaultIn: z.enum(['allow', 'deny']),
  /** The effective allow-list, in the form of the policy. */
  allowList: z.array(
    z.strictObject({
      id: z.string(),
      why: z.string(),
      peer: z.string(),
      protocol: z.union([z.enum(['any', 'tcp', 'udp']), z.number()]),
      localPorts: z.array(z.union([z.number(), z.string()])),
      remotePorts: z.array(z.union([z.number(), z.string()])),
    }),
  ),
  /** Who was logged in when the policy came, and the policy (SHA-256) that it was. */
  administrators: z.array(z.string()),
  policyDigest: z.string(),
});
export type InForce = z.infer<typeof InForce>;

const FILE = 'in-force.json';

/** @returns undefined when nothing is known, also of a file that is no longer understood: then it is measured anew */
export function readInForce(directory: string): InForce | undefined {
  try {
    return InForce.safeParse(JSON.parse(readFileSync(join(directory, FILE), 'utf8'))).data;
  } catch {
    return undefined;
  }
}

export function writeInForce(directory: string, inForce: InForce): void {
  const path = join(directory, FILE);
  writeFileSync(`${path}.new`, JSON.stringify(inForce), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

export function forgetInForce(directory: string): void {
  rmSync(join(directory, FILE), { force: true });
}
