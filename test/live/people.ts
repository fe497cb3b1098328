import type { Analysis } from '../../service/inference/face.ts';
import { type Recording, recordingOf } from './actors/person.ts';
import { momentsOf } from './actors/poses.ts';
import { type Clip, type Framing, framesOf, framingOf, jpegOf, pictureOf, showFrame } from './clips.ts';
import type { Frame, Readings } from './readings.ts';

/** Every tenth frame is enough to place the face. */
const PLACING = 10;
/** How much closer a person comes, and how many frames of it are made of each moment. */
const ZOOMS = [1.05, 1.1, 1.15, 1.2, 1.25, 1.3, 1.35, 1.4];
/** Moments that are shown closer too. */
const CLOSER_MOMENTS = 4;

export interface LivePerson {
  clip: Clip;
  files: readonly string[];
  framing: Framing;
  recording: Recording;
}

const nameOf = (frame: number, zoom = 1) => `${frame}x${zoom}`;
export const placeOf = (name: string) => {
  const [frame, zoom] = name.split('x').map(Number) as [number, number];
  return { frame, zoom };
};

/** The picture of a moment, as the camera shows it. */
export const pictureAt = ({ files, framing }: Pick<LivePerson, 'files' | 'framing'>, name: string) => {
  const { frame, zoom } = placeOf(name);
  return showFrame(files[frame]!, framing, zoom);
};

/** What a clip shows: read once, then from the cache. Undefined for a clip without a face to work with. */
export async function readPerson(
  clip: Clip,
  { readings, cache }: { readings: Readings; cache: string },
): Promise<LivePerson | undefined> {
  const files = framesOf(clip, cache);
  const placing: Frame[] = files
    .map((file, i) => ({ file, i }))
    .filter(({ i }) => i % PLACING === 0)
    .map(({ file, i }) => ({ name: String(i), make: async () => jpegOf(await pictureOf(file)) }));
  const placed = await readings.read(`placing-${clip.id}`, placing);
  const boxes = [...placed.values()].flatMap(({ faces: [face] }) => face?.box ?? []);
  if (boxes.length < placing.length / 2) return undefined;
  const shown = { files, framing: framingOf(boxes) };
  const frame = (name: string): Frame => ({ name, make: async () => jpegOf(await pictureAt(shown, name)) });
  const plain = files.map((_, i) => frame(nameOf(i)));
  const seen = await readings.read(`clip-${clip.id}`, plain);
  const neutral = momentsOf(seen)
    .filter(({ yaw, pitch, eyes }) => Math.abs(yaw) < 5 && Math.abs(pitch) < 5 && eyes > 0.8)
    .slice(0, CLOSER_MOMENTS);
  const closer = neutral.flatMap(({ name }) => ZOOMS.map((zoom) => frame(nameOf(placeOf(name).frame, zoom))));
  const all = new Map<string, Analysis>([...seen, ...(await readings.read(`closer-${clip.id}`, closer))]);
  return { clip, ...shown, recording: recordingOf(clip.person, momentsOf(all), placeOf) };
}
