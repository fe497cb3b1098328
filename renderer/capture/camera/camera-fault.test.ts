import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { areStripes, type CameraFault, createCameraWatch, drawStripes, SAMPLE_SIZE } from './camera-fault.ts';

type Color = (x: number, y: number, at: number) => readonly [red: number, green: number, blue: number];

function picture(color: Color, at = 0): Uint8ClampedArray {
  const pixels = new Uint8ClampedArray(SAMPLE_SIZE.width * SAMPLE_SIZE.height * 4);
  for (let i = 0; i < SAMPLE_SIZE.width * SAMPLE_SIZE.height; i++)
    pixels.set([...color(i % SAMPLE_SIZE.width, Math.floor(i / SAMPLE_SIZE.width), at), 255], 4 * i);
  return pixels;
}

/** As a generator of noise, the same in each run. */
const noise = (x: number, y: number, at: number) => ((x * 7919 + y * 104_729 + at * 1_299_709) % 7) - 3;
/** A face before a wall, drawn: an oval of the color of skin. */
const face =
  (skin: readonly [number, number, number], wall: readonly [number, number, number]): Color =>
  (x, y, at) => {
    const inside = ((x - 16) / 7) ** 2 + ((y - 12) / 9) ** 2 < 1;
    const grain = noise(x, y, at);
    const [red, green, blue] = inside ? skin : wall;
    return [red + grain, green + grain, blue + grain];
  };
const grey =
  (color: Color): Color =>
  (x, y, at) => {
    const [red, green, blue] = color(x, y, at);
    const bright = Math.round(0.299 * red + 0.587 * green + 0.114 * blue);
    return [bright, bright, bright];
  };

const seen = (color: Color, { seconds = 6, label = 'Integrated Camera', still = false } = {}) => {
  const watch = createCameraWatch(label);
  const faults: (CameraFault | undefined)[] = [];
  for (let at = 0; at <= 2 * seconds; at++) faults.push(watch(picture(color, still ? 0 : at), at * 500));
  return faults;
};

const light = face([222, 178, 152], [205, 208, 210]);
const dark = face([70, 45, 35], [150, 150, 148]);

test.each<[string, CameraFault | undefined, Color]>([
  ['a light face', undefined, light],
  ['a dark face', undefined, dark],
  ['a face in a dim room', undefined, face([40, 30, 26], [22, 22, 24])],
  ['a face of an infrared camera', 'infrared', grey(light)],
  ['the full black of a shutter', 'black', () => [0, 0, 0]],
  ['black with the noise of the sensor', 'black', (x, y, at) => [8 + noise(x, y, at), 8, 8]],
  ['a finger on the lens', 'covered', (x, y, at) => [120 + noise(x, y, at), 40, 30]],
  ['a white sticker', 'covered', (x, y, at) => [235 + noise(x, y, at), 234, 230]],
])('%s', (_what, fault, color) => {
  expect(seen(color).at(-1)).toBe(fault);
});

test('pictures that never change are a frozen camera, after five seconds', () => {
  const faults = seen(light, { still: true });
  expect(faults.indexOf('frozen')).toBe(11);
  expect(seen(light)).not.toContain('frozen');
});

test('what passes is no fault', () => {
  const watch = createCameraWatch('');
  const black = picture(() => [0, 0, 0]);
  for (let now = 0; now < 2_900; now += 100) expect(watch(black, now)).toBeUndefined();
  expect(watch(picture(light), 2_950)).toBeUndefined();
  expect(watch(black, 3_000)).toBeUndefined();
  expect(watch(black, 5_900)).toBeUndefined();
  expect(watch(black, 6_000)).toBe('black');
});

test.each([
  ...[
    'OBS Virtual Camera',
    'ManyCam Virtual Webcam',
    'XSplit VCam',
    'Dummy video device (0x0000)',
    'SnapCamera',
  ],
  ...['screen-capture-recorder', 'Unity Video Capture', 'e2eSoft VCam', 'Streamlabs Desktop', 'AlterCam'],
])('“%s” is made by a program', (label) => {
  expect(seen(light, { label })[0]).toBe('virtual');
  expect(seen(() => [0, 0, 0], { label }).at(-1)).toBe('black');
});

test.each([
  ...['FaceTime HD Camera', 'Logitech BRIO', 'Jobst Camera', 'HD Webcam C525 (046d:0826)', ''],
  ...['DroidCam Source 3', 'Iriun Webcam', 'Reincubate Camo', 'EpocCam Camera', 'e2eSoft iVCam'],
])('“%s” is not', (label) => expect(seen(light, { label })[0]).toBeUndefined());

test('the box has the same names', () => {
  const box = '../../../service/engine/matching/challenges/frame-log.ts';
  const [page, ofBox] = ['./camera-fault.ts', box].map(
    (file) => /\/\\b\(obs.*\/i/.exec(readFileSync(new URL(file, import.meta.url), 'utf8'))?.[0],
  );
  expect(page).toBeDefined();
  expect(ofBox).toBe(page);
});

test('stripes come back as they were drawn, or with other last bits; noise and one color do not', () => {
  const drawn = new Map<number, string>();
  drawStripes((color, x) => drawn.set(x, color));
  const stripe: Color = (x) => (drawn.get(x) === 'red' ? [255, 0, 0] : [0, 0, 255]);
  expect(areStripes(picture(stripe))).toBe(true);
  expect(
    areStripes(picture((x, y) => stripe(x, y, 0).map((one) => one ^ 3) as [number, number, number])),
  ).toBe(true);
  expect(areStripes(picture(() => [255, 255, 255]))).toBe(false);
  const random = (seed: number) => Math.floor((Math.abs(Math.sin(seed) * 10_000) % 1) * 256);
  const noisy: Color = (x, y) => [random(x + 40 * y), random(x + 40 * y + 0.3), random(x + 40 * y + 0.6)];
  expect(areStripes(picture(noisy))).toBe(false);
});
