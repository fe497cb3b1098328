/**
 * One turn of the event loop each, in fair turns of their sources: many that come at once hold up neither what else came nor a source
 * with few. The first is not deferred.
 */
export function createFairTurns(defer: (next: () => void) => void = setImmediate) {
  const lines = new Map<string, (() => void)[]>();
  let isTaken = false;

  function next(): void {
    const [first] = lines;
    isTaken = first !== undefined;
    if (!first) return;
    const [source, line] = first;
    const go = line.shift();
    lines.delete(source);
    if (line.length > 0) lines.set(source, line);
    defer(next);
    go?.();
  }

  return async function turn(source: string): Promise<void> {
    if (!isTaken) {
      isTaken = true;
      defer(next);
      return;
    }
    await new Promise<void>((resolve) => {
      const line = lines.get(source);
      if (line) line.push(resolve);
      else lines.set(source, [resolve]);
    });
  };
}
