/**
 * MITRE ATT&CK's names for what rules are tagged with, as published (Enterprise, version 19).
 *
 * Those that Sigma rules name often; of the others people see the id, which says where to read about it. ATT&CK is
 * a trademark of The MITRE Corporation, its content is used by its terms.
 *
 * @see https://attack.mitre.org
 */

/** By the name that a Sigma tag has; `defense-evasion` is what TA0005 was called before version 19. */
export const ATTACK_TACTICS: Readonly<Record<string, readonly [uid: string, name: string]>> = {
  reconnaissance: ['TA0043', 'Reconnaissance'],
  'resource-development': ['TA0042', 'Resource Development'],
  'initial-access': ['TA0001', 'Initial Access'],
  execution: ['TA0002', 'Execution'],
  persistence: ['TA0003', 'Persistence'],
  'privilege-escalation': ['TA0004', 'Privilege Escalation'],
  stealth: ['TA0005', 'Stealth'],
  'defense-evasion': ['TA0005', 'Stealth'],
  'defense-impairment': ['TA0112', 'Defense Impairment'],
  'credential-access': ['TA0006', 'Credential Access'],
  discovery: ['TA0007', 'Discovery'],
  'lateral-movement': ['TA0008', 'Lateral Movement'],
  collection: ['TA0009', 'Collection'],
  'command-and-control': ['TA0011', 'Command and Control'],
  exfiltration: ['TA0010', 'Exfiltration'],
  impact: ['TA0040', 'Impact'],
};

/** One a line: id, name. A sub-technique is named without its technique. */
const TECHNIQUES = `
T1003 OS Credential Dumping
T1003.001 LSASS Memory
T1003.002 Security Account Manager
T1003.003 NTDS
T1003.004 LSA Secrets
T1003.005 Cached Domain Credentials
T1003.006 DCSync
T1003.008 /etc/passwd and /etc/shadow
T1005 Data from Local System
T1007 System Service Discovery
T1008 Fallback Channels
T1012 Query Registry
T1014 Rootkit
T1016 System Network Configuration Discovery
T1018 Remote System Discovery
T1020 Automated Exfiltration
T1021 Remote Services
T1021.001 Remote Desktop Protocol
T1021.002 SMB/Windows Admin Shares
T1021.003 Distributed Component Object Model
T1021.004 SSH
T1021.006 Windows Remote Management
T1027 Obfuscated Files or Information
T1027.003 Steganography
T1027.004 Compile After Delivery
T1027.005 Indicator Removal from Tools
T1027.010 Command Obfuscation
T1033 System Owner/User Discovery
T1036 Masquerading
T1036.003 Rename Legitimate Utilities
T1036.005 Match Legitimate Resource Name or Location
T1037 Boot or Logon Initialization Scripts
T1040 Network Sniffing
T1041 Exfiltration Over C2 Channel
T1046 Network Service Discovery
T1047 Windows Management Instrumentation
T1048 Exfiltration Over Alternative Protocol
T1049 System Network Connections Discovery
T1053 Scheduled Task/Job
T1053.002 At
T1053.003 Cron
T1053.005 Scheduled Task
T1053.006 Systemd Timers
T1055 Process Injection
T1055.001 Dynamic-link Library Injection
T1055.012 Process Hollowing
T1056 Input Capture
T1057 Process Discovery
T1059 Command and Scripting Interpreter
T1059.001 PowerShell
T1059.002 AppleScript
T1059.003 Windows Command Shell
T1059.004 Unix Shell
T1059.005 Visual Basic
T1059.006 Python
T1059.007 JavaScript
T1059.012 Hypervisor CLI
T1068 Exploitation for Privilege Escalation
T1069 Permission Groups Discovery
T1069.001 Local Groups
T1069.002 Domain Groups
T1070 Indicator Removal
T1070.003 Clear Command History
T1070.004 File Deletion
T1070.005 Network Share Connection Removal
T1070.006 Timestomp
T1071 Application Layer Protocol
T1071.001 Web Protocols
T1071.004 DNS
T1072 Software Deployment Tools
T1074 Data Staged
T1078 Valid Accounts
T1078.001 Default Accounts
T1078.002 Domain Accounts
T1078.003 Local Accounts
T1078.004 Cloud Accounts
T1082 System Information Discovery
T1083 File and Directory Discovery
T1087 Account Discovery
T1087.001 Local Account
T1087.002 Domain Account
T1090 Proxy
T1090.001 Internal Proxy
T1095 Non-Application Layer Protocol
T1098 Account Manipulation
T1098.003 Additional Cloud Roles
T1098.004 SSH Authorized Keys
T1102 Web Service
T1105 Ingress Tool Transfer
T1106 Native API
T1110 Brute Force
T1110.001 Password Guessing
T1110.003 Password Spraying
T1112 Modify Registry
T1113 Screen Capture
T1114 Email Collection
T1115 Clipboard Data
T1119 Automated Collection
T1123 Audio Capture
T1127 Trusted Developer Utilities Proxy Execution
T1132 Data Encoding
T1133 External Remote Services
T1134 Access Token Manipulation
T1135 Network Share Discovery
T1136 Create Account
T1136.001 Local Account
T1137 Office Application Startup
T1140 Deobfuscate/Decode Files or Information
T1187 Forced Authentication
T1189 Drive-by Compromise
T1190 Exploit Public-Facing Application
T1195 Supply Chain Compromise
T1197 BITS Jobs
T1200 Hardware Additions
T1201 Password Policy Discovery
T1202 Indirect Command Execution
T1203 Exploitation for Client Execution
T1204 User Execution
T1204.001 Malicious Link
T1204.002 Malicious File
T1210 Exploitation of Remote Services
T1211 Exploitation for Defense Evasion
T1212 Exploitation for Credential Access
T1213 Data from Information Repositories
T1216 System Script Proxy Execution
T1218 System Binary Proxy Execution
T1218.005 Mshta
T1218.007 Msiexec
T1218.010 Regsvr32
T1218.011 Rundll32
T1219 Remote Access Tools
T1220 XSL Script Processing
T1222 File and Directory Permissions Modification
T1482 Domain Trust Discovery
T1484 Domain or Tenant Policy Modification
T1485 Data Destruction
T1486 Data Encrypted for Impact
T1489 Service Stop
T1490 Inhibit System Recovery
T1491 Defacement
T1496 Resource Hijacking
T1498 Network Denial of Service
T1499 Endpoint Denial of Service
T1505 Server Software Component
T1505.003 Web Shell
T1518 Software Discovery
T1528 Steal Application Access Token
T1529 System Shutdown/Reboot
T1530 Data from Cloud Storage
T1531 Account Access Removal
T1537 Transfer Data to Cloud Account
T1542 Pre-OS Boot
T1543 Create or Modify System Process
T1543.002 Systemd Service
T1543.003 Windows Service
T1546 Event Triggered Execution
T1547 Boot or Logon Autostart Execution
T1547.001 Registry Run Keys / Startup Folder
T1547.006 Kernel Modules and Extensions
T1548 Abuse Elevation Control Mechanism
T1548.001 Setuid and Setgid
T1548.002 Bypass User Account Control
T1548.003 Sudo and Sudo Caching
T1550 Use Alternate Authentication Material
T1552 Unsecured Credentials
T1552.001 Credentials In Files
T1553 Subvert Trust Controls
T1554 Compromise Host Software Binary
T1555 Credentials from Password Stores
T1556 Modify Authentication Process
T1557 Adversary-in-the-Middle
T1558 Steal or Forge Kerberos Tickets
T1558.003 Kerberoasting
T1560 Archive Collected Data
T1562 Impair Defenses
T1564 Hide Artifacts
T1564.001 Hidden Files and Directories
T1565 Data Manipulation
T1566 Phishing
T1566.001 Spearphishing Attachment
T1567 Exfiltration Over Web Service
T1568 Dynamic Resolution
T1569 System Services
T1569.002 Service Execution
T1570 Lateral Tool Transfer
T1571 Non-Standard Port
T1572 Protocol Tunneling
T1573 Encrypted Channel
T1574 Hijack Execution Flow
T1574.006 Dynamic Linker Hijacking
T1580 Cloud Infrastructure Discovery
T1595 Active Scanning
T1610 Deploy Container
T1611 Escape to Host
T1615 Group Policy Discovery
T1649 Steal or Forge Authentication Certificates
T1685 Disable or Modify Tools
T1685.001 Disable or Modify Windows Event Log
T1685.002 Disable or Modify Cloud Log
T1685.004 Disable or Modify Linux Audit System Log
T1685.005 Clear Windows Event Logs
T1685.006 Clear Linux or Mac System Logs
T1686 Disable or Modify System Firewall
T1686.001 Cloud Firewall
T1686.002 Network Device Firewall
T1686.003 Windows Host Firewall
T1689 Downgrade Attack
`;

const techniques: ReadonlyMap<string, string> = new Map(
  TECHNIQUES.trim()
    .split('\n')
    .map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)] as const),
);

/** `Command and Scripting Interpreter: PowerShell` of `T1059.001`; undefined where the name is not known here. */
export function techniqueName(uid: string): string | undefined {
  const own = techniques.get(uid);
  const [technique = ''] = uid.split('.');
  if (technique === uid) return own;
  const above = techniques.get(technique);
  return own === undefined || above === undefined ? above : `${above}: ${own}`;
}
