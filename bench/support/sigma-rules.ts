/** SigmaHQ's rules from the corpora, and the Windows log sources that the benchmark's events have. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import type { Recognition } from '../../platform/sigma/event.ts';
import type { RuleFile } from '../../platform/sigma/rules/rules.ts';

const CORPUS = '../shared/corpora/sigma';

export function sigmaHqFiles(): RuleFile[] {
  if (!existsSync(CORPUS)) return [];
  return globSync(`${CORPUS}/rules*/**/*.yml`)
    .sort()
    .map((file) => ({ file, text: readFileSync(file, 'utf8') }));
}

const SYSMON_CATEGORIES: Readonly<Record<string, readonly number[]>> = {
  process_creation: [1],
  file_change: [2],
  network_connection: [3],
  sysmon_status: [4, 16],
  process_termination: [5],
  driver_load: [6],
  image_load: [7],
  create_remote_thread: [8],
  raw_access_thread: [9],
  process_access: [10],
  file_event: [11],
  registry_add: [12],
  registry_delete: [12],
  registry_set: [13],
  registry_rename: [14],
  registry_event: [12, 13, 14],
  create_stream_hash: [15],
  pipe_created: [17, 18],
  wmi_event: [19, 20, 21],
  dns_query: [22],
  file_delete: [23, 26],
  clipboard_capture: [24],
  process_tampering: [25],
  file_executable_detected: [29],
};

const CHANNELS: Readonly<Record<string, string>> = {
  security: 'Security',
  system: 'System',
  application: 'Application',
  powershell: 'Microsoft-Windows-PowerShell/Operational',
  'powershell-classic': 'Windows PowerShell',
  taskscheduler: 'Microsoft-Windows-TaskScheduler/Operational',
  wmi: 'Microsoft-Windows-WMI-Activity/Operational',
  windefend: 'Microsoft-Windows-Windows Defender/Operational',
  'dns-client': 'Microsoft-Windows-DNS Client Events/Operational',
  bits_client: 'Microsoft-Windows-Bits-Client/Operational',
};

/** Enough for the corpora at hand; the product's own list stands with its parsers. */
export const RECOGNITIONS: readonly Recognition[] = [
  ...Object.entries(SYSMON_CATEGORIES).map(([category, ids]) => ({
    when: { Channel: ['Microsoft-Windows-Sysmon/Operational'], EventID: ids.map(String) },
    is: { product: 'windows', category, service: 'sysmon' },
  })),
  ...Object.entries(CHANNELS).map(([service, channel]) => ({
    when: { Channel: [channel] },
    is: { product: 'windows', service },
  })),
  ...[4103, 4104].map((id) => ({
    when: { Channel: ['Microsoft-Windows-PowerShell/Operational'], EventID: [String(id)] },
    is: { product: 'windows', category: id === 4104 ? 'ps_script' : 'ps_module', service: 'powershell' },
  })),
];

export const WINDOWS_NAMES = {
  prefixes: {
    'Event.EventData.': '',
    'Event.System.': '',
    'Event.System.Provider.#attributes.': 'Provider_',
  },
};
