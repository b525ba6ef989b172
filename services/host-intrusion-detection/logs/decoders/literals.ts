/** Whether a text holds any of many, in one question. */

/** Nothing but literals, each of bounded length, so that the expression cannot take long. */
export function anyOf(literals: readonly string[]): RegExp {
  const escaped = literals.map((literal) => literal.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'));
  return new RegExp(escaped.join('|'));
}
