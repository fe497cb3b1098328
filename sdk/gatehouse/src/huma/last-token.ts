/** Of this page: the token of the last verification, which heartbeats use where they are given none. */
export interface LastToken {
  of(userId: string): string | undefined;
  keep(userId: string, token: string): void;
  /** Gives the function that ends it. */
  watch(changed: () => void): () => void;
}

const place = Symbol.for('gatehouse.huma.token');

/** One for the page, also where the package is loaded as an ES module and as CommonJS. On a server there is none: its callers are many. */
export function lastToken(): LastToken {
  const page = globalThis as { [place]?: LastToken };
  if (typeof document === 'undefined') return createLastToken();
  page[place] ??= createLastToken();
  return page[place];
}

export function createLastToken(): LastToken {
  let last: { userId: string; token: string } | undefined;
  const watchers = new Set<() => void>();
  return {
    of: (userId) => (last?.userId === userId ? last.token : undefined),
    keep(userId, token) {
      if (!token) return;
      last = { userId, token };
      for (const changed of [...watchers]) changed();
    },
    watch(changed) {
      const own = () => changed();
      watchers.add(own);
      return () => {
        watchers.delete(own);
      };
    },
  };
}
