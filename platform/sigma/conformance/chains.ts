/** Every modifier in every combination that the specification allows, in both orders where it allows both. */

export type ChainKind =
  | 'pattern'
  | 'flag'
  | 'expandable'
  | 'encodable'
  | 'ascii'
  | 'number or text'
  | 'expression'
  | 'network'
  | 'number'
  | 'time'
  | 'existence'
  | 'field'
  | 'plain';

export interface Chain {
  readonly kind: ChainKind;
  readonly modifiers: readonly string[];
  /** Also for keywords. */
  readonly isForKeywords: boolean;
}

const WIDENINGS = [[], ['contains'], ['startswith'], ['endswith'], ['startswith', 'endswith']] as const;
// Weeks twice: they are what is easiest to get wrong.
const TIME_PARTS = ['minute', 'hour', 'day', 'week', 'week', 'month', 'year'] as const;
const COMPARISONS = ['lt', 'lte', 'gt', 'gte'] as const;

function chains(
  kind: ChainKind,
  isForKeywords: boolean,
  lists: readonly (readonly string[])[],
): readonly Chain[] {
  return lists.map((modifiers) => ({ kind, modifiers, isForKeywords }));
}

const ENCODINGS: readonly (readonly string[])[] = [
  ['base64'],
  ['base64offset'],
  ['wide', 'base64'],
  ['wide', 'base64offset'],
  ['utf16le', 'base64'],
  ['utf16le', 'base64offset'],
  ['utf16be', 'base64'],
  ['utf16be', 'base64offset'],
  ['utf16', 'base64'],
  ['utf16', 'base64offset'],
  ['base64', 'base64'],
];

const FLAG_SETS: readonly (readonly string[])[] = [
  [],
  ['i'],
  ['m'],
  ['s'],
  ['i', 'm'],
  ['m', 's'],
  ['s', 'i'],
  ['i', 'm', 's'],
];

export const CHAINS: readonly Chain[] = [
  // With few modifiers to tell them apart, and much to get wrong.
  ...chains('plain', false, [[], [], [], [], [], []]),
  ...chains('pattern', true, [
    ...WIDENINGS,
    ...WIDENINGS.map((widening) => [...widening, 'cased']),
    ...WIDENINGS.map((widening) => ['cased', ...widening]),
  ]),
  ...chains('pattern', true, [
    ...WIDENINGS.map((widening) => [...widening, 'neq']),
    ...WIDENINGS.map((widening) => ['neq', ...widening, 'cased']),
  ]),
  ...chains('number or text', false, [['neq'], [], ['contains'], ['startswith'], ['endswith'], ['cased']]),
  ...chains('flag', true, [
    ...WIDENINGS.map((widening) => [...widening, 'windash']),
    ...WIDENINGS.map((widening) => ['windash', ...widening]),
    ['windash', 'contains', 'cased'],
    ['windash', 'neq'],
  ]),
  ...chains('expandable', true, [
    ...WIDENINGS.map((widening) => [...widening, 'expand']),
    ...WIDENINGS.map((widening) => ['expand', ...widening]),
    ['expand', 'cased'],
    ['expand', 'neq'],
    ['expand', 'windash'],
  ]),
  ...chains('encodable', true, [
    ...ENCODINGS,
    ...ENCODINGS.flatMap((encoding) => [
      [...encoding, 'contains'],
      [...encoding, 'startswith'],
      [...encoding, 'endswith'],
      [...encoding, 'contains', 'cased'],
    ]),
    ['windash', 'base64', 'contains'],
    ['windash', 'wide', 'base64offset', 'contains'],
    ['base64', 'neq'],
  ]),
  ...chains(
    'ascii',
    true,
    ['wide', 'utf16le', 'utf16be'].flatMap((encoding) => [
      [encoding],
      [encoding, 'contains'],
      ['startswith', encoding],
      [encoding, 'endswith', 'cased'],
    ]),
  ),
  ...chains(
    'expression',
    true,
    FLAG_SETS.map((flags) => ['re', ...flags]),
  ),
  ...chains('network', false, [['cidr'], ['cidr'], ['cidr'], ['cidr'], ['cidr'], ['cidr']]),
  ...chains(
    'number',
    false,
    [...COMPARISONS, ...COMPARISONS, ...COMPARISONS].map((comparison) => [comparison]),
  ),
  ...chains('time', false, [
    ...TIME_PARTS.map((part) => [part]),
    ...TIME_PARTS.map((part) => [part, 'neq']),
    ...TIME_PARTS.flatMap((part) => COMPARISONS.map((comparison) => [part, comparison])),
  ]),
  ...chains('existence', false, [['exists'], ['exists'], ['exists']]),
  ...chains('field', false, [
    ...WIDENINGS.map((widening) => ['fieldref', ...widening]),
    ...WIDENINGS.map((widening) => ['fieldref', ...widening, 'cased']),
    ...WIDENINGS.map((widening) => ['fieldref', ...widening, 'neq']),
    ['cased', 'fieldref'],
    ['neq', 'fieldref'],
  ]),
];
