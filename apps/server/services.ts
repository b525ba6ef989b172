/** The rooms of this server. An eighth service is one folder and one line here. */
import { amsPatchingServer } from '@demarc/ams-patching/server';
import { fileIntegrityMonitoringServer } from '@demarc/file-integrity-monitoring/server';
import { hostFirewallServer } from '@demarc/host-firewall/server';
import { hostIntrusionDetectionServer } from '@demarc/host-intrusion-detection/server';
import type { ServerRoom } from '@demarc/platform/contract/server';
import { vulnerabilityScanningServer } from '@demarc/vulnerability-scanning/server';

export const ROOMS: readonly ServerRoom[] = [
  fileIntegrityMonitoringServer,
  hostFirewallServer,
  hostIntrusionDetectionServer,
  vulnerabilityScanningServer,
  amsPatchingServer,
];
