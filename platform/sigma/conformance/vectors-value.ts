/** Values: case, wildcards, escapes, numbers, null, comparisons, addresses, times. */
import type { Vector } from './vectors.ts';

const BACKSLASH = '\\';

export const VALUE_VECTORS: readonly Vector[] = [
  {
    says: 'All values are treated as case-insensitive strings',
    detection: "s:\n    Image: 'C:\\Windows\\System32\\whoami.exe'\ncondition: s",
    holds: [{ Image: 'C:\\Windows\\System32\\whoami.exe' }, { Image: 'c:\\WINDOWS\\system32\\WHOAMI.exe' }],
    fails: [{ Image: 'C:\\Windows\\System32\\whoami.exe ' }, { Image: 'whoami.exe' }, { Other: 'x' }],
  },
  {
    says: '? replaces a single mandatory character',
    detection: "s:\n    Image: 'prog?.exe'\ncondition: s",
    holds: [{ Image: 'progA.exe' }, { Image: 'prog?.exe' }, { Image: 'progÄ.exe' }, { Image: 'prog😀.exe' }],
    fails: [{ Image: 'prog.exe' }, { Image: 'progAB.exe' }],
  },
  {
    says: '* replaces an unbounded length',
    detection: "s:\n    Image: 'antivirus_V*.exe'\ncondition: s",
    holds: [{ Image: 'antivirus_V1.exe' }, { Image: 'antivirus_V21.2.1.exe' }, { Image: 'antivirus_V.exe' }],
    fails: [{ Image: 'antivirus_V1.exe.bak' }, { Image: 'my antivirus_V1.exe' }],
  },
  {
    says: 'A plain backslash can be written as one or as two',
    detection: `s:\n    A: 'a${BACKSLASH}b'\n    B: 'a${BACKSLASH.repeat(2)}b'\ncondition: s`,
    holds: [{ A: 'a\\b', B: 'a\\b' }],
    fails: [
      { A: 'a\\b', B: 'a\\\\b' },
      { A: 'ab', B: 'ab' },
    ],
  },
  {
    says: 'A wildcard has to be escaped to be a plain character',
    detection: `s:\n    A: '${BACKSLASH}*${BACKSLASH}?'\ncondition: s`,
    holds: [{ A: '*?' }],
    fails: [{ A: 'xy' }, { A: '\\*\\?' }],
  },
  {
    says: 'Two backslashes before a wildcard are a backslash and a wildcard',
    detection: `s:\n    A: 'c${BACKSLASH.repeat(2)}*'\ncondition: s`,
    holds: [{ A: 'c\\' }, { A: 'c\\anything' }],
    fails: [{ A: 'c*' }, { A: 'c' }],
  },
  {
    says: 'Three backslashes before a wildcard make both plain',
    detection: `s:\n    A: '${BACKSLASH.repeat(3)}*'\ncondition: s`,
    holds: [{ A: '\\*' }],
    fails: [{ A: '\\' }, { A: '\\x' }, { A: '\\\\*' }],
  },
  {
    says: 'Four backslashes, or three, are two plain ones',
    detection: `s:\n    A: '${BACKSLASH.repeat(4)}x'\n    B: '${BACKSLASH.repeat(3)}x'\ncondition: s`,
    holds: [{ A: '\\\\x', B: '\\\\x' }],
    fails: [
      { A: '\\x', B: '\\\\x' },
      { A: '\\\\x', B: '\\\\\\x' },
    ],
  },
  {
    says: 'A list of values is linked with or',
    detection: 's:\n    EventID:\n        - 517\n        - 1102\ncondition: s',
    holds: [{ EventID: 517 }, { EventID: 1102 }, { EventID: '1102' }],
    fails: [{ EventID: 5171 }, { EventID: 51 }, {}],
  },
  {
    says: 'Elements of a map are joined with and',
    detection:
      "s:\n    EventLog: Security\n    EventID: 4769\n    TicketOptions: '0x40810000'\n    TicketEncryption: '0x17'\ncondition: s",
    holds: [{ EventLog: 'security', EventID: 4769, TicketOptions: '0x40810000', TicketEncryption: '0x17' }],
    fails: [{ EventLog: 'security', EventID: 4769, TicketOptions: '0x40810000', TicketEncryption: '0x18' }],
  },
  {
    says: "An empty value is ''",
    detection: "s:\n    A: ''\ncondition: s",
    holds: [{ A: '' }, { A: ['x', ''] }],
    fails: [{ A: ' ' }, { A: null }, {}],
  },
  {
    says: 'Not null is another selection and a negation',
    detection:
      'selection:\n    EventID: 4738\nfilter:\n    PasswordLastSet: null\ncondition: selection and not filter',
    holds: [
      { EventID: 4738, PasswordLastSet: '%%1794' },
      { EventID: 4738, PasswordLastSet: '' },
    ],
    fails: [{ EventID: 4738, PasswordLastSet: null }, { EventID: 4738 }],
  },
  {
    says: 'exists verifies the presence of a field, be it empty or null',
    detection: 's:\n    EventID: 4738\n    PasswordLastSet|exists: true\ncondition: s',
    holds: [
      { EventID: 4738, PasswordLastSet: '' },
      { EventID: 4738, PasswordLastSet: null },
    ],
    fails: [{ EventID: 4738 }],
  },
  {
    says: 'exists may ask for the absence of a field',
    detection: 's:\n    PasswordLastSet|exists: false\ncondition: s',
    holds: [{ EventID: 4738 }],
    fails: [{ PasswordLastSet: null }, { PasswordLastSet: 'x' }],
  },
  {
    says: 'cased values are applied case sensitively',
    detection: "s:\n    User|cased: 'Admin'\ncondition: s",
    holds: [{ User: 'Admin' }],
    fails: [{ User: 'admin' }, { User: 'ADMIN' }],
  },
  {
    says: 'neq: the field is different from the specified values',
    detection: "s:\n    User|neq:\n        - 'root'\n        - 'admin*'\ncondition: s",
    holds: [{ User: 'guest' }, {}],
    fails: [{ User: 'ROOT' }, { User: 'administrator' }, { User: ['guest', 'root'] }],
  },
  {
    says: 'lt, lte, gt and gte are about numbers',
    detection: 's:\n    A|lt: 5\n    B|lte: 5\n    C|gt: 5\n    D|gte: 5\ncondition: s',
    holds: [
      { A: 4, B: 5, C: 6, D: 5 },
      { A: '4.9', B: '-5', C: '5.01', D: '5.0' },
    ],
    fails: [
      { A: 5, B: 5, C: 6, D: 5 },
      { A: 4, B: 5, C: 5, D: 5 },
      { A: 'four', B: 5, C: 6, D: 5 },
      { B: 5, C: 6, D: 5 },
    ],
  },
  {
    says: 'cidr is for IPv4',
    detection: 's:\n    DestinationIp|cidr: 10.0.0.0/8\ncondition: s',
    holds: [{ DestinationIp: '10.20.30.40' }],
    fails: [{ DestinationIp: '11.0.0.1' }, { DestinationIp: '10.20.30' }, { DestinationIp: '10.20.30.400' }],
  },
  {
    says: 'cidr is for IPv6',
    detection: "s:\n    DestinationIp|cidr: '2001:db8:a::/48'\ncondition: s",
    holds: [
      { DestinationIp: '2001:DB8:A:1::1' },
      { DestinationIp: '2001:0db8:000a:0000:0000:0000:0000:0001' },
    ],
    fails: [{ DestinationIp: '2001:db8:b::1' }, { DestinationIp: '10.0.0.1' }],
  },
  {
    says: 'Time modifiers extract a number from a date',
    detection: 's:\n    T|hour: 23\n    U|week: 1\n    V|year: 2026\ncondition: s',
    holds: [{ T: '2026-05-01T23:10:00Z', U: '2025-12-29', V: '2026-01-01 00:00:00' }],
    fails: [
      { T: '2026-05-01T22:59:59Z', U: '2025-12-29', V: '2026-01-01' },
      { T: '2026-05-01T23:10:00Z', U: '2025-12-28', V: '2026-01-01' },
      { T: '23', U: '2025-12-29', V: '2026-01-01' },
    ],
  },
  {
    says: 'A part of a date is a number that can be compared',
    detection: 's:\n    T|hour|gte: 22\ncondition: s',
    holds: [{ T: '2026-05-01T22:00:00Z' }, { T: '2026-05-01T23:59:59.999Z' }],
    fails: [{ T: '2026-05-01T21:59:59Z' }, { T: 'tonight' }],
  },
  {
    says: 'A plain field reference compares two fields of the event',
    detection: 's:\n    Image|fieldref: ParentImage\ncondition: s',
    holds: [{ Image: 'a.exe', ParentImage: 'A.EXE' }],
    fails: [{ Image: 'a.exe', ParentImage: 'b.exe' }, { Image: 'a.exe' }, {}],
  },
  {
    says: 'fieldref can be combined with neq',
    detection: 's:\n    User|fieldref|neq: ParentUser\ncondition: s',
    holds: [{ User: 'a', ParentUser: 'b' }],
    fails: [{ User: 'a', ParentUser: 'A' }],
  },
];
