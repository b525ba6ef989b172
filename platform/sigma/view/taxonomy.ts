/** Door: what is known of log sources before any parser adds its own. */
import type { Recognition } from '../event.ts';
import { OCSF_CLASS_RECOGNITIONS, OCSF_RECOGNITIONS } from './ocsf.ts';
import { CLOUD_RECOGNITIONS } from './taxonomy/cloud.ts';
import { LINUX_RECOGNITIONS } from './taxonomy/linux.ts';
import { NETWORK_RECOGNITIONS } from './taxonomy/network.ts';
import { WINDOWS_OTHERWISE, WINDOWS_RECOGNITIONS } from './taxonomy/windows.ts';

export const RECOGNITIONS: readonly Recognition[] = [
  ...WINDOWS_RECOGNITIONS,
  ...LINUX_RECOGNITIONS,
  ...CLOUD_RECOGNITIONS,
  ...NETWORK_RECOGNITIONS,
];

/** For events that none of `RECOGNITIONS`, and none of a parser's, knows. */
export const OTHERWISE: readonly Recognition[] = [...WINDOWS_OTHERWISE, ...OCSF_RECOGNITIONS];

/** Of every event, whatever else it is. */
export const BESIDE: readonly Recognition[] = OCSF_CLASS_RECOGNITIONS;
