/** What is known of one place where a copy of the key store is kept. */
export interface CopyReport {
  /** Absolute folder; the copy in it is `gatehouse-keys.db`. */
  place: string;
  /**
   * `current`: holds everything that was acknowledged. `behind`: can be reached but could not be brought up to date.
   * `unreachable`: not there, not answering, or not the copy it should be.
   */
  state: 'current' | 'behind' | 'unreachable';
  /** Since when it is not current, in ms since 1970. */
  since?: number;
  /** Why it is not current and what to do, in words for the operator. */
  reason?: string;
  addedAt: number;
}

/**
 * The places outside the data directory that hold the newest key store, and nothing older: destroying a key reaches them
 * all. Every write of the key store is written to them before it is acknowledged, or the place is reported as behind.
 */
export interface KeyCopies {
  /**
   * Makes the copy and keeps it up to date from now on. A place that is there already is only brought up to date. Throws
   * INVALID_REQUEST for a folder that cannot be a place and CONFLICT for one that holds another appliance's copy.
   */
  add(folder: string): Promise<CopyReport>;
  /**
   * Keeps it up to date no longer. `wipe` overwrites and deletes the copy first, and throws CONFLICT when it cannot be reached;
   * without, the file stays and with it every key that is destroyed from now on. Throws NOT_FOUND for no such place.
   */
  remove(folder: string, options: { wipe: boolean }): Promise<void>;
  list(): Promise<CopyReport[]>;
  /** Looks at every place and brings up to date what can be reached. */
  sync(): Promise<CopyReport[]>;
}

/** No places: a key store that is not copied. */
export const noCopies: KeyCopies = {
  add: () => Promise.reject(new Error('This key store has no copies.')),
  remove: () => Promise.reject(new Error('This key store has no copies.')),
  list: async () => [],
  sync: async () => [],
};
