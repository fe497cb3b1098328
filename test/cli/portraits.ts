import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

const samples = fileURLToPath(new URL('../../node_modules/@vladmandic/face-api/demo', import.meta.url));

/** Where single faces are in the package's group photographs (pinned version), in pixels. */
const places = {
  ada: { photo: 'sample6.jpg', left: 122, top: 400, width: 454, height: 454 },
  bea: { photo: 'sample6.jpg', left: 1338, top: 190, width: 502, height: 502 },
  cleo: { photo: 'sample5.jpg', left: 1019, top: 166, width: 366, height: 366 },
  dan: { photo: 'sample4.jpg', left: 877, top: 116, width: 408, height: 408 },
  stranger: { photo: 'sample3.jpg', left: 485, top: 275, width: 420, height: 420 },
} as const;

export const people = Object.keys(places) as (keyof typeof places)[];

/** A portrait as JPEG; `quality` makes files of one face that differ in every byte. */
export function portrait(who: keyof typeof places, quality = 90): Promise<Buffer> {
  const { photo, ...place } = places[who];
  return sharp(join(samples, photo)).extract(place).jpeg({ quality }).toBuffer();
}

/** A picture without a face. */
export function wall(): Promise<Buffer> {
  return sharp({ create: { width: 320, height: 240, channels: 3, background: '#8a9' } })
    .jpeg()
    .toBuffer();
}
