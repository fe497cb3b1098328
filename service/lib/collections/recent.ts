/** What was used last, at most `most` entries, 0 for none, forgetting the older half at a time: every call takes constant time. */
export interface Recent<K, V> {
  get(key: K): V | undefined;
  set(key: K, value: V): void;
  delete(key: K): void;
}

export function createRecent<K, V extends object>(most: number): Recent<K, V> {
  const half = Math.max(1, Math.floor(most / 2));
  let newer = new Map<K, V>();
  let older = new Map<K, V>();

  function set(key: K, value: V): void {
    if (most === 0) return;
    newer.set(key, value);
    if (newer.size >= half) {
      older = newer;
      newer = new Map();
    }
  }

  return {
    get(key) {
      const value = newer.get(key);
      if (value) return value;
      const old = older.get(key);
      if (old) set(key, old);
      return old;
    },
    set,
    delete(key) {
      newer.delete(key);
      older.delete(key);
    },
  };
}
