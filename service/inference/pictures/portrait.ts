import sharp from 'sharp';
import type { Box } from '../face.ts';
import type { Picture } from './picture.ts';

/** Side of the square over the longer side of the face box: head and hair, little of the room. */
const SURROUNDINGS = 1.8;
const LONGEST_SIDE = 480;
const QUALITY = 85;

/** The face cut out of the picture, as a JPEG of at most 480 pixels a side without metadata. */
export async function portraitOf({ pixels, width, height }: Picture, face: Box): Promise<Uint8Array> {
  const half = (Math.max(face.width, face.height) * SURROUNDINGS) / 2;
  const [x, y] = [face.x + face.width / 2, face.y + face.height / 2];
  const left = Math.min(width - 1, Math.max(0, Math.floor(x - half)));
  const top = Math.min(height - 1, Math.max(0, Math.floor(y - half)));
  const jpeg = await sharp(pixels, { raw: { width, height, channels: 3 } })
    .extract({
      left,
      top,
      width: Math.max(1, Math.min(width, Math.ceil(x + half)) - left),
      height: Math.max(1, Math.min(height, Math.ceil(y + half)) - top),
    })
    .resize({ width: LONGEST_SIDE, height: LONGEST_SIDE, fit: 'inside', withoutEnlargement: true })
    .jpeg({ quality: QUALITY })
    .toBuffer();
  return new Uint8Array(jpeg);
}
