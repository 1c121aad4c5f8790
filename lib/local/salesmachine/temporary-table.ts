import { DatabaseSync } from 'node:sqlite';

/** By which rows are read, so that a table of any size can be read without standing in memory. */
const PAGE_SIZE = 1_000;

/** Pages that are kept in memory; the rest is in a file. */
const CACHE_KB = 4_096;

/** Like a Map of what JSON can hold, in the order in which the keys came, but not in memory. */
export type Table<Value> = {
  readonly size: number;
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
  delete(key: string): void;
  /** The table may change in the meantime. */
  entries(): Generator<[key: string, value: Value]>;
  /** The keys that came last, the latest first. */
  latest(count: number): [key: string, value: Value][];
};

/** A database in a file without a name, which is gone when the process ends. */
export function openTemporaryDatabase(): DatabaseSync {
  const database = new DatabaseSync('');
  database.exec(`PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -${CACHE_KB}`);
  return database;
}

/** @param name of the table, from the code: it is not escaped */
export function createTable<Value>(database: DatabaseSync, name: string): Table<Value> {
  database.exec(`CREATE TABLE ${name} (id INTEGER PRIMARY KEY, key TEXT UNIQUE, value TEXT)`);
  const read = database.prepare(`SELECT value FROM ${name} WHERE key = ?`);
  const insert = database.prepare(`INSERT INTO ${name} (key, value) VALUES (?, ?)`);
  const update = database.prepare(`UPDATE ${name} SET value = ? WHERE key = ?`);
  const remove = database.prepare(`DELETE FROM ${name} WHERE key = ?`);
  const list = database.prepare(`SELECT * FROM ${name} WHERE id > ? ORDER BY id LIMIT ${PAGE_SIZE}`);
  const listLatest = database.prepare(`SELECT * FROM ${name} ORDER BY id DESC LIMIT ?`);
  let size = 0;

  return {
    get size() {
      return size;
    },
    get(key) {
      const row = read.get(toText(key));
      return row && fromText(row['value']);
    },
    set(key, value) {
      const [keyText, valueText] = [toText(key), toText(value)];
      if (update.run(valueText, keyText).changes > 0) return;
      insert.run(keyText, valueText);
      size += 1;
    },
    delete(key) {
      size -= Number(remove.run(toText(key)).changes);
    },
    *entries() {
      let lastId = 0;
      for (;;) {
        const rows = list.all(lastId);
        if (rows.length === 0) return;
        for (const { key, value } of rows) yield [fromText(key), fromText(value)];
        lastId = Number(rows.at(-1)?.['id']);
      }
    },
    latest: (count) => listLatest.all(count).map(({ key, value }) => [fromText(key), fromText(value)]),
  };
}

/** As JSON, for SQLite's texts can hold neither a lone surrogate nor a null character. */
const toText = (value: unknown): string => JSON.stringify(value);

/** What this file has written itself needs no check. */
const fromText = (text: unknown) => JSON.parse(String(text));
