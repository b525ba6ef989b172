/** Texts, addresses and numbers of sources, checked before they stand in an event. */

/** Of one attribute (`platform/ocsf/probe.ts` refuses more). */
export const TEXT_LENGTH_MAX = 131_072;

export function fit(text: string): string {
  return text.length <= TEXT_LENGTH_MAX ? text : text.slice(0, TEXT_LENGTH_MAX);
}

export function fitted(text: string | undefined): string | undefined {
  return text === undefined ? undefined : fit(text);
}

/** A decimal number as a whole, of at most 15 digits, so that it is exact. */
export function integer(text: string | undefined): number | undefined {
  if (text === undefined || text.length === 0 || text.length > 15) return undefined;
  let value = 0;
  for (let at = 0; at < text.length; at += 1) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  return value;
}

export function port(text: string | undefined): number | undefined {
  const value = integer(text);
  return value === undefined || value > 65_535 ? undefined : value;
}

/** Looks like an IPv4 or IPv6 address; enough to tell it from a name. */
export function isIp(text: string): boolean {
  const { length } = text;
  if (length < 2 || length > 45) return false;
  let dots = 0;
  let run = 0;
  // Nearly all are of four numbers: one pass over them, anything else is looked at again.
  for (let at = 0; at < length; at += 1) {
    const code = text.charCodeAt(at);
    if (code >= 48 && code <= 57) run += 1;
    else if (code !== 46 || run === 0) return isOtherIp(text);
    else {
      dots += 1;
      run = 0;
    }
    if (run > 3) return isOtherIp(text);
  }
  return dots === 3 && run > 0;
}

/** Not only numbers of up to three digits with a dot between. */
function isOtherIp(text: string): boolean {
  let colons = 0;
  let dots = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 46) dots += 1;
    else if (code === 58) colons += 1;
    else if (code >= 48 && code <= 57) continue;
    else if ((code | 32) >= 97 && (code | 32) <= 102) {
      // A name such as `cafe.babe.de` has letters before any colon.
      if (colons === 0 && dots > 0) return false;
    } else return false;
  }
  return colons >= 2;
}

/** An OCSF network endpoint of an address or a name. */
export function endpoint(
  host: string,
  portNumber?: number,
): { ip?: string; hostname?: string; port?: number } {
  const where: { ip?: string; hostname?: string; port?: number } = isIp(host)
    ? { ip: host }
    : { hostname: fit(host) };
  if (portNumber !== undefined) where.port = portNumber;
  return where;
}

/** The last part of a path. */
export function nameOf(path: string): string {
  const at = path.lastIndexOf('/');
  return at < 0 || at === path.length - 1 ? path : path.slice(at + 1);
}

/** Text between `before` and `after` from `at` on; undefined when one of them is missing. */
export function between(text: string, before: string, after: string, at = 0): string | undefined {
  const start = text.indexOf(before, at);
  if (start < 0) return undefined;
  const from = start + before.length;
  const end = after === '' ? text.length : text.indexOf(after, from);
  return end < 0 ? undefined : text.slice(from, end);
}
