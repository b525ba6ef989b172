/** JSON of a value as it is written (ECMAScript proposal, in Node since 21): Node has it, TypeScript's library does not. */
interface JSON {
  rawJSON(text: string): unknown;
}
