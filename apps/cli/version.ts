import { readFileSync } from 'node:fs';

/** The product has one version; the root's package.json says it. */
export const VERSION = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    readonly version: string;
  }
).version;
