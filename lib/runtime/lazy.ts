/** Makes the value at the first call and keeps it; a failure is forgotten, so that the next call tries again. */
export function memoizeAsync<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let value: Promise<Value> | undefined;
  return () => {
    value ??= make().catch((error: unknown) => {
      value = undefined;
      throw error;
    });
    return value;
  };
}

/** A function of a text that keeps what it has made, for `limit` texts at a time. */
export function memoizeByText<Value>(make: (text: string) => Value, limit: number): (text: string) => Value {
  const known = new Map<string, Value>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    const value = make(text);
    if (known.size >= limit) known.clear();
    known.set(text, value);
    return value;
  };
}
