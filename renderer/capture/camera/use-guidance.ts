import { type RefObject, useEffect, useRef, useState } from 'react';
import { grab, wipe } from './grab.ts';
import { createGuidanceLink } from './guidance-link.ts';
import { createShotProgress, nothingYet, type Shown } from './shot-progress.ts';

/** Milliseconds between two frames: ten a second at most. */
const PACE = 100;
const FRAME = { most: 480, quality: 0.75 };
const PICTURE = { most: 1440, quality: 0.95 };
/** Frames in a row without an answer before an error is shown. */
const MOST_FAILURES = 3;

export interface GuidanceInput {
  video: RefObject<HTMLVideoElement | null>;
  /** Frames are sent while this is true. */
  running: boolean;
  count: number;
  openCapture(): Promise<{ token: string }>;
  onPictures(pictures: Blob[]): void;
  onFace?: (() => void) | undefined;
}

/** Sends frames, follows the answers, and takes `count` pictures when all is in order. */
export function useGuidance({ video, running, count, openCapture, onPictures, onFace }: GuidanceInput) {
  const [shown, setShown] = useState<Shown>(nothingYet);
  const [taken, setTaken] = useState(0);
  const [offline, setOffline] = useState(false);
  const calls = useRef({ openCapture, onPictures, onFace });
  calls.current = { openCapture, onPictures, onFace };

  useEffect(() => {
    if (!running) return;
    const ended = new AbortController();
    setTaken(0);
    setShown(nothingYet);
    void guide(video, count, ended.signal, {
      open: () => calls.current.openCapture(),
      show: setShown,
      took: (number) => {
        setTaken(number);
        navigator.vibrate?.(30);
      },
      face: () => calls.current.onFace?.(),
      offline: setOffline,
      done: (pictures) => calls.current.onPictures(pictures),
    });
    return () => ended.abort();
  }, [video, running, count]);

  return { shown, taken, offline };
}

interface Calls {
  open(): Promise<{ token: string }>;
  show(shown: Shown): void;
  took(number: number): void;
  face(): void;
  offline(is: boolean): void;
  done(pictures: Blob[]): void;
}

async function guide(
  video: RefObject<HTMLVideoElement | null>,
  count: number,
  signal: AbortSignal,
  calls: Calls,
): Promise<void> {
  const link = createGuidanceLink(calls.open);
  const canvas = document.createElement('canvas');
  const progress = createShotProgress();
  const pictures: Blob[] = [];
  let failures = 0;
  try {
    while (!signal.aborted) {
      const begun = performance.now();
      const frame = video.current && (await grab(video.current, canvas, FRAME));
      try {
        const answer = frame ? await link.send(frame) : undefined;
        if (signal.aborted) return;
        if (answer) {
          failures = 0;
          calls.offline(false);
          if (answer.is === 'guidance' && answer.passed.includes('face')) calls.face();
        }
        const { take } = answer ? progress.update(answer, performance.now()) : { take: false };
        const picture = take && video.current ? await grab(video.current, canvas, PICTURE) : undefined;
        if (signal.aborted) return;
        if (picture) {
          pictures.push(picture);
          progress.taken(performance.now());
          calls.took(pictures.length);
        }
        calls.show(progress.shown());
        if (pictures.length === count) return calls.done(pictures);
      } catch {
        if (++failures >= MOST_FAILURES) calls.offline(true);
        await pause(1_000, signal);
      }
      await pause(PACE - (performance.now() - begun), signal);
    }
  } finally {
    link.close();
    wipe(canvas);
  }
}

const pause = (milliseconds: number, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, Math.max(0, milliseconds));
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
