/** The rooms' pages. An eighth service is one folder and one line here. */
import { amsPatchingConsole } from '@demarc/ams-patching/console';
import { fileIntegrityMonitoringConsole } from '@demarc/file-integrity-monitoring/console';
import { hostFirewallConsole } from '@demarc/host-firewall/console';
import { hostIntrusionDetectionConsole } from '@demarc/host-intrusion-detection/console';
import type { ConsoleRoom } from '@demarc/platform/contract/console';
import { vulnerabilityScanningConsole } from '@demarc/vulnerability-scanning/console';

export const ROOMS: readonly ConsoleRoom[] = [
  fileIntegrityMonitoringConsole,
  hostFirewallConsole,
  hostIntrusionDetectionConsole,
  vulnerabilityScanningConsole,
  amsPatchingConsole,
];
