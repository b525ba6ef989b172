import type { RefusalCode } from '../rules/refusal.ts';
import type { CorrelationParser } from '../rules/rules.ts';
import { parseCorrelation } from './document.ts';
import type { CorrelationRule } from './rule.ts';

/** Correlations, as `loadRules` asks for them. */
export const correlationParser: CorrelationParser<CorrelationRule> = ({ value, file, line, text, id }) => {
  const parsed = parseCorrelation(value, { file, line, text });
  // A document without an id is named as its file names all others.
  if (!('refused' in parsed)) return { rule: { ...parsed, id } };
  const { code, because, line: at } = parsed.refused;
  return { refused: { code: code as RefusalCode, because, ...(at === undefined ? {} : { line: at }) } };
};
