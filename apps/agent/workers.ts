/** The threads that rooms start, apart from the rooms: a worker reads its own modules alone, in a quarter of the time. */
import { amsPatchingWorkers } from '@demarc/ams-patching/agent/workers';
import { fileIntegrityMonitoringWorkers } from '@demarc/file-integrity-monitoring/agent/workers';
import { hostFirewallWorkers } from '@demarc/host-firewall/agent/workers';
import { hostIntrusionDetectionWorkers } from '@demarc/host-intrusion-detection/agent/workers';
import type { AgentWorkers } from '@demarc/platform/contract/agent';
import { vulnerabilityScanningWorkers } from '@demarc/vulnerability-scanning/agent/workers';

/** By the service of the room. */
const WORKERS: Readonly<Record<string, AgentWorkers>> = {
  'ams-patching': amsPatchingWorkers(async () => {
    const { readInventory } = await import('@demarc/vulnerability-scanning/inventory');
    return (root) => readInventory({ root, isLive: root === '/', languages: false, nowMs: Date.now() });
  }),
  'file-integrity-monitoring': fileIntegrityMonitoringWorkers,
  'host-firewall': hostFirewallWorkers,
  'host-intrusion-detection': hostIntrusionDetectionWorkers,
  'vulnerability-scanning': vulnerabilityScanningWorkers,
};

/** @param name service and worker: `file-integrity-monitoring/scan` */
export async function startWorker(name: string): Promise<void> {
  const at = name.indexOf('/');
  const start = WORKERS[name.slice(0, at)]?.[name.slice(at + 1)];
  if (start === undefined) throw new Error(`there is no worker ${name}`);
  await start();
}
