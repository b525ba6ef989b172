/** What the TypeScript side does for the matcher: rare work, never per character. */

/** The field (or NO_FIELD) of a name newly met in a place; the host notes the node's path. */
export declare function fieldOf(parent: u32, node: u32, key: usize, bytes: u32): u32;
/** The group of the event at hand, whose routing fields have a combination of values that is new. */
export declare function routeOf(): u32;
/** Whether a predicate that is not evaluated here holds; takes what it costs off the budget. */
export declare function holds(atom: u32): u32;
/** Writes a number's text as JavaScript has it, and returns how many bytes. */
export declare function numberText(raw: usize, end: usize, into: usize): u32;
