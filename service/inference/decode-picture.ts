import sharp, { type Metadata, type SharpOptions } from 'sharp';
import { Problem } from '../lib/problem.ts';
import type { Box } from './face.ts';
import type { Picture } from './picture.ts';

/** What the header says, checked against the limits. */
export interface PictureHeader {
  format: 'jpeg' | 'png' | 'webp';
  /** Sides of the upright picture. */
  width: number;
  height: number;
}

/** Decoded pixels and where they lie in the upright picture: x = left + scale · column. */
export interface DecodedPicture {
  picture: Picture;
  left: number;
  top: number;
  /** Upright pixels per decoded pixel, 1 or more. */
  scale: number;
}

const MAX_BYTES = 10 * 1024 * 1024;
const MAX_PIXELS = 50_000_000;
const MAX_SIDE = 16_384;
/** A progressive JPEG has about ten scans; thousands are an attack, as each costs a pass over all blocks. */
const MAX_SCANS = 100;
/** Longest side that is analyzed. Larger pictures are reduced while decoding, which JPEG does almost for free. */
const WORKING_SIDE = 2048;
const SECONDS = 10;
const options: SharpOptions = { failOn: 'error', limitInputPixels: MAX_PIXELS, sequentialRead: true };

/**
 * Looks at the first bytes and the header only. Throws Problem IMAGE_FORMAT_UNSUPPORTED (not JPEG, PNG or WebP, or an
 * animation), IMAGE_TOO_LARGE (over 10 MB, 50 megapixels or 16,384 pixels a side) or IMAGE_UNREADABLE.
 */
export async function readHeader(bytes: Uint8Array): Promise<PictureHeader> {
  if (bytes.length === 0) {
    throw new Problem('IMAGE_UNREADABLE', 'The picture is empty; send the bytes of a JPEG, PNG or WebP.');
  }
  const format = formatOf(bytes);
  if (!format) {
    throw new Problem(
      'IMAGE_FORMAT_UNSUPPORTED',
      'The picture is not a JPEG, PNG or WebP; send it in one of these formats.',
    );
  }
  if (bytes.length > MAX_BYTES) {
    throw new Problem(
      'IMAGE_TOO_LARGE',
      'The picture is larger than 10 MB; send a smaller or more compressed one.',
    );
  }
  if (format === 'jpeg' && scans(bytes) > MAX_SCANS) {
    throw new Problem(
      'IMAGE_UNREADABLE',
      'The picture has more scans than any camera writes; export it as an ordinary JPEG.',
    );
  }
  let header: Metadata;
  try {
    // our own limits answer below in words a person can act on
    header = await sharp(bytes, { ...options, limitInputPixels: false }).metadata();
  } catch (cause) {
    throw unreadable(bytes, format, cause);
  }
  const { width, height } = header.autoOrient;
  if ((header.pages ?? 1) > 1) {
    throw new Problem(
      'IMAGE_FORMAT_UNSUPPORTED',
      'The picture is an animation; send a single still picture.',
    );
  }
  if (width > MAX_SIDE || height > MAX_SIDE || width * height > MAX_PIXELS) {
    throw new Problem(
      'IMAGE_TOO_LARGE',
      `The picture is ${width} by ${height} pixels; at most 50 megapixels and 16,384 pixels a side are accepted. Send a smaller one.`,
    );
  }
  return { format, width, height };
}

/**
 * Decodes to upright sRGB, at most 2,048 pixels a side: EXIF orientation applied, transparency over white, grey and CMYK
 * converted. With `region` (whole pixels of the upright picture) only that part. Throws Problem IMAGE_UNREADABLE.
 */
export async function decodePicture(
  bytes: Uint8Array,
  { format, width, height }: PictureHeader,
  region: Box = { x: 0, y: 0, width, height },
): Promise<DecodedPicture> {
  const longest = Math.max(region.width, region.height);
  let pipeline = sharp(bytes, options).timeout({ seconds: SECONDS }).autoOrient();
  if (region.width < width || region.height < height) {
    pipeline = pipeline.extract({
      left: region.x,
      top: region.y,
      width: region.width,
      height: region.height,
    });
  }
  if (longest > WORKING_SIDE) {
    pipeline = pipeline.resize({
      width: WORKING_SIDE,
      height: WORKING_SIDE,
      fit: 'inside',
      kernel: 'linear',
    });
  }
  try {
    const { data, info } = await pipeline
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return {
      picture: { width: info.width, height: info.height, pixels: threeChannels(data, info.channels) },
      left: region.x,
      top: region.y,
      scale: longest / Math.max(info.width, info.height),
    };
  } catch (cause) {
    throw unreadable(bytes, format, cause);
  }
}

type Format = PictureHeader['format'];

function formatOf(bytes: Uint8Array): Format | undefined {
  const starts = (text: string, at = 0) => {
    for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
    return true;
  };
  if (starts('\xff\xd8\xff')) return 'jpeg';
  if (starts('\x89PNG\r\n\x1a\n')) return 'png';
  if (starts('RIFF') && starts('WEBP', 8)) return 'webp';
  return undefined;
}

function scans(bytes: Uint8Array): number {
  const buffer = asBuffer(bytes);
  let count = 0;
  for (let at = buffer.indexOf(START_OF_SCAN); at !== -1; at = buffer.indexOf(START_OF_SCAN, at + 2)) count++;
  return count;
}

const START_OF_SCAN = Uint8Array.of(0xff, 0xda);
const END_OF_IMAGE = Uint8Array.of(0xff, 0xd9);
const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function unreadable(bytes: Uint8Array, format: Format, cause: unknown): Problem {
  if (cause instanceof Error && cause.message.startsWith('timeout')) {
    return new Problem(
      'IMAGE_UNREADABLE',
      'The picture takes too long to decode; send a smaller, ordinary JPEG.',
      { cause },
    );
  }
  const message = endsEarly(bytes, format)
    ? 'The picture file ends before the picture does; it was probably cut off on the way. Send it again.'
    : 'The picture file is damaged and cannot be decoded; take or export the picture again.';
  return new Problem('IMAGE_UNREADABLE', message, { cause });
}

function endsEarly(bytes: Uint8Array, format: Format): boolean {
  const buffer = asBuffer(bytes);
  switch (format) {
    case 'jpeg':
      return buffer.subarray(-64).indexOf(END_OF_IMAGE) === -1;
    case 'png':
      return !buffer.includes('IEND');
    case 'webp':
      return buffer.length < 12 || buffer.readUInt32LE(4) + 8 > buffer.length;
    default:
      return format satisfies never;
  }
}

/** Grey pixels repeated three times; three channels pass as they are. */
function threeChannels(data: Buffer, channels: number): Uint8Array {
  if (channels === 3) return data;
  const pixels = new Uint8Array((data.length / channels) * 3);
  for (let i = 0; i < pixels.length / 3; i++) {
    const grey = data[i * channels]!;
    pixels[3 * i] = grey;
    pixels[3 * i + 1] = grey;
    pixels[3 * i + 2] = grey;
  }
  return pixels;
}
