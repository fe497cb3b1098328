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

/** Whether the camera has given a picture since the last time: a slow one gives fewer than ten a second, and a repeated frame is no frame. */
function watchPictures(video: HTMLVideoElement): { isNew(): boolean; end(): void } {
  // Browsers without it (Firefox before 132) send what there is.
  if (!('requestVideoFrameCallback' in video)) return { isNew: () => true, end: () => undefined };
  let fresh = true;
  let handle = 0;
  const mark = () => {
    fresh = true;
    handle = video.requestVideoFrameCallback(mark);
  };
  mark();
  return {
    isNew() {
      const was = fresh;
      fresh = false;
      return was;
    },
    end: () => video.cancelVideoFrameCallback(handle),
  };
}

/** Milliseconds until it is looked again, where the camera has nothing new. */
const SOON = 15;

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
    const place = video.current;
    if (!running || !place) return;
    const pictures = watchPictures(place);
    const canvas = document.createElement('canvas');
    let timer: ReturnType<typeof setTimeout> | undefined;
    let ended = false;
    const next = async () => {
      if (!pictures.isNew()) {
        timer = setTimeout(next, SOON);
        return;
      }
      const begun = performance.now();
      const frame = await takeFrame(place, canvas);
      if (ended) return wipe(canvas);
      if (frame) now.current.send(frame);
      const left = PACE[now.current.pace] - (performance.now() - begun);
      timer = setTimeout(next, Math.max(0, left));
    };
    void next();
    return () => {
      ended = true;
      pictures.end();
      clearTimeout(timer);
      wipe(canvas);
    };
  }, [video, running]);
}
