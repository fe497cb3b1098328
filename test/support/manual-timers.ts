import type { After } from '../../service/outgoing/post.ts';

/** Time that passes when it is told to. */
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
