import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Box, Pose } from '../../service/inference/face.ts';
import type { Picture } from '../../service/inference/pictures/picture.ts';
import { findClips, framingOf, jpegOf, pictureOf, showFrame } from './clips.ts';
import { type LivePerson, pictureAt, readPerson } from './people.ts';
import type { Readings } from './readings.ts';
import { blurred } from './render/recapture.ts';

/** A photograph of a person, as an attacker has it. */
export interface Photo {
  id: string;
  /** As it was taken; printed whole. */
  whole: Picture;
  face: Box;
  /** Cut as the camera shows a person, for what is made of it in a program, and its face's mesh. */
  shown: Picture;
  mesh: Float32Array;
  /** Of the face in `shown`. */
  shownFace: Box;
  pose: Pose;
  /** What stands behind a print of it. */
  background: Picture;
}

export interface Sources {
  people: LivePerson[];
  /** Face swaps and synthetic heads, as a virtual camera shows them. */
  swaps: LivePerson[];
  /** Real recaptures of people who turn, framed by the attacker as a person sits. */
  recaptured: LivePerson[];
  /** Photographs of the people of the clips and of Replay-Attack. */
  photos: Photo[];
  /** Photographs of further people, of LFW: no limit was chosen on them. */
  portraits: Photo[];
  /** Real recaptures of Replay-Attack from a screen. */
  recaptures: Photo[];
  /** Why something is missing. */
  missing: string[];
}

export interface SourcesDeps {
  readings: Readings;
  cache: string;
  /** shared/data, or a folder of clips of living people. */
  video: string;
  /** Where shared/data/pad/extract.mjs has laid out replay-attack-clips.csv. */
  pad: string;
  /** shared/data/faces-lfw; absent: no portraits are read. */
  faces?: string;
}

/** Photographs of people of the clips, and of Replay-Attack: those are small, noisy and from one webcam. */
const CLIP_PHOTOS = 12;
const REPLAY_ATTACK_PHOTOS = 4;
const RECAPTURES = 8;
const PORTRAITS = 32;
/** Degrees: people who look past the camera make poor prints of themselves. */
const FRONTAL = 8;

export async function openSources({ readings, cache, video, pad, faces }: SourcesDeps): Promise<Sources> {
  const missing: string[] = [];
  const shown: LivePerson[] = [];
  for (const clip of existsSync(video) ? findClips(video) : []) {
    const person = await readPerson(clip, { readings, cache });
    if (person) shown.push(person);
    else missing.push(`${clip.id}: no face to work with`);
  }
  const people = shown.filter(({ clip }) => clip.kind === 'living');
  const swaps = shown.filter(({ clip }) => clip.kind === 'swap');
  if (people.length === 0) missing.push(`${video} has no clips`);
  const photos: Photo[] = [];
  const known = new Set<string>();
  for (const person of people) {
    if (known.has(person.clip.person) || photos.length >= CLIP_PHOTOS) continue;
    known.add(person.clip.person);
    photos.push(await photoOfPerson(person));
  }
  const sequences = (label: string, which: RegExp) =>
    existsSync(join(pad, label))
      ? readdirSync(join(pad, label))
          .filter((name) => which.test(name))
          .sort()
      : [];
  const live = sequences('live', /./);
  const screens = sequences('spoof', /attack_(highdef|mobile)_/);
  if (live.length === 0)
    missing.push(
      `${pad} has no sequences of Replay-Attack: weights that are fitted without them let fewer people pass, so no figure of people compares with the published ones`,
    );
  const still = async (label: string, name: string) => {
    const [, second] = readdirSync(join(pad, label, name)).sort();
    return photoOf(`${label}-${name}`, join(pad, label, name, second!), readings);
  };
  for (const name of live.slice(0, REPLAY_ATTACK_PHOTOS)) {
    const photo = await still('live', name);
    if (photo) photos.push(photo);
  }
  const recaptures: Photo[] = [];
  for (const name of screens.slice(0, RECAPTURES)) {
    const photo = await still('spoof', name);
    if (photo) recaptures.push(photo);
  }
  const portraits = faces === undefined ? [] : await portraitsOf(faces, readings);
  if (faces !== undefined && portraits.length === 0) missing.push(`${faces} has no photographs`);
  const recaptured = shown.filter(({ clip }) => clip.kind === 'recapture');
  return { people, swaps, recaptured, photos, portraits, recaptures, missing };
}

/** Of people at even distances in the folder's list, the first photograph, where it shows the face from the front. */
async function portraitsOf(folder: string, readings: Readings): Promise<Photo[]> {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => (entry.isDirectory() ? entry.name : []))
    .sort();
  const portraits: Photo[] = [];
  const tried = 2 * PORTRAITS;
  for (let i = 0; i < tried && portraits.length < PORTRAITS; i++) {
    const name = names[Math.floor((i * names.length) / tried)];
    const [file] = name === undefined ? [] : readdirSync(join(folder, name)).sort();
    if (name === undefined || file === undefined) continue;
    const photo = await photoOf(`lfw-${name}`, join(folder, name, file), readings);
    if (photo && Math.abs(photo.pose.yaw) < FRONTAL) portraits.push(photo);
  }
  return portraits;
}

/** The first neutral moment of a recording, as a photograph. */
export async function photoOfPerson(person: LivePerson): Promise<Photo> {
  const { recording, files, framing, clip } = person;
  const index = recording.fits['hold-still'].find((i) => recording.moments[i]!.name.endsWith('x1')) ?? 0;
  const moment = recording.moments[index]!;
  const whole = await pictureOf(files[Number(moment.name.split('x')[0])]!);
  const { box, motion } = moment.analysis.face!;
  const scale = framing.side / moment.analysis.picture.width;
  const face = {
    x: framing.x + box.x * scale,
    y: framing.y + box.y * scale,
    width: box.width * scale,
    height: box.height * scale,
  };
  const shown = await pictureAt(person, moment.name);
  const { mesh, pose } = motion;
  return {
    id: clip.id,
    whole,
    face,
    shown,
    mesh,
    shownFace: box,
    pose,
    background: await backgroundOf(shown),
  };
}

async function photoOf(id: string, file: string, readings: Readings): Promise<Photo | undefined> {
  const whole = await pictureOf(file);
  const placed = await readings.read(`placed-${id}`, [{ name: 'whole', make: () => jpegOf(whole) }]);
  const face = placed.get('whole')?.faces[0]?.box;
  if (!face) return undefined;
  const shown = await showFrame(file, framingOf([face]));
  const seen = (await readings.read(`shown-${id}`, [{ name: 'shown', make: () => jpegOf(shown) }])).get(
    'shown',
  );
  if (!seen?.face) return undefined;
  const { mesh, pose } = seen.face.motion;
  return {
    id,
    whole,
    face,
    shown,
    mesh,
    shownFace: seen.face.box,
    pose,
    background: await backgroundOf(shown),
  };
}

/** A plain room: the picture's own colors, far out of focus. */
const backgroundOf = (picture: Picture): Promise<Picture> =>
  blurred({ ...picture, pixels: picture.pixels.map((value) => value * 0.5 + 60) }, 30);
