/** Searches and conditions. */
import type { Vector } from './vectors.ts';

const ABC = 'a:\n    A: 1\nb:\n    B: 1\nc:\n    C: 1\n';

export const LOGIC_VECTORS: readonly Vector[] = [
  {
    says: 'A list of strings is applied to the full log message, linked with or',
    detection: "keywords:\n    - 'EVILSERVICE'\n    - 'svchost.exe -n evil'\ncondition: keywords",
    holds: [{ Message: 'started evilservice now' }, { A: 'x', B: 'c:\\svchost.exe -n EVIL' }],
    fails: [{ Message: 'evil service' }, { evilservice: 'x' }],
  },
  {
    says: "'|all' links keywords with and",
    detection:
      "keywords_cmdlet:\n    '|all':\n        - 'OabVirtualDirectory'\n        - ' -ExternalUrl '\ncondition: keywords_cmdlet",
    holds: [
      { Message: 'Set-OabVirtualDirectory -ExternalUrl x' },
      { A: 'OabVirtualDirectory', B: 'x -externalurl y' },
    ],
    fails: [{ Message: 'Set-OabVirtualDirectory' }],
  },
  {
    says: 'Items of a list of maps are linked with or',
    detection:
      "selection:\n    - Image|endswith: '\\\\example.exe'\n    - Description|contains: 'Test executable'\ncondition: selection",
    holds: [{ Image: 'C:\\Example.exe' }, { Description: 'a test executable here' }],
    fails: [{ Image: 'C:\\example.exe.txt' }, { Description: 'Test' }],
  },
  {
    says: 'A list may hold keywords and maps',
    detection: "s:\n    - 'needle'\n    - A: 1\ncondition: s",
    holds: [{ X: 'a Needle' }, { A: '1' }],
    fails: [{ A: 2 }],
  },
  {
    says: 'and binds stronger than or',
    detection: `${ABC}condition: a or b and c`,
    holds: [{ A: 1 }, { B: 1, C: 1 }],
    fails: [{ B: 1 }, { C: 1 }],
  },
  {
    says: 'Brackets bind strongest',
    detection: `${ABC}condition: (a or b) and c`,
    holds: [
      { A: 1, C: 1 },
      { B: 1, C: 1 },
    ],
    fails: [{ A: 1 }, { C: 1 }],
  },
  {
    says: 'not binds stronger than and',
    detection: `${ABC}condition: not a and b`,
    holds: [{ B: 1 }],
    fails: [{}, { A: 1, B: 1 }, { A: 1 }],
  },
  {
    says: '1 of them and all of them leave out what begins with an underscore',
    detection: 'a:\n    A: 1\n_example:\n    B: 1\ncondition: 1 of them',
    holds: [{ A: 1 }],
    fails: [{ B: 1 }],
  },
  {
    says: 'all of a pattern',
    detection:
      'selection_a:\n    A: 1\nselection_b:\n    B: 1\nother:\n    C: 1\ncondition: all of selection*',
    holds: [{ A: 1, B: 1 }],
    fails: [{ A: 1, C: 1 }, { B: 1 }],
  },
  {
    says: '1 of selection* and not 1 of filter*',
    detection:
      'selection1:\n    A: 1\nselection2:\n    B: 1\nfilter1:\n    C: 1\nfilter2:\n    D: 1\ncondition: 1 of selection* and not 1 of filter*',
    holds: [{ A: 1 }, { B: 1, E: 1 }],
    fails: [{ A: 1, D: 1 }, { C: 1 }, {}],
  },
  {
    says: 'A list of conditions is linked with or',
    detection: `${ABC}condition:\n    - a and b\n    - c`,
    holds: [{ A: 1, B: 1 }, { C: 1 }],
    fails: [{ A: 1 }],
  },
  {
    says: 'all links the values of a field with and',
    detection: "s:\n    CommandLine|contains|all:\n        - ' -a'\n        - ' -b'\ncondition: s",
    holds: [{ CommandLine: 'x -b -a' }, { CommandLine: 'X -A -B' }],
    fails: [{ CommandLine: 'x -a' }],
  },
];
