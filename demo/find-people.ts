import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { createPictureAnalyzer } from '../service/inference/analyze-picture.ts';
import type { Box } from '../service/inference/face.ts';
import { openModelLibrary } from '../service/inference/model-library.ts';
import { openOnnxModel } from '../service/inference/onnx-model.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** One face of a group photograph. */
export interface Found {
  photo: string;
  /** In pixels of the photograph. */
  box: Box;
  /** JPEG of the face with the margin a portrait has. */
  portrait: Buffer;
}

export interface Photo {
  name: string;
  bytes: Buffer;
  width: number;
  height: number;
  /** From left to right. */
  faces: Found[];
}

/** Portrait width over face box width. */
const PORTRAIT = 2;

/** The groups in the face-api package, and the faces our own detector finds in them. */
export async function findPeople(photos: readonly string[]): Promise<Photo[]> {
  const library = await openModelLibrary({
    manifest: join(root, 'models/manifest.json'),
    built: join(root, 'models/built'),
    imported: join(tmpdir(), 'gatehouse-demo-has-no-imported-models'),
  });
  const analyzer = createPictureAnalyzer({
    catalog: library.catalog(),
    open: (file) => openOnnxModel(file, { providers: ['cpu'], fellBack: () => {} }),
    now: () => performance.now(),
  });
  const found: Photo[] = [];
  for (const name of photos) {
    const bytes = await readFile(join(root, 'node_modules/@vladmandic/face-api/demo', name));
    const { picture, faces } = await analyzer.analyze(bytes, { detector: 'blazeface', embedders: [] });
    const boxes = faces.map(({ box }) => box).sort((a, b) => a.x - b.x);
    found.push({
      name,
      bytes,
      width: picture.width,
      height: picture.height,
      faces: await Promise.all(
        boxes.map(async (box) => ({ photo: name, box, portrait: await cut(bytes, box, picture) })),
      ),
    });
  }
  return found;
}

async function cut(bytes: Buffer, box: Box, picture: { width: number; height: number }): Promise<Buffer> {
  const side = box.width * PORTRAIT;
  const left = Math.max(0, Math.round(box.x + box.width / 2 - side / 2));
  const top = Math.max(0, Math.round(box.y + box.height / 2 - side / 2));
  const width = Math.min(picture.width - left, Math.round(side));
  const height = Math.min(picture.height - top, Math.round(side));
  return sharp(bytes).rotate().extract({ left, top, width, height }).jpeg({ quality: 95 }).toBuffer();
}
