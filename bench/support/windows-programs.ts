/**
 * Programs as they start on a Windows desk or server all day long: nothing here is an attack. `{…}` is filled
 * in by `windows-events.ts`. Invented for this benchmark; the proportions follow what office fleets report.
 */
export interface Program {
  /** How often, relative to the others. */
  readonly weight: number;
  readonly image: string;
  readonly commandLine: string;
  readonly parent: string;
  readonly parentCommandLine: string;
  readonly description: string;
  readonly product: string;
  readonly company: string;
  readonly original: string;
}

const SYSTEM = 'C:\\Windows\\System32\\';
const WINDOWS = 'Microsoft® Windows® Operating System';
const MICROSOFT = 'Microsoft Corporation';
const SERVICES = [`${SYSTEM}services.exe`, `${SYSTEM}services.exe`] as const;
const HOST = [`${SYSTEM}svchost.exe`, `${SYSTEM}svchost.exe -k netsvcs -p`] as const;
const LAUNCH = [`${SYSTEM}svchost.exe`, `${SYSTEM}svchost.exe -k DcomLaunch -p`] as const;
const EXPLORER = ['C:\\Windows\\explorer.exe', 'C:\\Windows\\Explorer.EXE'] as const;
const SHELL = [`${SYSTEM}cmd.exe`, `${SYSTEM}cmd.exe /c D:\\jobs\\{word}.cmd`] as const;

type Parent = readonly [string, string];

/** One that comes with Windows. */
function own(weight: number, name: string, commandLine: string, parent: Parent, what: string): Program {
  return vendor(weight, `${SYSTEM}${name}`, commandLine, parent, [what, WINDOWS, MICROSOFT]);
}

function vendor(
  weight: number,
  image: string,
  commandLine: string,
  [parent, parentCommandLine]: Parent,
  [description, product, company]: readonly [string, string, string],
): Program {
  const original = image.slice(image.lastIndexOf('\\') + 1);
  return { weight, image, commandLine, parent, parentCommandLine, description, product, company, original };
}

const BROWSER = 'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe';
const EDITOR = 'C:\\Users\\{user}\\AppData\\Local\\Programs\\Microsoft VS Code\\Code.exe';
const OFFICE = 'C:\\Program Files\\Microsoft Office\\root\\Office16\\';
const GIT = 'C:\\Program Files\\Git\\mingw64\\bin\\git.exe';

export const PROGRAMS: readonly Program[] = [
  own(
    70,
    'svchost.exe',
    `${SYSTEM}svchost.exe -k netsvcs -p -s {word}`,
    SERVICES,
    'Host Process for Windows Services',
  ),
  own(
    40,
    'svchost.exe',
    `${SYSTEM}svchost.exe -k LocalService -p -s {word}`,
    SERVICES,
    'Host Process for Windows Services',
  ),
  own(110, 'conhost.exe', `\\??\\${SYSTEM}conhost.exe 0xffffffff -ForceV1`, SHELL, 'Console Window Host'),
  own(55, 'RuntimeBroker.exe', `${SYSTEM}RuntimeBroker.exe -Embedding`, LAUNCH, 'Runtime Broker'),
  own(
    45,
    'backgroundTaskHost.exe',
    `"${SYSTEM}backgroundTaskHost.exe" -ServerName:App.AppX{hex16}.mca`,
    LAUNCH,
    'Background Task Host',
  ),
  own(40, 'taskhostw.exe', 'taskhostw.exe {{guid}}', HOST, 'Host Process for Windows Tasks'),
  own(40, 'dllhost.exe', `${SYSTEM}DllHost.exe /Processid:{{guid}}`, LAUNCH, 'COM Surrogate'),
  own(
    30,
    'SearchProtocolHost.exe',
    `"${SYSTEM}SearchProtocolHost.exe" Global\\UsGthrFltPipeMssGthrPipe{number}_ 1 -2147483646 "Software\\Microsoft\\Windows Search" "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT; MS Search 4.0 Robot)" "C:\\ProgramData\\Microsoft\\Search\\Data\\Temp\\usgthrsvc"`,
    HOST,
    'Microsoft Windows Search Protocol Host',
  ),
  own(20, 'WmiPrvSE.exe', `${SYSTEM}wbem\\wmiprvse.exe -secured -Embedding`, LAUNCH, 'WMI Provider Host'),
  own(20, 'smartscreen.exe', `${SYSTEM}smartscreen.exe -Embedding`, LAUNCH, 'Windows Defender SmartScreen'),
  own(20, 'msiexec.exe', `${SYSTEM}msiexec.exe /V`, SERVICES, 'Windows® installer'),
  own(15, 'gpupdate.exe', 'gpupdate.exe /target:computer', HOST, 'Microsoft® Group Policy Update Utility'),
  own(12, 'ipconfig.exe', 'ipconfig /all', SHELL, 'IP Configuration Utility'),
  own(10, 'sc.exe', 'sc.exe query {word}', SHELL, 'Service Control Manager Configuration Tool'),
  own(9, 'PING.EXE', 'ping -n 2 10.{number}.{number}.{number}', SHELL, 'TCP/IP Ping Command'),
  own(9, 'net.exe', 'net use Y: \\\\{word}-files\\{word}', SHELL, 'Net Command'),
  own(
    9,
    'rundll32.exe',
    `${SYSTEM}rundll32.exe shell32.dll,SHCreateLocalServerRunDll {{guid}} -Embedding`,
    LAUNCH,
    'Windows host process (Rundll32)',
  ),
  own(
    9,
    'schtasks.exe',
    'schtasks.exe /query /tn "\\{word}\\{word}" /fo LIST',
    SHELL,
    'Task Scheduler Configuration Tool',
  ),
  own(
    9,
    'reg.exe',
    'reg query "HKLM\\SOFTWARE\\Northwind\\{word}" /v Version',
    SHELL,
    'Registry Console Tool',
  ),
  own(15, 'notepad.exe', `"${SYSTEM}NOTEPAD.EXE" C:\\Users\\{user}\\Desktop\\{file}`, EXPLORER, 'Notepad'),
  own(
    10,
    'robocopy.exe',
    'robocopy D:\\{folder} \\\\backup01\\{word}$ /MIR /R:1 /W:1 /LOG:D:\\logs\\{word}-{date}.log',
    SHELL,
    'Microsoft Robocopy',
  ),
  own(
    10,
    'curl.exe',
    'curl.exe -s -o D:\\{folder}\\{file} https://artifacts.northwind.example/{word}/{version}/{word}.zip',
    SHELL,
    'The curl executable',
  ),
  own(
    12,
    'cmd.exe',
    `${SYSTEM}cmd.exe /c ""C:\\Tools\\{word}\\{word}.bat" {number} {word}"`,
    [
      'C:\\Program Files\\Jenkins\\jre\\bin\\java.exe',
      '"C:\\Program Files\\Jenkins\\jre\\bin\\java.exe" -Xmx512m -jar "C:\\Program Files\\Jenkins\\agent.jar"',
    ],
    'Windows Command Processor',
  ),
  own(
    18,
    'WindowsPowerShell\\v1.0\\powershell.exe',
    `"${SYSTEM}WindowsPowerShell\\v1.0\\powershell.exe" -NoLogo -Noninteractive -NoProfile -File "C:\\Windows\\CCM\\SystemTemp\\{guid}.ps1"`,
    ['C:\\Windows\\CCM\\CcmExec.exe', 'C:\\Windows\\CCM\\CcmExec.exe'],
    'Windows PowerShell',
  ),
  own(
    8,
    'WindowsPowerShell\\v1.0\\powershell.exe',
    'powershell.exe -Command "Get-ChildItem D:\\Data\\{word} | Measure-Object"',
    SHELL,
    'Windows PowerShell',
  ),
  vendor(
    130,
    BROWSER,
    `"${BROWSER}" --type=renderer --field-trial-handle={big},i,{big},{big},262144 --lang=en-US --device-scale-factor=1 --num-raster-threads=4 --enable-main-frame-before-activation --renderer-client-id={number} --launch-time-ticks={big} --metrics-shmem-handle={big},i,{big},{big},2097152 --variations-seed-version={date}-{big} --mojo-platform-channel-handle={big} /prefetch:1`,
    [BROWSER, `"${BROWSER}" --profile-directory="Default"`],
    ['Google Chrome', 'Google Chrome', 'Google LLC'],
  ),
  vendor(
    40,
    BROWSER,
    `"${BROWSER}" --type=utility --utility-sub-type=network.mojom.NetworkService --lang=en-US --service-sandbox-type=none --mojo-platform-channel-handle={big} /prefetch:11`,
    [BROWSER, `"${BROWSER}" --no-startup-window`],
    ['Google Chrome', 'Google Chrome', 'Google LLC'],
  ),
  vendor(
    55,
    GIT,
    'git.exe -c core.quotepath=false -c color.ui=false status -z -uall --porcelain=v1',
    [EDITOR, `"${EDITOR}" --type=utility`],
    ['Git for Windows', 'Git', 'The Git Development Community'],
  ),
  vendor(
    35,
    GIT,
    'git.exe show --textconv :{folder}\\{file}',
    [EDITOR, `"${EDITOR}" --type=utility`],
    ['Git for Windows', 'Git', 'The Git Development Community'],
  ),
  vendor(
    70,
    'C:\\Program Files\\Microsoft Visual Studio\\2022\\Professional\\VC\\Tools\\MSVC\\14.3{number}\\bin\\HostX64\\x64\\cl.exe',
    'cl.exe /c /Zi /nologo /W3 /WX- /diagnostics:column /O2 /D NDEBUG /D _CONSOLE /D _UNICODE /EHsc /MD /GS /Fo"{folder}\\" C:\\build\\{hex8}\\{folder}\\{word}{number}.cpp',
    [
      'C:\\Program Files\\Microsoft Visual Studio\\2022\\Professional\\MSBuild\\Current\\Bin\\MSBuild.exe',
      'MSBuild.exe {word}.sln /m /p:Configuration=Release',
    ],
    ['Microsoft® C/C++ Compiler Driver', 'Microsoft® Visual Studio®', MICROSOFT],
  ),
  vendor(
    45,
    'C:\\Program Files\\nodejs\\node.exe',
    '"C:\\Program Files\\nodejs\\node.exe" "C:\\build\\{hex8}\\node_modules\\{word}\\bin\\{word}.js" --config {word}.config.js --out dist\\{word}',
    [`${SYSTEM}cmd.exe`, `${SYSTEM}cmd.exe /d /s /c "npm run build"`],
    ['Node.js JavaScript Runtime', 'Node.js', 'Node.js'],
  ),
  vendor(
    35,
    'C:\\Python312\\python.exe',
    'python.exe -m {word}.{word} --date {date} --input D:\\{folder}\\{file} --workers {number}',
    SHELL,
    ['Python', 'Python', 'Python Software Foundation'],
  ),
  vendor(
    18,
    'C:\\Program Files\\Java\\jdk-21\\bin\\java.exe',
    'java -Xms256m -Xmx2g -Dapp.home=D:\\apps\\{word} -cp "D:\\apps\\{word}\\lib\\*" example.northwind.{word}.Main --port {port}',
    SHELL,
    ['OpenJDK Platform binary', 'OpenJDK Platform 21', 'Eclipse Adoptium'],
  ),
  vendor(
    18,
    `${OFFICE}WINWORD.EXE`,
    `"${OFFICE}WINWORD.EXE" /n "C:\\Users\\{user}\\Documents\\{file}" /o ""`,
    EXPLORER,
    ['Microsoft Word', 'Microsoft Office', MICROSOFT],
  ),
  vendor(
    18,
    `${OFFICE}EXCEL.EXE`,
    `"${OFFICE}EXCEL.EXE" "C:\\Users\\{user}\\OneDrive - Northwind\\{word}\\{file}"`,
    EXPLORER,
    ['Microsoft Excel', 'Microsoft Office', MICROSOFT],
  ),
  vendor(14, `${OFFICE}OUTLOOK.EXE`, `"${OFFICE}OUTLOOK.EXE" `, EXPLORER, [
    'Microsoft Outlook',
    'Microsoft Outlook',
    MICROSOFT,
  ]),
  vendor(
    18,
    'C:\\Users\\{user}\\AppData\\Local\\Microsoft\\OneDrive\\OneDrive.exe',
    '"C:\\Users\\{user}\\AppData\\Local\\Microsoft\\OneDrive\\OneDrive.exe" /background',
    EXPLORER,
    ['Microsoft OneDrive', 'Microsoft OneDrive', MICROSOFT],
  ),
  vendor(
    18,
    'C:\\ProgramData\\Microsoft\\Windows Defender\\Platform\\4.18.25{number}-0\\MpCmdRun.exe',
    '"C:\\ProgramData\\Microsoft\\Windows Defender\\Platform\\4.18.25{number}-0\\MpCmdRun.exe" SpyNetServiceDss -RestrictPrivileges -AccessKey {guid} -Reinvoke',
    [
      'C:\\ProgramData\\Microsoft\\Windows Defender\\Platform\\4.18.25{number}-0\\MsMpEng.exe',
      '"C:\\ProgramData\\Microsoft\\Windows Defender\\Platform\\4.18.25{number}-0\\MsMpEng.exe"',
    ],
    ['Microsoft Malware Protection Command Line Utility', WINDOWS, MICROSOFT],
  ),
  vendor(
    15,
    'C:\\Program Files\\7-Zip\\7z.exe',
    '"C:\\Program Files\\7-Zip\\7z.exe" x -y -oD:\\{folder} D:\\drop\\{word}-{date}.7z',
    SHELL,
    ['7-Zip Console', '7-Zip', 'Igor Pavlov'],
  ),
  vendor(
    14,
    'C:\\Program Files (x86)\\Microsoft\\EdgeUpdate\\MicrosoftEdgeUpdate.exe',
    '"C:\\Program Files (x86)\\Microsoft\\EdgeUpdate\\MicrosoftEdgeUpdate.exe" /ua /installsource scheduler',
    HOST,
    ['Microsoft Edge Update', 'Microsoft Edge Update', MICROSOFT],
  ),
];
