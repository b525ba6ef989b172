/**
 * What follows from an event's OCSF class alone, for events that no source's own names tell of: those of the
 * rooms, and those that arrive as OCSF.
 *
 * Sigma's categories are narrower than a class (`file_event` is a file that comes to be, not one that goes),
 * so a rule written for them elsewhere means here what it meant there.
 */
import { OCSF_CLASS } from '../../ocsf/ocsf.ts';
import type { Recognition } from '../event.ts';

/**
 * Every event is of the category that its class is named after, whoever sent it and whatever else it is: a
 * rule for `authentication` looks at sign-ins of all sources. A base event says nothing by its class.
 */
export const OCSF_CLASS_RECOGNITIONS: readonly Recognition[] = Object.entries(OCSF_CLASS)
  .filter(([, classUid]) => classUid !== OCSF_CLASS.base_event)
  .map(([category, classUid]) => ({ when: { class_uid: [String(classUid)] }, is: { category } }));

const FILE_ACTIVITY = '1001';

/** Class, activities (all where there are none), category. */
const CATEGORIES: readonly (readonly [classUid: string, activities: readonly string[], category: string])[] =
  [
    [FILE_ACTIVITY, [], 'file_activity'],
    // Create, update, rename: a content appears under a name.
    [FILE_ACTIVITY, ['1', '3', '5'], 'file_event'],
    // Update, set attributes, set security.
    [FILE_ACTIVITY, ['3', '6', '7'], 'file_change'],
    [FILE_ACTIVITY, ['4'], 'file_delete'],
    [FILE_ACTIVITY, ['5'], 'file_rename'],
    // Read, get attributes, get security, open.
    [FILE_ACTIVITY, ['2', '8', '9', '14'], 'file_access'],
    ['1002', ['1'], 'driver_load'],
    ['1005', ['1'], 'image_load'],
    ['1007', ['1'], 'process_creation'],
    ['1007', ['2'], 'process_termination'],
    ['1007', ['3'], 'process_access'],
    ['4001', [], 'network_connection'],
    ['4003', ['1'], 'dns_query'],
    ['201001', [], 'registry_event'],
    ['201001', ['1'], 'registry_add'],
    ['201001', ['4'], 'registry_delete'],
    ['201002', [], 'registry_event'],
    ['201002', ['2', '3'], 'registry_set'],
    ['201002', ['4'], 'registry_delete'],
  ];

/** `device.os.type_id`. */
const SYSTEMS: readonly (readonly [typeIds: readonly string[], product: string])[] = [
  [['100', '101'], 'windows'],
  [['200', '201'], 'linux'],
  [['300', '301', '302'], 'macos'],
];

export const OCSF_RECOGNITIONS: readonly Recognition[] = CATEGORIES.flatMap(
  ([classUid, activities, category]) => {
    const what = { class_uid: [classUid], ...(activities.length === 0 ? {} : { activity_id: activities }) };
    return [
      { when: what, is: { category } },
      // Our own sensors run on Linux, and do not always say so.
      { when: { ...what, 'metadata.product.vendor_name': ['Demarc'] }, is: { product: 'linux', category } },
      ...SYSTEMS.map(([typeIds, product]) => ({
        when: { ...what, 'device.os.type_id': typeIds },
        is: { product, category },
      })),
    ];
  },
);
