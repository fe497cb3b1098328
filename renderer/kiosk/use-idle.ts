import { useCallback, useEffect, useRef, useState } from 'react';

/** Seconds that the question stays; the least WCAG 2.2.1 allows. */
const ASKED = 20;
const signs = ['pointerdown', 'keydown', 'input'] as const;

/**
 * Seconds that are left, counted from `after` seconds without a touch; undefined before. `stay` answers the question, `seen`
 * counts as a touch (a face before the camera).
 */
export function useIdle(after: number | undefined, over: () => void) {
  const [left, setLeft] = useState<number>();
  const last = useRef(performance.now());
  const end = useRef(over);
  end.current = over;
  const stay = useCallback(() => {
    last.current = performance.now();
    setLeft(undefined);
  }, []);
  const seen = useCallback(() => {
    last.current = performance.now();
  }, []);

  useEffect(() => {
    stay();
    if (after === undefined) return;
    // While it is asked, only the answer counts.
    const touched = () => {
      if (performance.now() - last.current < after * 1000) last.current = performance.now();
    };
    for (const sign of signs) addEventListener(sign, touched, { passive: true });
    const timer = setInterval(() => {
      const idle = (performance.now() - last.current) / 1000 - after;
      if (idle >= ASKED) end.current();
      else setLeft(idle < 0 ? undefined : Math.ceil(ASKED - idle));
    }, 250);
    return () => {
      clearInterval(timer);
      for (const sign of signs) removeEventListener(sign, touched);
    };
  }, [after, stay]);

  return { left, stay, seen };
}
