/** What the text modifiers make of a value: several ways to write it, any of which will do. */
import { type Bytes, base64, base64At, fromUtf8, utf8, utf16 } from './bits.ts';
import { plainTokens, type Token, tokensOf } from './wildcards.ts';

export type Placeholders = Readonly<Record<string, readonly (string | number)[]>>;

const DASHES = ['-', '/', '–', '—', '―'];
const isWord = (token: Token | undefined): boolean =>
  typeof token === 'object' && /^[\p{L}\p{N}_]$/u.test(token.char);
const isDash = (token: Token | undefined): boolean =>
  typeof token === 'object' && DASHES.includes(token.char);

/** Either tokens, or bytes that a following `base64` takes. */
type Form =
  | { readonly tokens: readonly Token[] }
  | { readonly bytes: readonly (Bytes | 'any text' | 'one character')[] };

export function waysToWrite(
  text: string,
  modifiers: readonly string[],
  placeholders: Placeholders,
): readonly (readonly Token[])[] {
  let forms: readonly Form[] = [{ tokens: tokensOf(text) }];
  for (const modifier of modifiers) forms = forms.flatMap((form) => applied(form, modifier, placeholders));
  return forms.map(tokensIn);
}

function tokensIn(form: Form): readonly Token[] {
  if ('tokens' in form) return form.tokens;
  return form.bytes.flatMap((part) =>
    typeof part === 'string' ? [part] : plainTokens(fromUtf8(part) ?? fail()),
  );
}

function applied(form: Form, modifier: string, placeholders: Placeholders): readonly Form[] {
  switch (modifier) {
    case 'contains':
      return [wrapped(form, true, true)];
    case 'startswith':
      return [wrapped(form, false, true)];
    case 'endswith':
      return [wrapped(form, true, false)];
    case 'base64':
      return [{ tokens: plainTokens(base64(bytesIn(form))) }];
    case 'base64offset':
      return [0, 1, 2].map((offset) => ({ tokens: plainTokens(base64At(bytesIn(form), offset)) }));
    case 'wide':
    case 'utf16le':
      return [{ bytes: encoded(form, [], true) }];
    case 'utf16be':
      return [{ bytes: encoded(form, [], false) }];
    case 'utf16':
      return [{ bytes: encoded(form, [0xff, 0xfe], true) }];
    case 'windash':
      return dashed(tokensIn(form)).map((tokens) => ({ tokens }));
    case 'expand':
      return expanded(tokensIn(form), placeholders).map((tokens) => ({ tokens }));
    default:
      return [form];
  }
}

function wrapped(form: Form, before: boolean, after: boolean): Form {
  const any = 'any text' as const;
  const around = <Part>(parts: readonly Part[]): (Part | typeof any)[] => [
    ...(before ? [any] : []),
    ...parts,
    ...(after ? [any] : []),
  ];
  return 'tokens' in form ? { tokens: around(form.tokens) } : { bytes: around(form.bytes) };
}

/** The characters' bytes, or what stands as bytes already. */
function bytesIn(form: Form): Bytes {
  if ('tokens' in form)
    return utf8(form.tokens.map((token) => (typeof token === 'string' ? fail() : token.char)).join(''));
  return form.bytes.flatMap((part) => (typeof part === 'string' ? fail() : part));
}

function encoded(form: Form, mark: Bytes, isLittleEndian: boolean): (Bytes | 'any text' | 'one character')[] {
  let toCome = mark;
  return tokensIn(form).map((token) => {
    if (typeof token === 'string') return token;
    const bytes = [...toCome, ...utf16(token.char, isLittleEndian)];
    toCome = [];
    return bytes;
  });
}

/** Each dash that begins a flag (no word character before it, one behind it) as each dash there is. */
function dashed(tokens: readonly Token[]): readonly (readonly Token[])[] {
  let ways: readonly (readonly Token[])[] = [[]];
  for (const [at, token] of tokens.entries()) {
    const isFlag = isDash(token) && !isWord(tokens[at - 1]) && isWord(tokens[at + 1]);
    const choices: readonly Token[] = isFlag ? DASHES.map((char) => ({ char })) : [token];
    ways = ways.flatMap((way) => choices.map((choice) => [...way, choice]));
  }
  return ways;
}

/** The first `%name%` replaced by each of its values, and so on with what follows it. */
function expanded(tokens: readonly Token[], placeholders: Placeholders): readonly (readonly Token[])[] {
  for (const [at, token] of tokens.entries()) {
    if (charOf(token) !== '%') continue;
    if (charOf(tokens[at - 1]) === '\\')
      return expanded(tokens.slice(at + 1), placeholders).map((rest) => [
        ...tokens.slice(0, at - 1),
        token,
        ...rest,
      ]);
    const end = tokens.findIndex((other, index) => index > at && charOf(other) === '%');
    const name = tokens.slice(at + 1, end).map(charOf);
    if (
      end === -1 ||
      name.length === 0 ||
      !name.every((char) => char !== undefined && /^[\p{L}\p{N}_.-]$/u.test(char))
    )
      continue;
    const values = placeholders[name.join('')] ?? fail();
    const rests = expanded(tokens.slice(end + 1), placeholders);
    return values.flatMap((value) =>
      rests.map((rest) => [...tokens.slice(0, at), ...tokensOf(String(value)), ...rest]),
    );
  }
  return [tokens];
}

function charOf(token: Token | undefined): string | undefined {
  return typeof token === 'object' ? token.char : undefined;
}

function fail(): never {
  throw new Error('not a rule that the oracle is asked about');
}
