/** Records as sources send them, many different of each kind. */
const times = (count: number, make: (at: number) => string): readonly string[] =>
  // As they come from a socket: in one piece each, not as the parts that they were put together from.
  Array.from({ length: count }, (_, at) => Buffer.from(make(at)).toString());
const two = (value: number): string => String(value).padStart(2, '0');
const address = (at: number): string => `192.0.2.${at % 250}`;

/** A process creation in 27 fields without nesting, 1.2 kB: the measure. */
export function flatEvents(count: number): readonly string[] {
  return times(count, (at) =>
    JSON.stringify({
      EventID: 1,
      Channel: 'Microsoft-Windows-Sysmon/Operational',
      Computer: `ws-${at % 97}.corp.example.com`,
      Provider_Name: 'Microsoft-Windows-Sysmon',
      UtcTime: `2026-11-26 02:${two(at % 60)}:04.123`,
      ProcessGuid: `{747f3d96-5c5e-5f7e-0000-00${10_000_000 + at}}`,
      ProcessId: 1_000 + (at % 30_000),
      Image: String.raw`C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe`,
      FileVersion: '10.0.19041.1 (WinBuild.160101.0800)',
      Description: 'Windows PowerShell',
      Product: 'Microsoft Windows Operating System',
      Company: 'Microsoft Corporation',
      OriginalFileName: 'PowerShell.EXE',
      CommandLine: `powershell.exe -NoProfile -ExecutionPolicy Bypass -File C:\\Scripts\\job-${at}.ps1 -Verbose`,
      CurrentDirectory: 'C:\\Windows\\system32\\',
      User: String.raw`NT AUTHORITY\SYSTEM`,
      LogonGuid: '{747f3d96-5c5e-5f7e-0000-0020e7030000}',
      LogonId: '0x3e7',
      TerminalSessionId: 0,
      IntegrityLevel: 'System',
      Hashes: `SHA1=36C5D12033B2EAF251BAE61C00690FFB17FDDC87,MD5=CDA48FC75952AD12D99E526D0B6BF70A,SHA256=${'908B64B1971A979C7E3E8CE4621945CBA84854CB98D76367B791A6E22B5F6D53'}`,
      ParentProcessGuid: `{747f3d96-5c5e-5f7e-0000-00${20_000_000 + at}}`,
      ParentProcessId: 700 + (at % 300),
      ParentImage: String.raw`C:\Windows\System32\svchost.exe`,
      ParentCommandLine: 'C:\\Windows\\system32\\svchost.exe -k netsvcs -p -s Schedule',
      ParentUser: String.raw`NT AUTHORITY\SYSTEM`,
      RuleName: '-',
    }),
  );
}

export function eveEvents(count: number): readonly string[] {
  return times(count, (at) =>
    JSON.stringify({
      timestamp: `2026-11-26T02:48:${two(at % 60)}.123456+0000`,
      flow_id: 1_000_000_000_000_000 + at,
      in_iface: 'eth0',
      event_type: 'http',
      src_ip: address(at),
      src_port: 1_024 + (at % 60_000),
      dest_ip: '198.51.100.7',
      dest_port: 80,
      proto: 'TCP',
      pkt_src: 'wire/pcap',
      community_id: `1:LQU9qZlK+B5F3KDmev6m5PMi${at}=`,
      tx_id: 0,
      http: {
        hostname: 'www.example.com',
        url: `/index.php?id=${at}&view=details`,
        http_user_agent:
          'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0',
        http_content_type: 'text/html',
        http_refer: 'https://www.example.com/index.php',
        http_method: 'GET',
        protocol: 'HTTP/1.1',
        status: 200,
        length: 1_256,
      },
    }),
  );
}

/** What a host with users says in RFC 3164: a mixture of programs. */
export function bsdLines(count: number): readonly string[] {
  return times(count, (at) => `<86>Nov 26 02:48:${two(at % 60)} host-${at % 97} ${textOf(at)}`);
}

/** The same in RFC 5424, with structured data. */
export function syslogLines(count: number): readonly string[] {
  return times(count, (at) => {
    const text = textOf(at);
    const open = text.indexOf('[');
    const app = text.slice(0, open);
    const message = text.slice(text.indexOf(': ') + 2);
    return `<86>1 2026-11-26T02:48:${two(at % 60)}.123456+00:00 host-${at % 97} ${app} ${1_000 + (at % 30_000)} - [timeQuality tzKnown="1" isSynced="1" syncAccuracy="${at}"] ${message}`;
  });
}

function textOf(at: number): string {
  const pid = 1_000 + (at % 30_000);
  switch (at % 6) {
    case 0:
      return `sshd[${pid}]: Failed password for invalid user admin${at} from ${address(at)} port ${1_024 + (at % 60_000)} ssh2`;
    case 1:
      return `sshd[${pid}]: Accepted publickey for alice from ${address(at)} port ${1_024 + (at % 60_000)} ssh2: ED25519 SHA256:dTPV870myEMrXwOR8kPNc5THbZB/nWoti4e/UFwLPhA`;
    case 2:
      return `sudo[${pid}]:    alice : TTY=pts/${at % 9} ; PWD=/home/alice ; USER=root ; COMMAND=/usr/bin/systemctl restart app-${at}`;
    case 3:
      return `CRON[${pid}]: pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)`;
    case 4:
      return `CRON[${pid}]: (root) CMD (test -x /usr/sbin/anacron || run-parts /etc/cron.hourly ${at})`;
    default:
      return `app[${pid}]: request ${at} took 12 ms, status 200, user u-${at % 1_000}, cache hit`;
  }
}
