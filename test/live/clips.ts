import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import sharp from 'sharp';
import type { Box } from '../../service/inference/face.ts';
import type { Picture } from '../../service/inference/pictures/picture.ts';

/** Frames a second of every clip, as the page sends them. */
const PACE = 10;
/** Pixels of a side of the frames, as the page sends them. */
const SIDE = 480;
/** Share of the frame's width that a face takes in them, as long as no step asks for it closer. */
const SHARE = 0.34;
const JPEG = { quality: 80 };

/** What a recording shows. `swap`: a face swap or a synthetic head; `recapture`: a screen or a picture before a camera. */
export type ClipKind = 'living' | 'swap' | 'recapture';

/** A recording of one person. */
export interface Clip {
  id: string;
  file: string;
  /** Clips of one person share it. */
  person: string;
  kind: ClipKind;
  /** `own`: a webcam or phone of the person; `studio`: broadcasts, films, crops of talks. */
  camera: 'own' | 'studio';
  /** Whether limits or distributions may have been chosen while looking at it. */
  usedForThresholds: boolean;
}

/** Folders below `shared/data`, and what their clips show. */
const SETS: readonly (readonly [folder: string, kind: ClipKind])[] = [
  ['video', 'living'],
  ['video-headturn/live', 'living'],
  ['video-people/turning', 'living'],
  ['video-people/fake', 'swap'],
  ['video-headturn/replay', 'recapture'],
  ['video-people/recapture', 'recapture'],
];

/**
 * Clips of a folder, or of the sets below `data`, and of a folder of more (`GATEHOUSE_LIVE_CLIPS`), whose people no limit was chosen on:
 * living people, unless a name begins with `fake` or `recapture`.
 */
export function findClips(data: string, more = process.env.GATEHOUSE_LIVE_CLIPS): Clip[] {
  const sets = clipsIn(data).length > 0 ? ([['.', 'living']] as const) : SETS;
  const clips = sets.flatMap(([set, kind]) => {
    const folder = join(data, set);
    const own = ownCameras(dirname(folder), folder);
    return clipsIn(folder).map((name): Clip => {
      const id = idOf(name);
      const camera = set.startsWith('video-headturn') || own.has(name) ? 'own' : 'studio';
      return { id, file: join(folder, name), person: personOf(id), kind, camera, usedForThresholds: true };
    });
  });
  const others = clipsIn(more).map((name): Clip => {
    const id = idOf(name);
    const kind = id.startsWith('fake') ? 'swap' : id.startsWith('recapture') ? 'recapture' : 'living';
    return { id, file: join(more!, name), person: id, kind, camera: 'own', usedForThresholds: false };
  });
  return [...clips, ...others];
}

const clipsIn = (folder: string | undefined): string[] =>
  folder === undefined || !existsSync(folder)
    ? []
    : readdirSync(folder)
        .filter((name) => /\.(mp4|mov|3gp|avi|webm|mkv)$/.test(name))
        .sort();

const idOf = (name: string): string => name.replace(/\.\w+$/, '');
const personOf = (id: string): string => (id.startsWith('proctoring') ? 'proctoring' : id);

/** Names of clips that their set's manifest says a webcam, a phone or a laptop recorded. */
function ownCameras(set: string, folder: string): Set<string> {
  const manifest = [join(set, 'manifest.csv'), join(folder, 'manifest.csv')].find((file) => existsSync(file));
  if (manifest === undefined) return new Set();
  return new Set(
    readFileSync(manifest, 'utf8')
      .split('\n')
      .filter((row) => /phone|webcam|laptop|camera indoors|proctoring/i.test(row))
      .map((row) => basename(row.split(',', 1)[0]!)),
  );
}

/** The clip's frames as JPEG files, ten a second; made by ffmpeg when they are not in `cache`. */
export function framesOf(clip: Clip, cache: string, seconds = 30): string[] {
  const folder = join(cache, 'frames', clip.id);
  if (!existsSync(join(folder, 'done'))) {
    mkdirSync(folder, { recursive: true });
    execFileSync('ffmpeg', [
      ...['-loglevel', 'error', '-y', '-t', String(seconds), '-i', clip.file],
      ...['-vf', `fps=${PACE},scale='min(1280,iw)':-2`, '-q:v', '2', join(folder, '%05d.jpg')],
    ]);
    execFileSync('touch', [join(folder, 'done')]);
  }
  return readdirSync(folder)
    .filter((name) => name.endsWith('.jpg'))
    .sort()
    .map((name) => join(folder, name));
}

/** The square of a recording that is shown as the camera's picture: the face in its middle, `SHARE` of its width. */
export interface Framing {
  x: number;
  y: number;
  side: number;
}

export function framingOf(boxes: readonly Box[]): Framing {
  const middle = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
  const side = middle(boxes.map(({ width }) => width)) / SHARE;
  return {
    x: middle(boxes.map(({ x, width }) => x + width / 2)) - side / 2,
    y: middle(boxes.map(({ y, height }) => y + height / 2)) - side / 2,
    side,
  };
}

/** `zoom` > 1: the person is closer to the camera (simulated: the picture is enlarged). */
export async function showFrame(file: string, { x, y, side }: Framing, zoom = 1): Promise<Picture> {
  const image = sharp(readFileSync(file)).removeAlpha();
  const { width, height } = await image.metadata();
  const reach = side / zoom;
  const [left, top] = [Math.round(x + (side - reach) / 2), Math.round(y + (side - reach) / 2)];
  const size = Math.round(reach);
  const [right, bottom] = [left + size, top + size];
  const beyond = {
    left: Math.max(0, -left),
    top: Math.max(0, -top),
    right: Math.max(0, right - width),
    bottom: Math.max(0, bottom - height),
  };
  const { data } = await sharp(
    await image
      .extend({ ...beyond, extendWith: 'copy' })
      .png({ compressionLevel: 0 })
      .toBuffer(),
  )
    .extract({ left: left + beyond.left, top: top + beyond.top, width: size, height: size })
    .resize(SIDE, SIDE)
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: SIDE, height: SIDE, pixels: new Uint8Array(data) };
}

export async function pictureOf(file: Buffer | string): Promise<Picture> {
  const { data, info } = await sharp(file).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, pixels: new Uint8Array(data) };
}

/** As the page compresses it. */
export const jpegOf = ({ width, height, pixels }: Picture): Promise<Buffer> =>
  sharp(pixels, { raw: { width, height, channels: 3 } })
    .jpeg(JPEG)
    .toBuffer();
