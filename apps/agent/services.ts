/** The rooms this agent can run. An eighth service is one folder and one line here. */
import { amsPatchingAgent } from '@demarc/ams-patching/agent';
import { fileIntegrityMonitoringAgent } from '@demarc/file-integrity-monitoring/agent';
import { hostFirewallAgent } from '@demarc/host-firewall/agent';
import { hostIntrusionDetectionAgent } from '@demarc/host-intrusion-detection/agent';
import type { AgentRoom } from '@demarc/platform/contract/agent';
import { vulnerabilityScanningAgent } from '@demarc/vulnerability-scanning/agent';

export const ROOMS: readonly AgentRoom[] = [
  amsPatchingAgent,
  fileIntegrityMonitoringAgent,
  hostFirewallAgent,
  hostIntrusionDetectionAgent,
  vulnerabilityScanningAgent,
];
