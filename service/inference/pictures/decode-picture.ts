import sharp, { type Metadata, type SharpOptions } from 'sharp';
import { Problem } from '../../lib/problem.ts';
import type { Box } from '../face.ts';
import type { RawPicture } from './decode-heif.ts';
import type { Picture } from './picture.ts';
import { ACCEPTED, countScans, formatOf, isAnimatedPng } from './picture-format.ts';

/** What the header says, checked against the limits. */
export interface PictureHeader {
  format: 'jpeg' | 'png' | 'webp' | 'heic' | 'avif';
  /** Sides of the upright picture. */
  width: number;
  height: number;
  /** Profile of the colors of a HEIC, whose decoder knows none; other formats are converted as they are read. */
  icc?: Uint8Array;
  /** Decoding takes more than 256 MiB: large-pictures.ts. */
  large?: true;
  /** Degrees clockwise by which the picture is turned after its EXIF orientation; 0 where absent. */
  turned?: Turn;
}

export type Turn = 90 | 180 | 270;

/** The header of the same picture, turned clockwise. */
export const turnedBy = (header: PictureHeader, turned: Turn): PictureHeader =>
  turned === 180 ? { ...header, turned } : { ...header, width: header.height, height: header.width, turned };

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
/** Pixels times scans: 25 megapixels in 12 scans, more than any program writes; about half a second of one core at worst. */
const MAX_WORK = 300_000_000;
/**
 * Memory that a pixel takes where the whole picture is decoded at once, which a file of 1 kB can ask for: 49 megapixels took 1.15 GB as AVIF,
 * 430 MB as interlaced PNG, and 407 MB as a JPEG of four components in several scans, whose coefficients are kept. Others are decoded in
 * strips, or reduced as they are read.
 */
const BYTES_OF_PIXEL = { heif: 24, interlaced: 9, coefficient: 2 };
const LARGE = 256 * 1024 * 1024;
/** Longest side that is analyzed. Larger pictures are reduced while decoding, which JPEG does almost for free. */
const WORKING_SIDE = 2048;
/** One decoding is given up after so long. */
const SECONDS = 10;
const options: SharpOptions = { failOn: 'error', limitInputPixels: MAX_PIXELS, sequentialRead: true };

/**
 * Looks at the first bytes and the header only. Throws Problem IMAGE_FORMAT_UNSUPPORTED (not JPEG, PNG, WebP, HEIC, HEIF or
 * AVIF, or several pictures in one), IMAGE_TOO_LARGE (over 10 MB, 50 megapixels, 16,384 pixels a side, or 300 million pixels
 * times scans) or IMAGE_UNREADABLE.
 */
export async function readHeader(bytes: Uint8Array): Promise<PictureHeader> {
  if (bytes.length === 0) {
    throw new Problem('IMAGE_UNREADABLE', `The picture is empty; send the bytes of a ${ACCEPTED}.`);
  }
  const container = formatOf(bytes);
  if (container.is === 'other') {
    throw new Problem('IMAGE_FORMAT_UNSUPPORTED', `The picture is ${container.name}. ${container.advice}`);
  }
  if (bytes.length > MAX_BYTES) {
    throw new Problem(
      'IMAGE_TOO_LARGE',
      'The picture is larger than 10 MB; send a smaller or more compressed one.',
    );
  }
  const scans = container.is === 'jpeg' ? countScans(asBuffer(bytes)) : 1;
  if (scans > MAX_SCANS) {
    throw new Problem(
      'IMAGE_UNREADABLE',
      'The picture has more scans than any camera writes; export it as an ordinary JPEG.',
    );
  }
  const header = await readMetadata(bytes, container.is);
  const format = container.is === 'heif' ? codecOf(header) : container.is;
  const { width, height } = header.autoOrient;
  // A HEIC may hold further pictures beside the one that counts.
  if ((format !== 'heic' && (header.pages ?? 1) > 1) || (format === 'png' && isAnimatedPng(bytes))) {
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
  if (width * height * scans > MAX_WORK) {
    throw new Problem(
      'IMAGE_TOO_LARGE',
      `The picture is a progressive JPEG of ${width} by ${height} pixels in ${scans} scans; of pixels times scans at most 300 ` +
        'million are accepted. Export it as an ordinary (baseline) JPEG, or send a smaller one.',
    );
  }
  const icc = format === 'heic' ? header.icc : undefined;
  const large = width * height * bytesOfPixel(format, header, scans) > LARGE;
  return { format, width, height, ...(icc && { icc }), ...(large && { large }) };
}

function bytesOfPixel(format: Format, { isProgressive, channels }: Metadata, scans: number): number {
  switch (format) {
    case 'png':
      return isProgressive ? BYTES_OF_PIXEL.interlaced : 0;
    case 'jpeg':
      return scans > 1 ? BYTES_OF_PIXEL.coefficient * channels : 0;
    case 'webp':
      return 0;
    default:
      return BYTES_OF_PIXEL.heif;
  }
}

async function readMetadata(
  bytes: Uint8Array,
  container: 'jpeg' | 'png' | 'webp' | 'heif',
): Promise<Metadata> {
  // our own limits answer in words a person can act on
  const read = (page: object = {}) =>
    sharp(bytes, { ...options, limitInputPixels: false, ...page }).metadata();
  try {
    const header = await read();
    return (header.pages ?? 1) > 1 && header.compression === 'hevc'
      ? await read({ page: header.pagePrimary ?? 0 })
      : header;
  } catch (cause) {
    throw unreadable(bytes, container, cause);
  }
}

/** The container holds pictures of many codecs. */
function codecOf({ compression }: Metadata): 'heic' | 'avif' {
  if (compression === 'hevc') return 'heic';
  if (compression === 'av1') return 'avif';
  throw new Problem(
    'IMAGE_FORMAT_UNSUPPORTED',
    `The picture is a HEIF of a kind that is not read here (${compression ?? 'unknown codec'}). Export it as JPEG, or send a ${ACCEPTED}.`,
  );
}

/**
 * Decodes to upright sRGB, at most 2,048 pixels a side: EXIF orientation applied, turned as the header says, transparency over white, grey and CMYK
 * converted. With `region` (whole pixels of the upright picture) only that part. A HEIC comes decoded already
 * (decode-heif.ts), and so does what `unpackPicture` is for. Throws Problem IMAGE_UNREADABLE.
 */
export async function decodePicture(
  source: Uint8Array | RawPicture,
  { format, width, height, turned }: PictureHeader,
  region: Box = { x: 0, y: 0, width, height },
  seconds = SECONDS,
): Promise<DecodedPicture> {
  const longest = Math.max(region.width, region.height);
  const input = source instanceof Uint8Array ? source : source.tiff;
  let pipeline = sharp(input, options).timeout({ seconds }).autoOrient();
  if (turned !== undefined) pipeline = pipeline.rotate(turned);
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
    throw unreadable(source instanceof Uint8Array ? source : new Uint8Array(), format, cause);
  }
}

/**
 * Decodes an AVIF or a large picture once, for all that decodePicture is asked: each look at a part of it would decode the whole again, which takes
 * 5 s for an AVIF of 40 megapixels. Throws Problem IMAGE_UNREADABLE.
 */
export async function unpackPicture(bytes: Uint8Array, { format }: PictureHeader): Promise<RawPicture> {
  try {
    const pipeline = sharp(bytes, options).timeout({ seconds: SECONDS }).autoOrient();
    return { tiff: await pipeline.tiff({ compression: 'none' }).toBuffer() };
  } catch (cause) {
    throw unreadable(bytes, format, cause);
  }
}

type Format = PictureHeader['format'] | 'heif';

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
    case 'heic':
    case 'avif':
    case 'heif':
      return lastBoxEnd(buffer) > buffer.length;
    default:
      return format satisfies never;
  }
}

/** Where the last box of an ISO base media file says it ends. */
function lastBoxEnd(buffer: Buffer): number {
  let at = 0;
  for (let boxes = 0; at + 8 <= buffer.length && boxes < 100; boxes++) {
    const size = buffer.readUInt32BE(at);
    // 0: to the end of the file; 1: a larger size follows, which no picture of ours has.
    if (size < 8) return buffer.length;
    at += size;
  }
  return at;
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
