/** Door for the Sigma view: how the events of every parser here are read back, and what they are to Sigma. */
import type { Recognition } from '@demarc/platform/sigma/event';
import type { Mapping } from '@demarc/platform/sigma/view';
import { cloudMappings, cloudRecognitions } from './cloud/sources.ts';
import { linuxMappings, linuxRecognitions } from './linux/apps.ts';
import { networkMappings, networkRecognitions } from './network/network.ts';
import { syslogMappings, syslogRecognitions } from './syslog/dispatch.ts';
import { webMappings, webRecognitions } from './web/web.ts';
import { WINDOWS_MAPPINGS } from './windows/windows.ts';

export const mappings: readonly Mapping[] = [
  ...syslogMappings,
  ...linuxMappings,
  ...networkMappings,
  ...webMappings,
  ...cloudMappings,
  ...WINDOWS_MAPPINGS,
];

export const recognitions: readonly Recognition[] = [
  ...syslogRecognitions,
  ...linuxRecognitions,
  ...networkRecognitions,
  ...webRecognitions,
  ...cloudRecognitions,
];
