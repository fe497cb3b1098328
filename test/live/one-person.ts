import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createRandom } from '../accuracy/random.ts';
import type { Actor } from './actors/actor.ts';
import { createPerson, stepsOf } from './actors/person.ts';
import { findClips, jpegOf } from './clips.ts';
import { withLivePipeline } from './open.ts';
import { pictureAt, readPerson } from './people.ts';
import { cacheFolder } from './readings.ts';

const data = join(import.meta.dirname, '../../../shared/data');
const video = join(data, 'video');
/** The one recording of these that turns to both sides, from rest and back. */
const CLIP = 'liveportrait_d12';
/** Another clip below shared/data whose person turns to both sides. */
const asked = process.env.GATEHOUSE_LIVE_PERSON;

/** Steps of a challenge that the recording shows. */
const shownSteps = ['hold-still', 'turn-left', 'turn-right', 'come-closer', 'blink'] as const;

/** What a profile may ask this person for. The recording is short and is shown again and again, which a live person never does. */
export const shownChallenge = { steps: shownSteps, count: 4, repeats: 'record' } as const;
type ShownStep = (typeof shownSteps)[number];

/** Why there is no person here; undefined: there is one. */
export const noPerson = !existsSync(video)
  ? 'shared/data/video is not here'
  : spawnSync('ffmpeg', ['-version']).status !== 0
    ? 'there is no ffmpeg (apt-get install -y ffmpeg)'
    : undefined;

export interface OnePerson {
  /** The person, at the beginning of an attempt. */
  actor(): Actor;
  /** The picture of what the actor shows. */
  jpegOf(name: string): Promise<Buffer>;
  /** Of every picture that the actor may show. */
  names(): string[];
  /** A neutral picture, to enroll the person with. */
  portrait(): Promise<Buffer>;
  /** Of `shownChallenge`; absent: all. */
  steps?: readonly ShownStep[];
}

/** A living person of a recording, who does what the page asks for. Kept by the nets' numbers in the cache folder. */
export async function openPerson(seed = 1): Promise<OnePerson> {
  const cache = cacheFolder();
  const clip = findClips(asked === undefined ? video : data).find(({ id }) => id === (asked ?? CLIP));
  if (!clip) throw new Error(`There is no clip ${asked}.`);
  const person = await withLivePipeline({ cache, workers: 2, say: () => {} }, ({ readings }) =>
    readPerson(clip, { readings, cache }),
  );
  if (!person) throw new Error(`${clip.id} shows no face.`);
  const random = createRandom(seed);
  const made = new Map<string, Promise<Buffer>>();
  const pictureOf = (name: string) => {
    const known = made.get(name) ?? pictureAt(person, name).then(jpegOf);
    made.set(name, known);
    return known;
  };
  const { recording } = person;
  const neutral = recording.moments[recording.fits['hold-still'][0]!]!.name;
  // Every picture is there before the first attempt: making one takes as long as a frame may.
  for (const { name } of recording.moments) await pictureOf(name);
  return {
    actor: () => createPerson(recording, random),
    jpegOf: pictureOf,
    names: () => recording.moments.map(({ name }) => name),
    portrait: () => pictureOf(neutral),
    steps: shownSteps.filter((step) => stepsOf(recording).includes(step)),
  };
}
