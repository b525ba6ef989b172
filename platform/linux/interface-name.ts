/** The name of a network interface by its number, as packets carry it. */
import koffi from 'koffi';

const libc = koffi.load('libc.so.6');
const indexToName = libc.func('void* if_indextoname(unsigned int, void*)') as (
  index: number,
  name: Buffer,
) => unknown;
/** IFNAMSIZ, with its final zero. */
const NAME_BYTES = 16;

/** @returns undefined when it is gone, or was never there: if_indextoname(3) */
export function interfaceName(index: number): string | undefined {
  const name = Buffer.alloc(NAME_BYTES);
  if (indexToName(index, name) === null) return undefined;
  return name.toString('latin1', 0, name.indexOf(0));
}
