/**
 * SigmaHQ's Windows log sources: which channel is which service, and which of its events are which category.
 *
 * @see https://github.com/SigmaHQ/sigma-specification (appendix: taxonomy)
 * @see https://github.com/SigmaHQ/pySigma-pipeline-windows, https://github.com/SigmaHQ/pySigma-pipeline-sysmon
 */
import type { Recognition } from '../../event.ts';
import { ANYTHING } from '../recognise.ts';

/** Channels by service. */
const SERVICES: Readonly<Record<string, readonly string[]>> = {
  application: ['Application'],
  applocker: [
    'Microsoft-Windows-AppLocker/EXE and DLL',
    'Microsoft-Windows-AppLocker/MSI and Script',
    'Microsoft-Windows-AppLocker/Packaged app-Deployment',
    'Microsoft-Windows-AppLocker/Packaged app-Execution',
  ],
  'appmodel-runtime': ['Microsoft-Windows-AppModel-Runtime/Admin'],
  'appxdeployment-server': ['Microsoft-Windows-AppXDeploymentServer/Operational'],
  'appxpackaging-om': ['Microsoft-Windows-AppxPackaging/Operational'],
  bitlocker: ['Microsoft-Windows-BitLocker/BitLocker Management'],
  'bits-client': ['Microsoft-Windows-Bits-Client/Operational'],
  capi2: ['Microsoft-Windows-CAPI2/Operational'],
  'certificateservicesclient-lifecycle-system': [
    'Microsoft-Windows-CertificateServicesClient-Lifecycle-System/Operational',
  ],
  'codeintegrity-operational': ['Microsoft-Windows-CodeIntegrity/Operational'],
  dhcp: ['Microsoft-Windows-DHCP-Server/Operational'],
  'diagnosis-scripted': ['Microsoft-Windows-Diagnosis-Scripted/Operational'],
  'dns-client': [
    'Microsoft-Windows-DNS Client Events/Operational',
    'Microsoft-Windows-DNS-Client/Operational',
  ],
  'dns-server': ['DNS Server'],
  'dns-server-analytic': ['Microsoft-Windows-DNS-Server/Analytical'],
  'dns-server-audit': ['Microsoft-Windows-DNS-Server/Audit'],
  'driver-framework': ['Microsoft-Windows-DriverFrameworks-UserMode/Operational'],
  'firewall-as': ['Microsoft-Windows-Windows Firewall With Advanced Security/Firewall'],
  'iis-configuration': ['Microsoft-IIS-Configuration/Operational'],
  ldap: ['Microsoft-Windows-LDAP-Client/Debug'],
  'lsa-server': ['Microsoft-Windows-LSA/Operational'],
  'microsoft-servicebus-client': ['Microsoft-ServiceBus-Client', 'Microsoft-ServiceBus-Client/Operational'],
  'msexchange-management': ['MSExchange Management'],
  ntlm: ['Microsoft-Windows-NTLM/Operational'],
  openssh: ['OpenSSH/Operational'],
  powershell: ['Microsoft-Windows-PowerShell/Operational', 'PowerShellCore/Operational'],
  'powershell-classic': ['Windows PowerShell'],
  'printservice-admin': ['Microsoft-Windows-PrintService/Admin'],
  'printservice-operational': ['Microsoft-Windows-PrintService/Operational'],
  security: ['Security'],
  'security-mitigations': [
    'Microsoft-Windows-Security-Mitigations/KernelMode',
    'Microsoft-Windows-Security-Mitigations/Kernel Mode',
    'Microsoft-Windows-Security-Mitigations/UserMode',
    'Microsoft-Windows-Security-Mitigations/User Mode',
  ],
  'shell-core': ['Microsoft-Windows-Shell-Core/Operational'],
  'smbclient-connectivity': ['Microsoft-Windows-SmbClient/Connectivity'],
  'smbclient-security': ['Microsoft-Windows-SmbClient/Security'],
  'smbserver-connectivity': ['Microsoft-Windows-SMBServer/Connectivity'],
  sysmon: ['Microsoft-Windows-Sysmon/Operational'],
  system: ['System'],
  taskscheduler: ['Microsoft-Windows-TaskScheduler/Operational'],
  'terminalservices-localsessionmanager': [
    'Microsoft-Windows-TerminalServices-LocalSessionManager/Operational',
  ],
  windefend: ['Microsoft-Windows-Windows Defender/Operational'],
  wmi: ['Microsoft-Windows-WMI-Activity/Operational'],
};

/** Service, event identifiers, category, and what else must hold. */
const CATEGORIES: readonly (readonly [
  service: string,
  eventIds: readonly number[],
  category: string,
  also?: Readonly<Record<string, readonly string[]>>,
])[] = [
  ['sysmon', [1], 'process_creation'],
  ['sysmon', [2], 'file_change'],
  ['sysmon', [3], 'network_connection'],
  ['sysmon', [4, 16], 'sysmon_status'],
  ['sysmon', [5], 'process_termination'],
  ['sysmon', [6], 'driver_load'],
  ['sysmon', [7], 'image_load'],
  ['sysmon', [8], 'create_remote_thread'],
  ['sysmon', [9], 'raw_access_thread'],
  ['sysmon', [10], 'process_access'],
  ['sysmon', [11], 'file_event'],
  ['sysmon', [12, 13, 14], 'registry_event'],
  ['sysmon', [12], 'registry_add', { EventType: ['CreateKey', 'CreateValue', 'AddKey', 'AddValue'] }],
  ['sysmon', [12], 'registry_delete', { EventType: ['DeleteKey', 'DeleteValue'] }],
  // NXLog writes its own severity over Sysmon's field; either may be meant.
  ['sysmon', [12], 'registry_add', { EventType: ['INFO'] }],
  ['sysmon', [12], 'registry_delete', { EventType: ['INFO'] }],
  ['sysmon', [13], 'registry_set'],
  ['sysmon', [14], 'registry_rename'],
  ['sysmon', [15], 'create_stream_hash'],
  ['sysmon', [17, 18], 'pipe_created'],
  ['sysmon', [19, 20, 21], 'wmi_event'],
  ['sysmon', [22], 'dns_query'],
  ['sysmon', [23, 26], 'file_delete'],
  ['sysmon', [24], 'clipboard_capture'],
  ['sysmon', [25], 'process_tampering'],
  ['sysmon', [27], 'file_block_executable'],
  ['sysmon', [28], 'file_block_shredding'],
  ['sysmon', [29], 'file_executable_detected'],
  ['sysmon', [255], 'sysmon_error'],
  ['powershell', [4103], 'ps_module'],
  ['powershell', [4104], 'ps_script'],
  ['powershell-classic', [400], 'ps_classic_start'],
  ['powershell-classic', [600], 'ps_classic_provider_start'],
  ['powershell-classic', [800], 'ps_classic_script'],
  // What Windows' own auditing says of the same, where Sysmon is not installed.
  ['security', [4688], 'process_creation'],
  ['security', [4689], 'process_termination'],
  ['security', [5156], 'network_connection'],
  ['security', [4657], 'registry_event'],
  // %%1904 is a value that was created, %%1905 one that was changed, %%1906 one that was deleted.
  ['security', [4657], 'registry_add', { OperationType: ['%%1904', 'New registry value created'] }],
  ['security', [4657], 'registry_set', { OperationType: ['%%1905', 'Existing registry value modified'] }],
  ['security', [4657], 'registry_delete', { OperationType: ['%%1906', 'Registry value deleted'] }],
];

/** Trace events of the kernel, which reach a log only by a consumer of their own. */
const KERNEL_FILE: readonly (readonly [eventIds: readonly string[], category: string])[] = [
  [['12'], 'file_access'],
  [['19', '27'], 'file_rename'],
  [['26'], 'file_delete'],
];

export const WINDOWS_RECOGNITIONS: readonly Recognition[] = [
  ...Object.entries(SERVICES).map(([service, channels]) => ({
    when: { Channel: channels },
    is: { product: 'windows', service },
  })),
  ...CATEGORIES.map(([service, eventIds, category, also]) => ({
    when: { Channel: SERVICES[service] ?? [], EventID: eventIds.map(String), ...also },
    is: { product: 'windows', category, service },
  })),
  ...KERNEL_FILE.map(([eventIds, category]) => ({
    when: { Provider_Name: ['Microsoft-Windows-Kernel-File'], EventID: eventIds },
    is: { product: 'windows', category },
  })),
  { when: { Channel: ['RPCFW'] }, is: { product: 'rpc_firewall', category: 'application' } },
];

/** A channel that no rule names still comes from Windows. */
export const WINDOWS_OTHERWISE: readonly Recognition[] = [
  { when: { Channel: [ANYTHING], EventID: [ANYTHING] }, is: { product: 'windows' } },
];
