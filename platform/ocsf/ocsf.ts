/** Door: OCSF 1.8, the shape every event takes once, at birth. */

export { type AttributeType, attributeLists, attributeType, hasAttribute } from './attribute.ts';
export { canonicalJson } from './canonical.ts';
export { eventUid } from './event-uid.ts';
export type {
  OcsfActor,
  OcsfBaseEvent,
  OcsfByClass,
  OcsfDetectionFinding,
  OcsfDevice,
  OcsfEvidences,
  OcsfFile,
  OcsfFileActivity,
  OcsfFingerprint,
  OcsfMetadata,
  OcsfProcess,
  OcsfUser,
} from './generated/types.ts';
export { OCSF_CLASS, OCSF_VERSION } from './generated/validators.ts';
export type { OcsfProblem } from './probe.ts';
export { type OcsfVerdict, validateOcsf } from './validate.ts';

export const FILE_SYSTEM_ACTIVITY = 1_001;
export const VULNERABILITY_FINDING = 2_002;
export const DETECTION_FINDING = 2_004;
export const ENTITY_MANAGEMENT = 3_004;
export const NETWORK_ACTIVITY = 4_001;
export const SOFTWARE_INVENTORY_INFO = 5_020;
export const REMEDIATION_ACTIVITY = 7_001;

/** `severity_id` as published. */
export const SEVERITY = { informational: 1, low: 2, medium: 3, high: 4, critical: 5 } as const;

/** `activity_id` of File System Activity as published. */
export const FILE_ACTIVITY = {
  create: 1,
  update: 3,
  delete: 4,
  rename: 5,
  setAttributes: 6,
  setSecurity: 7,
  other: 99,
} as const;
