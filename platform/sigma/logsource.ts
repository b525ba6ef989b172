/**
 * Log sources as OCSF: which class, and which of its activities, a rule is about.
 *
 * Sigma's own categories are narrower than a class (`file_event` is a file that comes to be, not one that
 * goes), so a rule written for them elsewhere means here what it meant there. A rule for every activity
 * of a class names the class itself, `category: file_activity`, or the activities, `activity_id`.
 */

export interface LogSource {
  readonly classUid: number;
  /** Undefined is every activity. */
  readonly activities: readonly number[] | undefined;
}

const FILE_SYSTEM_ACTIVITY = 1_001;
const CATEGORIES: Readonly<Record<string, LogSource>> = {
  file_activity: { classUid: FILE_SYSTEM_ACTIVITY, activities: undefined },
  // Create, update, rename: a content appears under a name.
  file_event: { classUid: FILE_SYSTEM_ACTIVITY, activities: [1, 3, 5] },
  // Update, set attributes, set security.
  file_change: { classUid: FILE_SYSTEM_ACTIVITY, activities: [3, 6, 7] },
  file_delete: { classUid: FILE_SYSTEM_ACTIVITY, activities: [4] },
  file_rename: { classUid: FILE_SYSTEM_ACTIVITY, activities: [5] },
  // Read, get attributes, get security, open.
  file_access: { classUid: FILE_SYSTEM_ACTIVITY, activities: [2, 8, 9, 14] },
};
/** What our sensors run on; a rule for another system would be dead without anyone knowing. */
const PRODUCTS = ['linux'];

/** @throws Error when nothing here sends what the rule wants to look at */
export function logSourceOf(given: {
  readonly category?: string | undefined;
  readonly product?: string | undefined;
  readonly service?: string | undefined;
}): LogSource {
  const found = Object.hasOwn(CATEGORIES, given.category ?? '')
    ? CATEGORIES[given.category ?? '']
    : undefined;
  if (found === undefined)
    throw new Error(
      `the log source category "${given.category ?? ''}" has no OCSF class here (known: ${Object.keys(CATEGORIES).join(', ')})`,
    );
  if (given.product !== undefined && !PRODUCTS.includes(given.product))
    throw new Error(
      `no sensor sends events of the product "${given.product}" (known: ${PRODUCTS.join(', ')})`,
    );
  if (given.service !== undefined)
    throw new Error(`no sensor sends events of the service "${given.service}"`);
  return found;
}
