/** The newest `capacity` entries. Adding is cheap; what falls out is dropped in blocks. */
export function createRing<Entry>(capacity: number) {
  let entries: Entry[] = [];
  let dropped: Entry | undefined;
  return {
    add(entry: Entry): void {
      entries.push(entry);
      if (entries.length < 2 * capacity) return;
      dropped = entries[capacity - 1];
      entries = entries.slice(-capacity);
    },
    /** Those that fulfil the condition, oldest first. */
    where: (condition: (entry: Entry) => boolean): Entry[] => entries.filter(condition),
    /** The newest entry that is no longer here. */
    newestDropped: (): Entry | undefined => dropped,
    clear(): void {
      entries = [];
      dropped = undefined;
    },
  };
}
