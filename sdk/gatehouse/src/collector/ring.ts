/** The newest `capacity` entries. Adding is cheap; what falls out is dropped in blocks. */
export function createRing<Entry>(capacity: number) {
  let entries: Entry[] = [];
  return {
    add(entry: Entry): void {
      entries.push(entry);
      if (entries.length >= 2 * capacity) entries = entries.slice(-capacity);
    },
    /** Those that fulfil the condition, oldest first. */
    where: (condition: (entry: Entry) => boolean): Entry[] => entries.filter(condition),
    clear(): void {
      entries = [];
    },
  };
}
