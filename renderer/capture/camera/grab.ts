/** The square that the person sees of the camera's picture. */
function square(video: HTMLVideoElement) {
  const side = Math.min(video.videoWidth, video.videoHeight);
  return { side, x: (video.videoWidth - side) / 2, y: (video.videoHeight - side) / 2 };
}

/** A JPEG of the square at most so many pixels wide; undefined while there is no picture yet. */
export async function grab(
  video: HTMLVideoElement,
  canvas: HTMLCanvasElement,
  { most, quality }: { most: number; quality: number },
): Promise<Blob | undefined> {
  const { side, x, y } = square(video);
  if (side === 0) return undefined;
  const size = Math.min(side, most);
  canvas.width = size;
  canvas.height = size;
  canvas.getContext('2d', { alpha: false })?.drawImage(video, x, y, side, side, 0, 0, size, size);
  return new Promise((resolve) => canvas.toBlob((blob) => resolve(blob ?? undefined), 'image/jpeg', quality));
}

/** Overwrites what a canvas holds, and gives its memory back. */
export function wipe(canvas: HTMLCanvasElement): void {
  canvas.width = 0;
  canvas.height = 0;
}
