import { join } from 'node:path';
import type { ChallengeModels } from '../../../service/engine/matching/index.ts';
import type { Analysis } from '../../../service/inference/face.ts';
import type { Actor } from '../actors/actor.ts';
import { createHandler, type Handled } from '../actors/handled.ts';
import { createInjection } from '../actors/injection.ts';
import { createRecorded, createTwoPeople } from '../actors/other-session.ts';
import { createPerson } from '../actors/person.ts';
import { type Manner, manners, printInHand } from '../actors/photo.ts';
import { puppetFrames } from '../actors/puppet.ts';
import { findClips, jpegOf } from '../clips.ts';
import { openLivePipeline } from '../open.ts';
import { type LivePerson, pictureAt, placeOf, readPerson } from '../people.ts';
import { cacheFolder, type Frame, type Readings } from '../readings.ts';
import { encodedAnew } from '../render/encoded-anew.ts';
import { asScreen, withNoise } from '../render/recapture.ts';
import { photoOfPerson } from '../sources.ts';

const video = join(import.meta.dirname, '../../../../shared/data/video');
/** The right person, whose recording turns to both sides; and another one. */
const [RIGHT, OTHER] = ['liveportrait_d12', 'liveportrait_d10'];
/** Radius of the bent sheet in face widths: of the hardest (LIVENESS.md §2). */
const BEND = 0.42;
const SCREEN = 14;
const SCREEN_NOISE = 2;

/** Pictures that a camera can show, and who shows them. The readings are those of the nets without a browser. */
export interface Shown {
  actor(random: () => number): Actor;
  readings: ReadonlyMap<string, Analysis>;
  /** Made once each. */
  jpegOf(name: string): Promise<Buffer>;
}

export interface ShownAttacks {
  /** The right person, alive. */
  person: Shown;
  /** A print in each manner, a film on a screen, two people, a puppet, injected clips. */
  attacks: ReadonlyMap<string, Shown>;
  /** The frames of a session, by name in their order, decoded and encoded anew. */
  oldSession(names: readonly string[]): Promise<Shown>;
  /** What the nets read of a picture. */
  read(jpeg: Buffer): Promise<Analysis>;
  models: ChallengeModels;
  close(): Promise<void>;
}

/** The attacks of species.ts of one person as pictures; nothing is left out of their making. Without presentation attack detection. */
export async function openShownAttacks(): Promise<ShownAttacks> {
  const cache = cacheFolder();
  const pipeline = await openLivePipeline({ cache, workers: 2, say: () => {} });
  const { readings, analyzer, request } = pipeline;
  const personOf = async (id: string): Promise<LivePerson> => {
    const clip = findClips(video).find((one) => one.id === id)!;
    const person = await readPerson(clip, { readings, cache });
    if (!person) throw new Error(`${id} shows no face.`);
    return person;
  };
  const [right, other] = [await personOf(RIGHT), await personOf(OTHER)];
  const attacks = new Map<string, Shown>();
  for (const manner of manners) attacks.set(`print-${manner}`, await printOf(right, manner, readings));
  attacks.set('replay-screen', await screenOf(right, readings));
  attacks.set('two-people', twoPeopleOf(other, right));
  attacks.set('puppet', await puppetOf(right, readings));
  attacks.set('injection-cut', injectionOf(right));
  return {
    person: livingOf(right),
    attacks,
    models: { scorers: pipeline.models.scorers },
    oldSession: (names) => anewOf(right, names, readings),
    read: (jpeg) => analyzer.analyze(jpeg, { ...request, challenge: true, deadline: 60_000 }),
    close: () => pipeline.close(),
  };
}

/** Each picture is made when it is asked for first, and kept. */
function made(make: (name: string) => Promise<Buffer>): (name: string) => Promise<Buffer> {
  const known = new Map<string, Promise<Buffer>>();
  return (name) => {
    const picture = known.get(name) ?? make(name);
    known.set(name, picture);
    return picture;
  };
}

const ofFrames = (frames: readonly Frame[]) => {
  const byName = new Map(frames.map((frame) => [frame.name, frame]));
  return made((name) => byName.get(name)!.make());
};

const readingsOf = ({ recording: { moments } }: LivePerson) =>
  new Map(moments.map(({ name, analysis }) => [name, analysis]));

async function handledOf(
  source: string,
  { handled, frames }: { handled: Handled; frames: Frame[] },
  readings: Readings,
): Promise<Shown> {
  const seen = await readings.read(`shown-${source}`, frames);
  return {
    actor: (random) => createHandler(handled, seen, random),
    readings: seen,
    jpegOf: ofFrames(frames),
  };
}

async function printOf(person: LivePerson, manner: Manner, readings: Readings): Promise<Shown> {
  const { whole, face, background } = await photoOfPerson(person);
  const inHand = printInHand({ photo: whole, face, background }, manner, BEND);
  return handledOf(`print-${manner}-${BEND}`, inHand, readings);
}

async function puppetOf(person: LivePerson, readings: Readings): Promise<Shown> {
  const { shown, mesh } = await photoOfPerson(person);
  return handledOf('puppet', puppetFrames(shown, mesh), readings);
}

async function screenOf(person: LivePerson, readings: Readings): Promise<Shown> {
  const film = person.recording.moments
    .map(({ name }) => ({ name, ...placeOf(name) }))
    .filter(({ zoom }) => zoom === 1)
    .sort((a, b) => a.frame - b.frame);
  const frames = film.map(({ name }, i): Frame => {
    const shown = async () => asScreen(await pictureAt(person, name), SCREEN);
    return { name, make: async () => jpegOf(withNoise(await shown(), SCREEN_NOISE, i + 1)) };
  });
  const seen = await readings.read('shown-screen', frames);
  return {
    actor(random) {
      const start = Math.floor(random() * film.length);
      const order = [...film.slice(start), ...film.slice(0, start)];
      return createRecorded(order.map(({ name }) => ({ name, analysis: seen.get(name)! })));
    },
    readings: seen,
    jpegOf: ofFrames(frames),
  };
}

const livingOf = (person: LivePerson): Shown => ({
  actor: (random) => createPerson(person.recording, random),
  readings: readingsOf(person),
  jpegOf: made(async (name) => jpegOf(await pictureAt(person, name))),
});

const injectionOf = (person: LivePerson): Shown => ({
  ...livingOf(person),
  actor: (random) => createInjection(person.recording, (moment) => placeOf(moment).frame, random),
});

/** `one` holds still, `other` does what is asked for beside. */
function twoPeopleOf(one: LivePerson, other: LivePerson): Shown {
  const [first, second] = [livingOf(one), livingOf(other)];
  /** Frames of both recordings have the same names. */
  const apart = (mark: string, actor: Actor): Actor => ({
    next(asked, since) {
      const { name, analysis } = actor.next(asked, since);
      return { name: mark + name, analysis };
    },
  });
  const marked = (mark: string, { readings }: Shown) =>
    [...readings].map(([name, analysis]) => [mark + name, analysis] as const);
  return {
    actor: (random) => createTwoPeople(apart('a', first.actor(random)), apart('b', second.actor(random))),
    readings: new Map([...marked('a', first), ...marked('b', second)]),
    jpegOf: (name) => (name.startsWith('a') ? first : second).jpegOf(name.slice(1)),
  };
}

async function anewOf(person: LivePerson, names: readonly string[], readings: Readings): Promise<Shown> {
  const frames = [...new Set(names)].map((name): Frame => {
    return { name, make: async () => encodedAnew(await pictureAt(person, name), 'compressed') };
  });
  const seen = await readings.read('shown-anew', frames);
  return {
    actor: () => createRecorded(names.map((name) => ({ name, analysis: seen.get(name)! }))),
    readings: seen,
    jpegOf: ofFrames(frames),
  };
}
