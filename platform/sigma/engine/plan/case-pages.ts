import { foldCase } from '../../ir.ts';
import type { Image } from './image.ts';

const PAGE = 256;
/** Beyond it nothing has a case. */
const END = 0x20000;

let differences: readonly (readonly number[])[] | undefined;

/** How `foldCase` changes code points, as differences by page; a page without any is address zero. */
export function writeCasePages(image: Image): number {
  differences ??= Array.from({ length: END / PAGE }, (_, page) => differencesOf(page * PAGE));
  return image.words(
    differences.map((page) => (page.every((difference) => difference === 0) ? 0 : image.words(page))),
  );
}

function differencesOf(first: number): readonly number[] {
  return Array.from({ length: PAGE }, (_, at) => {
    const code = first + at;
    // A surrogate alone is no character and has no case.
    if (code >= 0xd800 && code <= 0xdfff) return 0;
    return ((foldCase(String.fromCodePoint(code)).codePointAt(0) ?? code) - code) >>> 0;
  });
}
