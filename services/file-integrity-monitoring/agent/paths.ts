/**
 * Paths are bytes on Linux. Inside the room a path is a string of which each character is one byte
 * (latin1), so that any name survives; people and OCSF get `displayPath`.
 */

// oxlint-disable-next-line no-control-regex -- the point is exactly these characters
const ASCII = /^[\u0000-\u007f]*$/;

/** What `node:fs` takes: the string when it is plain, its bytes otherwise. */
export function fsPath(path: string): string | Buffer {
  return ASCII.test(path) ? path : Buffer.from(path, 'latin1');
}

export function fromUtf8(path: string): string {
  return ASCII.test(path) ? path : Buffer.from(path, 'utf8').toString('latin1');
}

/**
 * UTF-8 where the bytes are UTF-8; otherwise each byte that is not becomes `\xNN`, and a backslash before an
 * `x` becomes `\x5c`, so that the bytes can be told from what is shown.
 */
export function displayPath(path: string): string {
  if (ASCII.test(path)) return path;
  const bytes = Buffer.from(path, 'latin1');
  const text = bytes.toString('utf8');
  if (!text.includes('\uFFFD')) return text;
  return path
    .replaceAll('\\x', '\\x5cx')
    .replaceAll(/[\u0080-\u00ff]/g, (character) => `\\x${character.charCodeAt(0).toString(16)}`);
}

export function join(directory: string, name: string): string {
  return directory === '/' ? `/${name}` : `${directory}/${name}`;
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1) || '/';
}

export function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

/** Whether `path` is `root` or lies below it. */
export function isBelow(path: string, root: string): boolean {
  return path === root || root === '/' || (path.startsWith(root) && path.charCodeAt(root.length) === 0x2f);
}

/** A compiled `exclude`: a path stands for itself and what is below it; `*` is any run of characters. */
export function excluder(patterns: readonly string[]): (path: string) => boolean {
  const plain = patterns.filter((pattern) => !pattern.includes('*')).map(fromUtf8);
  const globs = patterns
    .filter((pattern) => pattern.includes('*'))
    .map((pattern) => fromUtf8(pattern).split('*'));
  if (patterns.length === 0) return () => false;
  return (path) =>
    plain.some((root) => isBelow(path, root)) || globs.some((parts) => matchesGlob(parts, path));
}

function matchesGlob(parts: readonly string[], path: string): boolean {
  const [first = '', ...rest] = parts;
  if (!path.startsWith(first)) return false;
  let at = first.length;
  for (const [index, part] of rest.entries()) {
    if (index === rest.length - 1)
      return part === '' || (path.endsWith(part) && path.length - part.length >= at);
    const found = path.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return at === path.length;
}
