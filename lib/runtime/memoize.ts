/** A function of a text that keeps what it has made, for `limit` texts at a time. */
export function memoizeByText<Value>(make: (text: string) => Value, limit: number): (text: string) => Value {
  const known = new Map<string, { value: Value }>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found.value;
    const value = make(text);
    if (known.size >= limit) known.clear();
    known.set(text, { value });
    return value;
  };
}

/** A function of an object that does not change: what was made of it is kept as long as it is. */
export function memoizeByObject<Key extends object, Value>(make: (key: Key) => Value): (key: Key) => Value {
  const known = new WeakMap<Key, { value: Value }>();
  return (key) => {
    const found = known.get(key) ?? { value: make(key) };
    known.set(key, found);
    return found.value;
  };
}
