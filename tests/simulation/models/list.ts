/** A doubly linked list: what was appended can be taken out again from anywhere, at once. */
export type List<T> = { first: Link<T> | undefined; last: Link<T> | undefined; size: number };

export type Link<T> = { readonly value: T; previous: Link<T> | undefined; next: Link<T> | undefined };

export const createList = <T>(): List<T> => ({ first: undefined, last: undefined, size: 0 });

export function append<T>(list: List<T>, value: T): Link<T> {
  const link: Link<T> = { value, previous: list.last, next: undefined };
  if (list.last) list.last.next = link;
  else list.first = link;
  list.last = link;
  list.size += 1;
  return link;
}

export function remove<T>(list: List<T>, link: Link<T>): void {
  if (link.previous) link.previous.next = link.next;
  else list.first = link.next;
  if (link.next) link.next.previous = link.previous;
  else list.last = link.previous;
  list.size -= 1;
}

export function* valuesOf<T>(list: List<T>): Generator<T> {
  for (let link = list.first; link; link = link.next) yield link.value;
}
