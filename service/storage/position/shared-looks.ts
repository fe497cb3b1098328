/** Callers at one time share a look, which began after each of them: the one under way may have begun before what a caller has to see. */
export function shareLooks(look: () => Promise<void>): () => Promise<void> {
  let looking: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  function begin(): Promise<void> {
    looking = look().finally(() => {
      looking = undefined;
    });
    return looking;
  }

  return () => {
    if (looking === undefined) return begin();
    next ??= looking
      .catch(() => {})
      .then(() => {
        next = undefined;
        return looking ?? begin();
      });
    return next;
  };
}
