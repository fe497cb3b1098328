import { type RefObject, useEffect, useRef } from 'react';
import { wipe } from '../camera/grab.ts';
import type { Frame } from '../session/wire.ts';

/** Milliseconds between two frames: ten a second, eight where the box asks for fewer, one to keep a place in the queue. */
const PACE = { usual: 100, slower: 125, queued: 1_000 };
/** Longest side in pixels, and the largest file that the box takes. */
const LONGEST = 800;
const LARGEST = 256 * 1024;

/** The whole picture of the camera as it is, not mirrored, with the moment at which it was taken. */
async function takeFrame(video: HTMLVideoElement, canvas: HTMLCanvasElement): Promise<Frame | undefined> {
  const { videoWidth, videoHeight } = video;
  if (videoWidth === 0 || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return undefined;
  const scale = Math.min(1, LONGEST / Math.max(videoWidth, videoHeight));
  canvas.width = Math.round(videoWidth * scale);
  canvas.height = Math.round(videoHeight * scale);
  const time = performance.now();
  canvas.getContext('2d', { alpha: false })?.drawImage(video, 0, 0, canvas.width, canvas.height);
  const jpeg = (quality: number) =>
    new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/jpeg', quality));
  const image = await jpeg(0.8);
  if (image && image.size <= LARGEST) return { image, time };
  const smaller = await jpeg(0.5);
  return smaller && smaller.size <= LARGEST ? { image: smaller, time } : undefined;
}

interface FramesInput {
  video: RefObject<HTMLVideoElement | null>;
  /** Frames are taken while this is true. */
  running: boolean;
  pace: keyof typeof PACE;
  send(frame: Frame): void;
}

/** Sends frames of the video; nothing is kept. */
export function useFrames({ video, running, pace, send }: FramesInput): void {
  const now = useRef({ pace, send });
  now.current = { pace, send };
  useEffect(() => {
    if (!running) return;
    const canvas = document.createElement('canvas');
    let timer: ReturnType<typeof setTimeout> | undefined;
    let ended = false;
    const next = async () => {
      const begun = performance.now();
      const frame = video.current ? await takeFrame(video.current, canvas) : undefined;
      if (ended) return wipe(canvas);
      if (frame) now.current.send(frame);
      const left = PACE[now.current.pace] - (performance.now() - begun);
      timer = setTimeout(next, Math.max(0, left));
    };
    void next();
    return () => {
      ended = true;
      clearTimeout(timer);
      wipe(canvas);
    };
  }, [video, running]);
}
