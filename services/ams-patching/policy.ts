/** What a tenant may ask of patching on a machine. `{}` is a safe policy: nothing is done but what was approved. */
import * as z from 'zod';

export const AmsPatchingPolicy = z.strictObject({
  /** Off, the machine refuses every job and says so: the switch of whoever answers for the machine. */
  isEnabled: z.boolean().default(true),
  /** How often the machine asks whether its repositories answer; with apt their lists are refreshed. */
  askRepositoriesEverySeconds: z.int().min(3_600).max(604_800).default(21_600),
});
export type AmsPatchingPolicy = z.infer<typeof AmsPatchingPolicy>;
