import { useEffect, useRef, useState } from 'react';
import { createFlashLimiter, createInstructionHold, type Saying, sayingOf } from '../session/instruction.ts';
import type { View } from '../session/view.ts';
import type { LiveState } from '../session/wire.ts';

/** What to say now, each kept long enough to be read. */
export function useSaying({ live, connected, slow }: Pick<View, 'live' | 'connected' | 'slow'>): Saying {
  const keeper = useRef(createInstructionHold());
  const before = useRef(false);
  before.current ||= connected;
  const wanted = sayingOf(live, { connected, slow, before: before.current });
  const [shown, setShown] = useState<Saying>(() => ({ ...wanted, advice: undefined }));
  const latest = useRef(wanted);
  latest.current = wanted;
  const words = `${wanted.key} ${wanted.advice?.of} ${wanted.advice?.word}`;
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const say = () => {
      const { shown, again } = keeper.current.say(latest.current, performance.now());
      setShown(shown);
      if (again !== undefined) timer = setTimeout(say, again);
    };
    say();
    return () => clearTimeout(timer);
  }, [words]);
  return shown;
}

/** The color that fills the screen; never where the person chose the way without it. */
export function useFlash(live: LiveState | undefined, allowed: boolean): string | undefined {
  const keeper = useRef(createFlashLimiter());
  const [color, setColor] = useState<string>();
  const wanted = allowed && live?.state === 'running' ? live.step?.color : undefined;
  const latest = useRef<LiveState | undefined>(undefined);
  latest.current = wanted === undefined ? undefined : live;
  useEffect(() => {
    const look = () => {
      const shown = keeper.current(latest.current, performance.now());
      setColor(shown);
      if (shown === wanted) clearInterval(timer);
    };
    const timer = setInterval(look, 50);
    look();
    return () => clearInterval(timer);
  }, [wanted]);
  return color;
}

/** Milliseconds for which a passed step is shown in green. */
const PASSED = 500;

/** A step was just passed: the next one is there. A short vibration says so too. */
export function usePassedStep(live: LiveState | undefined): boolean {
  const [passed, setPassed] = useState(false);
  const index = live?.state === 'running' ? live.step?.index : undefined;
  const before = useRef<{ attempt: number; index: number } | undefined>(undefined);
  const attempt = live?.attempt ?? 0;
  useEffect(() => {
    const last = before.current;
    before.current = index === undefined ? undefined : { attempt, index };
    if (last === undefined || index === undefined || last.attempt !== attempt || index <= last.index) return;
    setPassed(true);
    navigator.vibrate?.(30);
    const timer = setTimeout(() => setPassed(false), PASSED);
    return () => {
      clearTimeout(timer);
      setPassed(false);
    };
  }, [index, attempt]);
  return passed;
}
