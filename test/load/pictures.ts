import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readPictureList } from '../accuracy/faces.ts';
import { people, portrait } from '../cli/portraits.ts';

/** Pictures to measure times on, and what to call them. */
export interface Pictures {
  name: string;
  files: string[];
}

const root = join(import.meta.dirname, '../..');
const lfw = join(root, '../shared/data/faces-lfw/pairs.csv');

/** LFW where it is on this machine, otherwise the photographs inside the face-api package (groups of people). */
export function picturesToMeasure(): Pictures {
  if (existsSync(lfw)) {
    const files = readPictureList(lfw).map((file) => join(dirname(lfw), file));
    return { name: 'LFW deepfunneled, 250×250', files };
  }
  const demo = join(root, 'node_modules/@vladmandic/face-api/demo');
  const files = [1, 2, 3, 4, 5, 6].map((n) => join(demo, `sample${n}.jpg`));
  return { name: 'the six sample photographs of @vladmandic/face-api', files };
}

/** Pictures of one person each, which can be enrolled: LFW where it is on this machine, else single faces cut out of the photographs of the package. */
export async function* picturesToEnroll(): AsyncGenerator<Buffer> {
  if (existsSync(lfw)) for (const file of picturesToMeasure().files) yield readFileSync(file);
  else for (const who of people) yield portrait(who);
}
