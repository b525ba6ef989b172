/**
 * An order that things can leave in the middle. A Map keeps one too, but its first entry is found by walking over
 * all that were deleted before it: under a flood that is most of the time spent.
 */
export interface Linked<Self> {
  before: Self | undefined;
  after: Self | undefined;
}

export class Chain<Link extends Linked<Link>> {
  first: Link | undefined;
  #last: Link | undefined;
  length = 0;

  append(link: Link): void {
    link.before = this.#last;
    link.after = undefined;
    if (this.#last === undefined) this.first = link;
    else this.#last.after = link;
    this.#last = link;
    this.length += 1;
  }

  remove(link: Link): void {
    if (link.before === undefined) this.first = link.after;
    else link.before.after = link.after;
    if (link.after === undefined) this.#last = link.before;
    else link.after.before = link.before;
    link.before = undefined;
    link.after = undefined;
    this.length -= 1;
  }
}
