import sharp from 'sharp';
import type { Picture } from '../../../service/inference/pictures/picture.ts';
import { createNormal } from '../../support/normal.ts';

const within = (value: number) => Math.min(255, Math.max(0, value));

/** The sensor of a cheap camera: noise in each pixel, the same for a seed. */
export function withNoise({ width, height, pixels }: Picture, deviation: number, seed: number): Picture {
  const noise = noiseOf(pixels.length, deviation, seed);
  const noisy = new Uint8Array(pixels.length);
  for (let i = 0; i < pixels.length; i++) noisy[i] = within(pixels[i]! + noise[i]!);
  return { width, height, pixels: noisy };
}

/**
 * By length, deviation and seed. Every species numbers its frames from 1 on, so most noise is asked for again: to make it was half of what
 * the frames of a species cost.
 */
const noises = new Map<string, Int8Array | Int16Array>();
/** About 80 MB of frames of 480 by 480 pixels. */
const MOST_NOISES = 120;

function noiseOf(length: number, deviation: number, seed: number): Int8Array | Int16Array {
  const key = `${length} ${deviation} ${seed}`;
  const known = noises.get(key);
  if (known) return known;
  const noise = makeNoise(length, deviation, seed);
  if (noises.size < MOST_NOISES) noises.set(key, noise);
  return noise;
}

/** No number of `createNormal` is farther from 0. */
const FARTHEST = 6.7;

/**
 * Rounded down: what is added to a whole number, and then rounded down. The numbers are those of `createNormal`, written out: calls for
 * each of a frame's 700,000 values took as long as all the rest.
 */
function makeNoise(length: number, deviation: number, seed: number): Int8Array | Int16Array {
  const noise = FARTHEST * deviation < 128 ? new Int8Array(length) : new Int16Array(length);
  let state = (seed * 2654435761 + 1) | 0;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    const first = ((state >>> 0) + 1) / 2 ** 32;
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    const second = ((state >>> 0) + 1) / 2 ** 32;
    const normal = Math.sqrt(-2 * Math.log(first)) * Math.cos(2 * Math.PI * second);
    noise[i] = Math.floor(deviation * normal);
  }
  return noise;
}

/** What a camera sees of ink on paper: less contrast, a little warmer, a little less sharp. */
export async function asPrint(picture: Picture): Promise<Picture> {
  const { pixels } = picture;
  const printed = new Uint8Array(pixels.length);
  for (let i = 0; i < pixels.length; i += 3) {
    printed[i] = within(24 + pixels[i]! * 0.82);
    printed[i + 1] = within(20 + pixels[i + 1]! * 0.81);
    printed[i + 2] = within(16 + pixels[i + 2]! * 0.77);
  }
  return blurred({ ...picture, pixels: printed }, 0.7);
}

/** Share of the frame beyond the screen's edge, at its left and its top. */
const EDGE = 0.04;

/**
 * What a camera sees of a screen: fewer pixels, its stripes of red, green and blue against the camera's own raster (moiré), its blue
 * white, deeper contrast, a reflection of the room, its dark edge, a little less sharp.
 */
export async function asScreen(picture: Picture, seed: number): Promise<Picture> {
  const normal = createNormal(seed);
  const pitch = 2.2 + 0.5 * Math.abs(normal());
  const slope = 0.05 * normal();
  const { width, height, pixels } = await coarser(picture, 0.6 + 0.08 * normal());
  const glare = { x: width * (0.5 + 0.25 * normal()), y: height * 0.2, reach: (width * 0.35) ** 2 };
  const tilt = 0.03 * normal();
  const seen = new Uint8Array(pixels.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = 3 * (y * width + x);
      if (x + tilt * y < EDGE * width || y - tilt * x < EDGE * height) {
        seen.set([22, 22, 24], at);
        continue;
      }
      const phase = (2 * Math.PI * (x + slope * y)) / pitch;
      const row = 1 + 0.05 * Math.sin((2 * Math.PI * (y - slope * x)) / pitch);
      const light = 22 * Math.exp(-((x - glare.x) ** 2 + (y - glare.y) ** 2) / glare.reach);
      const gains = [0.94, 0.97, 1.08];
      for (let channel = 0; channel < 3; channel++) {
        const stripe = 1 + 0.1 * Math.sin(phase + (2 * Math.PI * channel) / 3);
        const value = 255 * (pixels[at + channel]! / 255) ** 1.12;
        seen[at + channel] = within(value * gains[channel]! * stripe * row + light);
      }
    }
  }
  return blurred({ width, height, pixels: seen }, 0.6);
}

/** Shown with fewer pixels, and seen with as many as before. */
async function coarser({ width, height, pixels }: Picture, share: number): Promise<Picture> {
  const small = await sharp(pixels, { raw: { width, height, channels: 3 } })
    .resize(Math.round(width * share), Math.round(height * share))
    .png({ compressionLevel: 0 })
    .toBuffer();
  const { data } = await sharp(small)
    .resize(width, height)
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width, height, pixels: new Uint8Array(data) };
}

export async function blurred({ width, height, pixels }: Picture, sigma: number): Promise<Picture> {
  const { data } = await sharp(pixels, { raw: { width, height, channels: 3 } })
    .blur(sigma)
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width, height, pixels: new Uint8Array(data) };
}
