/** Modifiers that change a value: anchors, flags, encodings, expressions, placeholders. */
import type { Vector } from './vectors.ts';

export const ENCODING_VECTORS: readonly Vector[] = [
  {
    says: 'contains matches anywhere, startswith at the beginning, endswith at the end',
    detection: "s:\n    A|contains: 'x'\n    B|startswith: 'adm'\n    C|endswith: '\\cmd.exe'\ncondition: s",
    holds: [
      { A: 'axa', B: 'Administrator', C: 'C:\\CMD.exe' },
      { A: 'x', B: 'adm', C: '\\cmd.exe' },
    ],
    fails: [
      { A: 'a', B: 'adm', C: '\\cmd.exe' },
      { A: 'x', B: 'xadm', C: '\\cmd.exe' },
      { A: 'x', B: 'adm', C: 'cmd.exe' },
    ],
  },
  {
    says: 'windash takes each dash for the other',
    detection: "s:\n    CommandLine|windash|contains: ' -ma '\ncondition: s",
    holds: ['-', '/', '–', '—', '―'].map((dash) => ({ CommandLine: `procdump ${dash}ma lsass` })),
    fails: [{ CommandLine: 'procdump ma lsass' }, { CommandLine: 'procdump +ma lsass' }],
  },
  {
    says: 're is case-sensitive and finds its text anywhere',
    detection: "s:\n    A|re: 'b[0-9]+c'\ncondition: s",
    holds: [{ A: 'ab12cd' }],
    fails: [{ A: 'aB12cd' }, { A: 'abc' }],
  },
  {
    says: 'i, m and s change how re reads',
    detection: "s:\n    A|re|i: '^ABC$'\n    B|re|m: '^x$'\n    C|re|s: 'a.b'\ncondition: s",
    holds: [{ A: 'abc', B: 'w\nx\ny', C: 'a\nb' }],
    fails: [
      { A: 'abcd', B: 'w\nx\ny', C: 'a\nb' },
      { A: 'abc', B: 'wx', C: 'a\nb' },
      { A: 'abc', B: 'x', C: 'ab' },
    ],
  },
  {
    says: 'base64 encodes the value',
    detection: "s:\n    A|base64|contains: 'foobar'\ncondition: s",
    holds: [{ A: 'xx Zm9vYmFy yy' }],
    fails: [{ A: 'foobar' }, { A: 'xx Zm9vYmF yy' }],
  },
  {
    says: 'base64offset finds the value at each of three places',
    // base64 of "foobar", "_foobar" and "__foobar".
    detection: "s:\n    A|base64offset|contains: 'foobar'\ncondition: s",
    holds: [{ A: 'Zm9vYmFy' }, { A: 'X2Zvb2Jhcg==' }, { A: 'X19mb29iYXI=' }],
    fails: [{ A: 'foobar' }, { A: 'Zm9vYmEy' }],
  },
  {
    says: 'utf16le puts a zero byte behind each character of cmd',
    detection: "s:\n    A|utf16le: 'cmd'\n    B|utf16be: 'cmd'\n    C|wide: 'cmd'\ncondition: s",
    holds: [{ A: 'c\0m\0d\0', B: '\0c\0m\0d', C: 'c\0m\0d\0' }],
    fails: [
      { A: 'cmd', B: '\0c\0m\0d', C: 'c\0m\0d\0' },
      { A: 'c\0m\0d\0', B: 'c\0m\0d\0', C: 'c\0m\0d\0' },
    ],
  },
  {
    says: 'utf16 begins with a byte order mark: FF FE 63 00 6D 00 64 00',
    detection: "s:\n    A|utf16|base64: 'cmd'\ncondition: s",
    holds: [{ A: '//5jAG0AZAA=' }],
    fails: [{ A: 'YwBtAGQA' }],
  },
  {
    says: 'wide and base64offset find what PowerShell encodes',
    // "IEX" in UTF-16LE is 49 00 45 00 58 00: SQBFAFgA.
    detection: "s:\n    A|wide|base64offset|contains: 'IEX'\ncondition: s",
    holds: [{ A: 'powershell -enc SQBFAFgA' }],
    fails: [{ A: 'powershell -enc SUVY' }],
  },
  {
    says: 'Placeholders are handled with expand only, and stand for several values',
    detection: "s:\n    A|expand: '%Administrators%'\n    B: '%Administrators%'\ncondition: s",
    holds: [
      { A: 'adm_kim', B: '%administrators%' },
      { A: 'ROOT', B: '%Administrators%' },
    ],
    fails: [
      { A: '%Administrators%', B: '%Administrators%' },
      { A: 'admin', B: 'admin' },
    ],
  },
  {
    says: 'A percent sign behind a backslash is plain',
    detection: "s:\n    A|expand: '\\%plain%DC-NAME%'\ncondition: s",
    holds: [{ A: '%plainDC01$' }],
    fails: [{ A: '\\%plainDC01$' }, { A: '%plain%DC-NAME%' }],
  },
];
