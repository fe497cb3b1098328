import { type RefObject, useEffect, useState } from 'react';
import { areStripes, type CameraFault, createCameraWatch, drawStripes, SAMPLE_SIZE } from './camera-fault.ts';
import { wipe } from './grab.ts';

/** Milliseconds between two looks. */
const PACE = 500;

/** What is wrong with the pictures of the camera while it runs; looked at in the page, nothing of it is sent or kept. */
export function useCameraFault(
  video: RefObject<HTMLVideoElement | null>,
  stream: MediaStream | undefined,
): CameraFault | undefined {
  const [fault, setFault] = useState<CameraFault>();
  useEffect(() => {
    setFault(undefined);
    if (!stream) return;
    const canvas = document.createElement('canvas');
    Object.assign(canvas, SAMPLE_SIZE);
    const context = canvas.getContext('2d', { alpha: false, willReadFrequently: true });
    if (!context) return;
    const read = () => context.getImageData(0, 0, SAMPLE_SIZE.width, SAMPLE_SIZE.height).data;
    drawStripes((color, ...place) => {
      context.fillStyle = color;
      context.fillRect(...place);
    });
    if (!areStripes(read())) {
      wipe(canvas);
      return setFault('unreadable');
    }
    const watch = createCameraWatch(stream.getVideoTracks()[0]?.label ?? '');
    const timer = setInterval(() => {
      const from = video.current;
      // A page in the background gets no new pictures.
      if (document.hidden || !from || from.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return;
      context.drawImage(from, 0, 0, SAMPLE_SIZE.width, SAMPLE_SIZE.height);
      setFault(watch(read(), performance.now()));
    }, PACE);
    return () => {
      clearInterval(timer);
      wipe(canvas);
    };
  }, [video, stream]);
  return fault;
}
