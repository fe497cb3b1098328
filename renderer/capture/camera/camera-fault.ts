/** Why no face can be found in the pictures of a camera that runs. */
export type CameraFault = 'unreadable' | 'black' | 'covered' | 'frozen' | 'infrared' | 'virtual';

/** Sides in pixels of the picture that is looked at. */
export const SAMPLE_SIZE = { width: 32, height: 24 };
/** Milliseconds that pictures have to be so: a finger passes, a camera starts dark. */
const LASTING = { black: 3_000, covered: 3_000, infrared: 3_000, frozen: 5_000 };

/** Of 0 to 255. Video black is 16 where the full range is not used. */
const BLACK_MOST = 18;
/** Standard deviation of the brightness, and its share of the mean: a face in a dim room differs little, but from little light. */
const COVERED_MOST = { deviation: 5, share: 0.12 };
/** Largest channel less the smallest, mean over the picture, and its share of the brightness: skin in daylight alone has over 30. */
const COLORLESS_MOST = { chroma: 3, share: 0.03 };

/**
 * Names that programs give the cameras that they make: what is before them need not be what a lens sees. As the box has them; a phone that
 * serves as a camera is none.
 */
const PROGRAMS =
  /\b(obs|virtual(cam\w*)?|manycam|snap ?camera|xsplit|v-?cam|mmhmm|camtwist|v4l2loopback|loopback|dummy|fake|screen[- ]?capture|webcamoid|altercam|splitcam|sparkocam|e2esoft(?! ivcam)|streamlabs|youcam|avatarify|deepfacelive|akvcam|unity video)\b/i;

/**
 * Follows pictures of `SAMPLE_SIZE`, some per second, RGBA as a canvas gives them. The answer is what is wrong with all of them for three
 * seconds (five without a change of any pixel); `virtual` by the name of the camera, at once.
 */
export function createCameraWatch(label: string) {
  const since: { [fault in keyof typeof LASTING]?: number | undefined } = {};
  let last: Uint8ClampedArray | undefined;
  return (pixels: Uint8ClampedArray, now: number): CameraFault | undefined => {
    const { brightest, mean, deviation, chroma } = measure(pixels);
    const is = {
      black: brightest <= BLACK_MOST,
      covered: deviation <= Math.min(COVERED_MOST.deviation, COVERED_MOST.share * mean),
      // A camera gives noise, if nothing else: two pictures in a row are never the same.
      frozen: last?.every((value, i) => value === pixels[i]) ?? false,
      infrared: chroma <= Math.min(COLORLESS_MOST.chroma, COLORLESS_MOST.share * mean),
    };
    last = pixels;
    let found: CameraFault | undefined = PROGRAMS.test(label) ? 'virtual' : undefined;
    for (const fault of ['infrared', 'frozen', 'covered', 'black'] as const) {
      const from = is[fault] ? (since[fault] ?? now) : undefined;
      since[fault] = from;
      if (from !== undefined && now - from >= LASTING[fault]) found = fault;
    }
    return found;
  };
}

function measure(pixels: Uint8ClampedArray) {
  const count = pixels.length / 4;
  let [sum, squares, chroma, brightest] = [0, 0, 0, 0];
  for (let at = 0; at < pixels.length; at += 4) {
    const [red, green, blue] = [pixels[at]!, pixels[at + 1]!, pixels[at + 2]!];
    const bright = 0.299 * red + 0.587 * green + 0.114 * blue;
    sum += bright;
    squares += bright * bright;
    brightest = Math.max(brightest, bright);
    chroma += Math.max(red, green, blue) - Math.min(red, green, blue);
  }
  const mean = sum / count;
  const deviation = Math.sqrt(Math.max(0, squares / count - mean * mean));
  return { brightest, mean, deviation, chroma: chroma / count };
}

/** What a page draws to see whether the browser gives back what was drawn: stripes of red and blue. */
export function drawStripes(fill: (color: string, x: number, y: number, w: number, h: number) => void): void {
  for (let x = 0; x < SAMPLE_SIZE.width; x += 2) {
    fill('red', x, 0, 1, SAMPLE_SIZE.height);
    fill('blue', x + 1, 0, 1, SAMPLE_SIZE.height);
  }
}

/** Whether these are the stripes. Firefox with `privacy.resistFingerprinting` gives noise; protections that change the last bits do not matter. */
export function areStripes(pixels: Uint8ClampedArray): boolean {
  let wrong = 0;
  for (let at = 0; at < pixels.length; at += 4) {
    const isRed = (at / 4) % 2 === 0;
    wrong += Math.abs(pixels[at]! - (isRed ? 255 : 0)) + Math.abs(pixels[at + 2]! - (isRed ? 0 : 255));
  }
  return wrong / (pixels.length / 2) < 16;
}
