import type { After } from '../../service/outgoing/post.ts';

/** Timers that fire only on `expire`. */
export function createManualTimers() {
  const waiting = new Set<{ milliseconds: number; call: () => void }>();
  const after: After = (milliseconds, call) => {
    const one = { milliseconds, call };
    waiting.add(one);
    return () => void waiting.delete(one);
  };
  return {
    after,
    /** Milliseconds of those that still run. */
    running: () => [...waiting].map(({ milliseconds }) => milliseconds),
    expire() {
      for (const one of [...waiting]) {
        waiting.delete(one);
        one.call();
      }
    },
  };
}
