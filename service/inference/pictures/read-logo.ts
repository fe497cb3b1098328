import sharp from 'sharp';
import { Problem } from '../../lib/problem.ts';
import { readHeader } from './decode-picture.ts';
import { formatOf } from './picture-format.ts';

/** An organization's logo as pages show it. */
export interface Logo {
  png: Uint8Array;
  width: number;
  height: number;
  /** Of a transparent one that can be read on one ground alone: pages turn its lightness round on the other. */
  ink?: 'dark' | 'light';
}

const MOST_BYTES = 64 * 1024;
const MOST_PIXELS = 4_000_000;
const LEAST_SIDE = 16;
/** Length of the longer side over the shorter. */
const MOST_STRETCHED = 8;
/** As it is kept: three times the size at which it is shown. */
const WIDTH = 240;
const HEIGHT = 84;
const SECONDS = 5;
/** Pixels around a logo on a ground of ours. */
const AROUND = 8;
const BACKGROUNDS = { light: '#ffffff', dark: '#1b2023' } as const;
/** Mean transparency from which a logo gets a ground. */
const SEEN_THROUGH = 0.01;

/**
 * Makes a logo of a file from outside: PNG, JPEG or WebP of at most 64 kB and 4 megapixels. Its pixels alone are kept, in a new PNG: no
 * metadata, no second picture, nothing behind its end. A transparent one stays so where all of it is dark, light, or easy to read on both
 * grounds; one of dark and light parts is laid on the ground on which it is easier to see.
 * Throws Problem IMAGE_FORMAT_UNSUPPORTED, IMAGE_TOO_LARGE, IMAGE_UNREADABLE.
 */
export async function readLogo(bytes: Uint8Array): Promise<Logo> {
  const { is } = formatOf(bytes);
  if (is === 'heif')
    throw new Problem('IMAGE_FORMAT_UNSUPPORTED', 'A logo is a PNG, JPEG or WebP: export it as PNG.');
  if (bytes.length > MOST_BYTES)
    throw new Problem('IMAGE_TOO_LARGE', 'A logo has at most 64 kB: export a smaller one.');
  const { width, height } = await readHeader(bytes);
  if (width * height > MOST_PIXELS)
    throw new Problem(
      'IMAGE_TOO_LARGE',
      `The logo is ${width} by ${height} pixels; at most 4 megapixels are accepted.`,
    );
  const [shorter, longer] = [Math.min(width, height), Math.max(width, height)];
  if (shorter < LEAST_SIDE || longer > MOST_STRETCHED * shorter)
    throw new Problem(
      'IMAGE_UNREADABLE',
      `The logo is ${width} by ${height} pixels; each side has at least ${LEAST_SIDE}, and one is at most ${MOST_STRETCHED} times the other.`,
    );
  const { data, info } = await decode(bytes);
  const { seenThrough, luminance, darkest, lightest } = measure(data);
  const pixels = sharp(data, { raw: { width: info.width, height: info.height, channels: 4 } });
  const readable = readableOn(darkest, lightest);
  const ground = BACKGROUNDS[backgroundFor(luminance)];
  const laid =
    seenThrough < SEEN_THROUGH
      ? pixels.flatten({ background: BACKGROUNDS.light })
      : readable.length > 0
        ? pixels
        : pixels
            .flatten({ background: ground })
            .extend({ top: AROUND, bottom: AROUND, left: AROUND, right: AROUND, background: ground });
  const made = await laid.png({ compressionLevel: 9 }).toBuffer({ resolveWithObject: true });
  const { width: wide, height: high } = made.info;
  const ink = seenThrough >= SEEN_THROUGH && readable.length === 1 ? inkOn[readable[0]!] : undefined;
  return { png: new Uint8Array(made.data), width: wide, height: high, ...(ink && { ink }) };
}

async function decode(bytes: Uint8Array) {
  try {
    return await sharp(bytes, { failOn: 'error', limitInputPixels: MOST_PIXELS, sequentialRead: true })
      .timeout({ seconds: SECONDS })
      .autoOrient()
      .resize({
        width: WIDTH - 2 * AROUND,
        height: HEIGHT - 2 * AROUND,
        fit: 'inside',
        withoutEnlargement: true,
      })
      .toColourspace('srgb')
      .ensureAlpha()
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
  } catch (cause) {
    throw new Problem('IMAGE_UNREADABLE', 'The logo is damaged and cannot be decoded: export it again.', {
      cause,
    });
  }
}

interface Measures {
  /** Mean transparency. */
  seenThrough: number;
  /** WCAG luminance of what can be seen: its mean, and between which all but a twentieth at either end lies. */
  luminance: number;
  darkest: number;
  lightest: number;
}

/** Of RGBA pixels. Throws where nothing can be seen. */
function measure(pixels: Buffer): Measures {
  let [seen, light] = [0, 0];
  const shares: number[] = Array(LEVELS + 1).fill(0);
  for (let i = 0; i < pixels.length; i += 4) {
    const alpha = pixels[i + 3]! / 255;
    seen += alpha;
    const luminance =
      0.2126 * linear(pixels[i]!) + 0.7152 * linear(pixels[i + 1]!) + 0.0722 * linear(pixels[i + 2]!);
    light += alpha * luminance;
    shares[Math.round(luminance * LEVELS)]! += alpha;
  }
  const all = pixels.length / 4;
  if (seen / all < SEEN_THROUGH)
    throw new Problem('IMAGE_UNREADABLE', 'The logo shows nothing: all of it is transparent.');
  const at = (share: number) => {
    let sum = 0;
    const found = shares.findIndex((one) => {
      sum += one;
      return sum >= share * seen;
    });
    return found / LEVELS;
  };
  return { seenThrough: 1 - seen / all, luminance: light / seen, darkest: at(0.05), lightest: at(0.95) };
}

const linear = (channel: number): number => {
  const share = channel / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
};

/** Steps of luminance. */
const LEVELS = 1000;
/** Luminance of the dark ground. */
const DARK = 0.0143;
/** Contrast of a picture's parts (WCAG 1.4.11). */
const LEAST_CONTRAST = 3;
const inkOn = { light: 'dark', dark: 'light' } as const;

/** The grounds on which all of the logo can be read. */
const readableOn = (darkest: number, lightest: number): (keyof typeof BACKGROUNDS)[] => [
  ...(1.05 / (lightest + 0.05) >= LEAST_CONTRAST ? (['light'] as const) : []),
  ...((darkest + 0.05) / (DARK + 0.05) >= LEAST_CONTRAST ? (['dark'] as const) : []),
];

/** By WCAG contrast. */
const backgroundFor = (luminance: number): keyof typeof BACKGROUNDS =>
  1.05 / (luminance + 0.05) >= (luminance + 0.05) / (DARK + 0.05) ? 'light' : 'dark';
