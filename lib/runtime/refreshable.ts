/** A value that may change while the function lives, such as a secret. */
export type Refreshable<Value> = {
  /** The value as it was last read. @throws if it has never been read, or not for too long */
  get(): Promise<Value>;
  /**
   * Whether the value was read after the moment, in milliseconds since the epoch; reads it again where that is allowed.
   */
  refreshIfOlderThan(moment: number): Promise<boolean>;
};

/** A value that does not change is always current. */
export const constant = <Value>(value: Value): Refreshable<Value> => ({
  get: async () => value,
  refreshIfOlderThan: async () => true,
});

/** The same source, seen through `transform`. */
export const mapRefreshable = <From, To>(
  source: Refreshable<From>,
  transform: (value: From) => To,
): Refreshable<To> => ({
  get: async () => transform(await source.get()),
  refreshIfOlderThan: source.refreshIfOlderThan,
});
