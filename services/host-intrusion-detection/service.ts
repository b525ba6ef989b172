import { defineService } from '@demarc/platform/contract';
import { OCSF_CLASS } from '@demarc/platform/ocsf';
import { HostIntrusionDetectionPolicy } from './policy.ts';

export const hostIntrusionDetection = defineService({
  id: 'host-intrusion-detection',
  partOf: 'host-ids-firewall',
  title: 'Host intrusion detection',
  policy: HostIntrusionDetectionPolicy,
  inherit: (layers) => layers.reduce(over, {}),
  emits: [
    OCSF_CLASS.application_lifecycle,
    OCSF_CLASS.authentication,
    OCSF_CLASS.account_change,
    OCSF_CLASS.network_activity,
    OCSF_CLASS.process_activity,
    OCSF_CLASS.kernel_extension_activity,
  ],
  evidences: [
    { rule: 'VMS-08.1', everySeconds: 60, freshForSeconds: 900 },
    { rule: 'VMS-08.2', everySeconds: 3_600, freshForSeconds: 86_400 },
    { rule: 'VMS-08.3', everySeconds: 900, freshForSeconds: 86_400 },
  ],
});

type Layer = Readonly<Record<string, unknown>>;

/** The more specific wins, field by field and part by part; a list is replaced whole. */
function over(base: Layer, layer: Layer): Layer {
  const merged = Object.entries(layer).map(([name, value]) => {
    const before = base[name];
    return [name, isPart(before) && isPart(value) ? over(before, value) : value] as const;
  });
  return { ...base, ...Object.fromEntries(merged) };
}

const isPart = (value: unknown): value is Layer =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
