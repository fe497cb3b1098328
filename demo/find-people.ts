import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import type { Box } from '../service/inference/face.ts';
import { openModelLibrary } from '../service/inference/models/model-library.ts';
import { createFaceAnalyzer, type FaceAnalyzer } from '../service/inference/workers/face-analyzer.ts';
import { systemClock } from '../service/lib/clock.ts';
import { silentLog } from '../service/lib/log.ts';

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
  const analyzer = createFaceAnalyzer({
    library,
    workers: 1,
    providers: ['cpu'],
    queueLimit: photos.length,
    defaults: request,
    clock: systemClock,
    log: silentLog,
  });
  try {
    await analyzer.ready();
    return await Promise.all(photos.map((name) => readPhoto(analyzer, name)));
  } finally {
    await analyzer.close();
  }
}

const request = { detector: 'blazeface', embedders: [] };
const DEADLINE_MILLISECONDS = 60_000;

async function readPhoto(analyzer: FaceAnalyzer, name: string): Promise<Photo> {
  const bytes = await readFile(join(root, 'node_modules/@vladmandic/face-api/demo', name));
  const { picture, faces } = await analyzer.analyze(bytes, { ...request, deadline: DEADLINE_MILLISECONDS });
  const boxes = faces.map(({ box }) => box).sort((a, b) => a.x - b.x);
  const { width, height } = picture;
  const found = boxes.map(async (box) => ({ photo: name, box, portrait: await cut(bytes, box, picture) }));
  return { name, bytes, width, height, faces: await Promise.all(found) };
}

async function cut(bytes: Buffer, box: Box, picture: { width: number; height: number }): Promise<Buffer> {
  const side = box.width * PORTRAIT;
  const left = Math.max(0, Math.round(box.x + box.width / 2 - side / 2));
  const top = Math.max(0, Math.round(box.y + box.height / 2 - side / 2));
  const width = Math.min(picture.width - left, Math.round(side));
  const height = Math.min(picture.height - top, Math.round(side));
  return sharp(bytes).rotate().extract({ left, top, width, height }).jpeg({ quality: 95 }).toBuffer();
}
