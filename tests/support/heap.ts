/** A binary heap: `pop` gives the item that `isBefore` puts first. */
export type Heap<T> = { push(item: T): void; peek(): T | undefined; pop(): T | undefined; size(): number };

export function createHeap<T>(isBefore: (a: T, b: T) => boolean): Heap<T> {
  const items: T[] = [];

  /** The child of a node that comes first, with its index; undefined at a leaf. */
  const childOf = (index: number): [number, T] | undefined => {
    const left = items[2 * index + 1];
    const right = items[2 * index + 2];
    if (left === undefined) return undefined;
    return right !== undefined && isBefore(right, left) ? [2 * index + 2, right] : [2 * index + 1, left];
  };

  const sink = (item: T) => {
    let index = 0;
    for (let child = childOf(0); child && isBefore(child[1], item); child = childOf(index)) {
      items[index] = child[1];
      index = child[0];
    }
    items[index] = item;
  };

  return {
    push: (item) => {
      let index = items.length;
      while (index > 0) {
        const above = (index - 1) >> 1;
        const parent = items[above];
        if (parent === undefined || !isBefore(item, parent)) break;
        items[index] = parent;
        index = above;
      }
      items[index] = item;
    },
    peek: () => items[0],
    pop: () => {
      const first = items[0];
      const last = items.pop();
      if (last !== undefined && items.length > 0) sink(last);
      return first;
    },
    size: () => items.length,
  };
}
