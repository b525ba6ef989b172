/** What generated rules and events are made of. */

export const FIELDS: readonly string[] = [
  'Image',
  'CommandLine',
  'EventID',
  'User',
  'process.parent.name',
  'a.b.c.d',
  'cs-uri-query',
  'New Value',
  'constructor',
  'Größe',
];

/** Pieces of texts: paths, flags, all that escapes and folds oddly, characters of two and four bytes. */
export const PIECES: readonly string[] = [
  'cmd.exe',
  'C:\\Windows\\System32\\',
  '\\\\server\\share',
  'whoami',
  ' /c ',
  ' -enc ',
  'aab',
  'aa',
  'b',
  '%TEMP%',
  "it's",
  '"quoted"',
  'ÄÖÜ straße',
  'ΣΊΣΥΦΟΣ',
  'İstanbul',
  '日本',
  '😀',
  '{"a": [1]}',
  '# no comment',
  'key: value',
  '\t',
  'line\nline',
  '4688',
];

/** The same without what an encoding without base64 cannot say. */
export const ASCII_PIECES: readonly string[] = [
  'cmd.exe',
  'whoami',
  '/c ',
  'IEX',
  'New-Object',
  'aab',
  ' -enc ',
];

/** As written in a rule. */
export const WILDCARDS: readonly string[] = [
  '*',
  '?',
  '\\*',
  '\\?',
  '\\\\',
  '\\\\*',
  '\\\\\\*',
  '**',
  '*?',
  '??',
  '\\',
];

export const FLAGS: readonly string[] = [
  ' -ma ',
  '/accepteula',
  '--help',
  'x-y',
  ' –enc',
  '-a -b',
  'http://x',
  '-*',
  '- ',
];

/** Handed to the front end and the oracle alike. */
export const CONFORMANCE_PLACEHOLDERS = {
  Administrators: ['admin', 'adm_*', 'root'],
  Servers: ['srv?', 4711],
  'DC-NAME': ['DC01$'],
  nobody: [],
} as const;

export const EXPANDABLE: readonly string[] = [
  '%Administrators%',
  'x%Servers%',
  '%DC-NAME%',
  '%Administrators%@%Servers%',
  '\\%plain%DC-NAME%',
  '%nobody%',
  '100 % sure',
  '%%DC-NAME%%',
];

/** Each with texts that it finds and texts that it only nearly finds. */
export const EXPRESSIONS: readonly { readonly source: string; readonly texts: readonly string[] }[] = [
  { source: '^cmd\\.exe$', texts: ['cmd.exe', 'cmdxexe', 'CMD.EXE', 'a\ncmd.exe\nb', ' cmd.exe'] },
  { source: 'a.c', texts: ['abc', 'a\nc', 'ac', 'xAbCx', 'aäc', 'a😀c'] },
  { source: '(foo|bar){2,3}', texts: ['foobar', 'foo', 'barbarfoo', 'FOOBAR', 'fobar'] },
  { source: '[^a-z0-9]+\\d{2}', texts: ['--12', 'a12', '--1', 'ABC99', ' 77'] },
  { source: '(?i)powershell', texts: ['PowerShell.exe', 'power shell', 'POWERSHELL'] },
  { source: '\\bwhoami\\b', texts: ['x whoami y', 'whoamix', 'WHOAMI'] },
  { source: 'x*', texts: ['', 'y', 'xxx'] },
  { source: '^\\s*$', texts: ['', ' \t', ' a', 'a\n\nb'] },
  { source: '\\\\\\\\[\\w.]+\\\\', texts: ['\\\\server\\share', '\\server\\', '\\\\a.b\\'] },
  { source: 'ä+', texts: ['ää', 'Ä', 'a'] },
];

export const NETWORKS: readonly { readonly network: string; readonly texts: readonly string[] }[] = [
  {
    network: '10.0.0.0/8',
    texts: ['10.0.0.0', '10.255.255.255', '11.0.0.0', '9.255.255.255', '::ffff:10.1.2.3'],
  },
  { network: '192.168.4.0/22', texts: ['192.168.4.0', '192.168.7.255', '192.168.8.0', '192.168.3.255'] },
  { network: '127.0.0.1/32', texts: ['127.0.0.1', '127.0.0.2', '127.0.0.01', '127.0.0.1 '] },
  { network: '0.0.0.0/0', texts: ['1.2.3.4', '256.1.1.1', '1.2.3', '::1', 'host'] },
  { network: '172.16.0.1', texts: ['172.16.0.1', '172.16.0.0'] },
  {
    network: '2001:db8::/32',
    texts: ['2001:DB8::1', '2001:db9::', '2001:0db8:ffff:ffff:ffff:ffff:ffff:ffff', '2001:db8:::1'],
  },
  { network: 'fe80::/10', texts: ['fe80::1%eth0', 'febf:ffff::', 'fec0::', 'fe80::1%'] },
  { network: '::/0', texts: ['::1', '1.2.3.4', '::ffff:1.2.3.4', '1:2:3:4:5:6:7:8:9'] },
  { network: '::ffff:10.0.0.0/104', texts: ['10.1.2.3', '::ffff:10.1.2.3', '11.0.0.1', '::10.0.0.1'] },
  { network: '2001:db8::a:0/111', texts: ['2001:db8::b:ffff', '2001:db8::c:0', '2001:db8:0:0:0:0:a:1'] },
];

export const INSTANTS: readonly (string | number)[] = [
  '2026-01-01T00:00:00Z',
  '2025-12-29 23:59:59.999',
  '2021-01-03T12:30:00+00:00',
  '2020-12-31T23:59:59.1234567Z',
  '2024-02-29',
  '2023-02-29',
  '2026-11-26T03:05:00-03:30',
  '2026-03-01T00:15:00+0200',
  '1969-12-31T23:59:00Z',
  '2026-06-15t08:07:00z',
  '2026-06-15T24:00:00Z',
  '15.06.2026',
  1_700_000_000,
  1_700_000_000_000,
  -1,
  0,
  1_767_225_599.5,
];
