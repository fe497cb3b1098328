/** What `read` gives, read at the first question, and again after `forget` or a failure. */
export function createKnownSet(read: () => Promise<string[]>) {
  let known: Promise<Set<string>> | undefined;
  return {
    async has(one: string): Promise<boolean> {
      known ??= read().then((all) => new Set(all));
      known.catch(() => {
        known = undefined;
      });
      return (await known).has(one);
    },
    /** Adds a later one. */
    async add(one: string): Promise<void> {
      await known?.then(
        (all) => all.add(one),
        () => {},
      );
    },
    forget(): void {
      known = undefined;
    },
  };
}
