import sharp from 'sharp';
import type { Picture } from '../../../service/inference/pictures/picture.ts';
import { jpegOf, pictureOf } from '../clips.ts';

const sharpOf = ({ width, height, pixels }: Picture) =>
  sharp(pixels, { raw: { width, height, channels: 3 } });

/** Ways to make other pixels of a frame that a session showed before. */
export const encodings: Readonly<Record<string, (picture: Picture) => Promise<Buffer>>> = {
  compressed: (picture) => sharpOf(picture).jpeg({ quality: 50 }).toBuffer(),
  smaller: (picture) => sharpOf(picture).resize(320, 320).jpeg({ quality: 70 }).toBuffer(),
  larger: (picture) => sharpOf(picture).resize(640, 640).jpeg({ quality: 85 }).toBuffer(),
  cropped: (picture) =>
    sharpOf(picture)
      .extract({ left: 10, top: 22, width: 448, height: 448 })
      .resize(480, 480)
      .jpeg({ quality: 75 })
      .toBuffer(),
  lighter: (picture) => sharpOf(picture).gamma(1.4).linear(1.12, -14).jpeg({ quality: 75 }).toBuffer(),
};

/** A frame as the page sent it, decoded, and encoded in another way. */
export async function encodedAnew(picture: Picture, encoding: string): Promise<Buffer> {
  return encodings[encoding]!(await pictureOf(await jpegOf(picture)));
}
