import { foldCase } from '../../ir.ts';
import type { Image } from './image.ts';

const PAGE = 256;
/** Beyond it nothing has a case. */
const END = 0x20000;

/** How `foldCase` changes code points, as differences by page; a page without any is address zero. */
export function writeCasePages(image: Image): number {
  const pages: number[] = [];
  for (let first = 0; first < END; first += PAGE) {
    const differences = Array.from({ length: PAGE }, (_, at) => {
      const code = first + at;
      // A surrogate alone is no character and has no case.
      if (code >= 0xd800 && code <= 0xdfff) return 0;
      return ((foldCase(String.fromCodePoint(code)).codePointAt(0) ?? code) - code) >>> 0;
    });
    pages.push(differences.every((difference) => difference === 0) ? 0 : image.words(differences));
  }
  return image.words(pages);
}
