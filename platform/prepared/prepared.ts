/**
 * Door: what a program would make, at each start, of files that ship with it. It is made once, when the program is bundled,
 * and kept beside the bundle, by the code of that very bundle. A plain source has nothing beside it and makes it itself.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { deserialize, serialize } from 'node:v8';

/** The bundler makes it mean the bundle's own folder (`tools/bundle-programs.ts`). */
const BESIDE = new URL('./prepared/', import.meta.url);
const DIGEST_BYTES = 32;

export class Prepared {
  readonly #bytes: Uint8Array | undefined;

  constructor(bytes: Uint8Array | undefined) {
    this.#bytes = bytes;
  }

  /**
   * @param ingredients as they are now, such as the text of each file
   * @returns what was made of them, a copy each time; undefined where there is none, or it was made of others
   */
  of(ingredients: readonly string[]): unknown {
    if (this.#bytes === undefined) return undefined;
    const isSame = digestOf(ingredients).equals(this.#bytes.subarray(0, DIGEST_BYTES));
    return isSame ? deserialize(this.#bytes.subarray(DIGEST_BYTES)) : undefined;
  }
}

/** Reads what there is at once: a server gives up the right to read its own files after it has started. */
export function readPrepared(name: string, beside = BESIDE): Prepared {
  try {
    return new Prepared(readFileSync(new URL(name, beside)));
  } catch (error) {
    // Whoever may not read it makes it, as whoever has none.
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'EACCES') return new Prepared(undefined);
    throw error;
  }
}

/** @param value anything that can be handed to a worker */
export function writePrepared(
  name: string,
  ingredients: readonly string[],
  value: unknown,
  beside = BESIDE,
): void {
  mkdirSync(beside, { recursive: true });
  writeFileSync(new URL(name, beside), Buffer.concat([digestOf(ingredients), serialize(value)]));
}

/** With their lengths: two texts are not the one that they make together. */
function digestOf(ingredients: readonly string[]): Buffer {
  const hash = createHash('sha256');
  for (const text of ingredients) hash.update(`${text.length}\n`).update(text);
  return hash.digest();
}
