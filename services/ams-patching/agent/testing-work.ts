/** For tests: the room's program, on a system of which nothing runs. */
import { work } from './work.ts';

await work();
