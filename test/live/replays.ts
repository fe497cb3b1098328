import type { ChallengePath } from '../../service/engine/matching/index.ts';
import type { Analysis } from '../../service/inference/face.ts';
import type { Seen } from './actors/actor.ts';
import { createRecorded, createRecorder } from './actors/other-session.ts';
import { createPerson, type Recording, recordingOf } from './actors/person.ts';
import { momentsOf } from './actors/poses.ts';
import {
  canKeepStill,
  type Draw,
  type Judge,
  type Species,
  showsTurn,
  turning,
  turningBothWays,
  withinReach,
} from './attack.ts';
import { jpegOf } from './clips.ts';
import { type LivePerson, pictureAt, placeOf } from './people.ts';
import type { Readings } from './readings.ts';
import { encodedAnew, encodings } from './render/encoded-anew.ts';
import { asScreen, withNoise } from './render/recapture.ts';
import type { Sources } from './sources.ts';
import { type Attempt, runTrial, type Trial } from './trial.ts';

type Shown = ReadonlyMap<string, Analysis>;

/** What the nets read of a recording's frames when a screen shows them. */
async function readScreen(person: LivePerson, readings: Readings): Promise<Shown> {
  const { recording, clip } = person;
  const frames = recording.moments.map(({ name }, i) => ({
    name,
    make: async () =>
      jpegOf(withNoise(await asScreen(await pictureAt(person, name), 11 + (clip.id.length % 7)), 2, i + 1)),
  }));
  return readings.read(`screen-edge-${clip.id}`, frames);
}

/** By encoding. Without `closer`: of the frames as they were recorded alone. */
export async function readAnew(
  person: LivePerson,
  readings: Readings,
  { closer = false }: { closer?: boolean } = {},
): Promise<Shown[]> {
  const shown: Shown[] = [];
  for (const encoding of Object.keys(encodings)) {
    const moments = person.recording.moments.filter(({ name }) => closer || placeOf(name).zoom === 1);
    const frames = moments.map(({ name }) => ({
      name,
      make: async () => encodedAnew(await pictureAt(person, name), encoding),
    }));
    shown.push(await readings.read(`anew-${encoding}-${person.clip.id}`, frames));
  }
  return shown;
}

/** Sessions that are tried until one passes. */
const MOST_TRIES = 100;

/** A session that passed, if one does: what the camera showed in its order, which steps were asked for, how the face moved. */
function recordSession(
  recording: Recording,
  judge: Judge,
  random: () => number,
): { frames: Seen[]; attempt: Attempt } | undefined {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const recorder = createRecorder(createPerson(recording, random));
    const { attempts } = runTrial({ ...judge, random, actor: () => recorder.actor, attempts: 1 });
    if (attempts[0]!.passed) return { frames: recorder.frames, attempt: attempts[0]! };
  }
  return undefined;
}

interface OldSession {
  draw: Exclude<Draw, 'within reach'>;
  path?: ChallengePath;
  pick(sources: Sources): LivePerson[];
  /** Ways in which its frames are shown again. */
  read(person: LivePerson, readings: Readings): Promise<Shown[]>;
}

const unseen =
  'what the rule against repeats within the attempt would find is left out, because the first session was played from a short recording';

const named = 'both sessions are for one address, so the steps of the first are not drawn again';

const oldSession = (
  name: string,
  attacker: string,
  made: string,
  { draw, path, pick, read }: OldSession,
): Species => ({
  name,
  attacker,
  draw,
  made: `${made}; ${draw === 'product' && path === undefined ? `${named}; ` : ''}${unseen}`,
  async prepare(sources, readings) {
    const both = turningBothWays(sources);
    const people: { person: LivePerson; ways: Shown[] }[] = [];
    for (const person of pick(sources)) people.push({ person, ways: await read(person, readings) });
    return {
      sources: people.length,
      names: people.map(({ person }) => person.clip.id),
      run(trial, judge, random): Trial {
        // Where no session of a person passes there is none to show again: the next person's is taken.
        for (let next = trial; next < trial + people.length; next++) {
          const { person, ways } = people[next % people.length]!;
          const { recording } = person;
          const drawn = both.includes(person) ? judge.rules : withinReach(judge.rules, recording);
          const limited = {
            ...judge,
            rules: { ...drawn, repeats: 'record' as const },
            ...(path && { path }),
          };
          const session = recordSession(recording, limited, random);
          if (!session) continue;
          const shown = ways[Math.floor(trial / people.length) % ways.length]!;
          const again = session.frames.map(({ name: frame }) => ({
            name: frame,
            analysis: shown.get(frame)!,
          }));
          return runTrial({
            ...limited,
            random,
            actor: () => createRecorded(again),
            ...(draw === 'same' ? { asks: session.attempt.steps } : { before: [session.attempt.steps] }),
            ...(session.attempt.movement && { earlier: [session.attempt.movement] }),
          });
        }
        throw new Error(`No session of ${name} passed of any person.`);
      },
    };
  },
});

const anew = `the frames of a session that passed, fed in again in their order after they were decoded and encoded in another way (${Object.keys(encodings).join(', ')}, a fifth of the trials each), so that no hash is known`;
const screen =
  'simulated recapture from a screen (fewer pixels, moiré, contrast, glare, the edge of the screen, a sensor)';
const everyMoment = (person: LivePerson, readings: Readings) => readAnew(person, readings, { closer: true });
const onScreen = async (person: LivePerson, readings: Readings) => [await readScreen(person, readings)];

/** The clip as it was recorded, from a random frame on, again from its beginning when it ends. */
const ownOrder: Species = {
  name: 'replay-screen',
  attacker: 'shows the camera a screen on which a film of the right person runs as it was recorded',
  draw: 'product',
  made: `clips of the right person in their own order, from a random frame on, looped, with ${screen}`,
  async prepare(sources, readings) {
    const films: Seen[][] = [];
    for (const person of turning(sources)) {
      const shown = await readScreen(person, readings);
      films.push(
        [...shown]
          .map(([name, analysis]) => ({ name, analysis, ...placeOf(name) }))
          .filter(({ zoom }) => zoom === 1)
          .sort((a, b) => a.frame - b.frame),
      );
    }
    return {
      sources: films.length,
      names: turning(sources).map(({ clip }) => clip.id),
      run(trial, judge, random) {
        const film = films[trial % films.length]!;
        const from = () => {
          const start = Math.floor(random() * film.length);
          return [...film.slice(start), ...film.slice(0, start)];
        };
        return runTrial({ ...judge, random, actor: () => createRecorded(from()) });
      },
    };
  },
};

const chosen = (name: string, draw: 'product' | 'within reach'): Species => ({
  name,
  draw,
  attacker:
    'shows the camera a screen, and plays on it the part of a film of the right person that fits each step when it is asked for',
  made: `clips of the right person with ${screen}, played part by part as the page asks`,
  async prepare(sources, readings) {
    const films: { name: string; film: Recording }[] = [];
    for (const person of turning(sources)) {
      const shown = await readScreen(person, readings);
      const film = recordingOf(person.clip.person, momentsOf(new Map(shown)), placeOf);
      // Of some films the screen leaves no turn that can be read.
      if (draw === 'product' || showsTurn(film)) films.push({ name: person.clip.id, film });
    }
    return {
      sources: films.length,
      names: films.map(({ name }) => name),
      run(trial, judge, random) {
        const { film } = films[trial % films.length]!;
        const rules = draw === 'product' ? judge.rules : withinReach(judge.rules, film);
        return runTrial({ ...judge, rules, random, actor: () => createPerson(film, random) });
      },
    };
  },
});

const feedsIn = 'has the frames of an old session and feeds them in again';

const stillAttacker = `${feedsIn}, and takes the path for people who cannot move their head, in a profile that approves it (allow)`;

export const replays: readonly Species[] = [
  oldSession('replay-old-session', feedsIn, anew, {
    draw: 'product',
    pick: turningBothWays,
    read: everyMoment,
  }),
  oldSession(
    'replay-old-session-same-draw',
    `${feedsIn}, when by chance the same steps are asked for`,
    anew,
    {
      draw: 'same',
      pick: turning,
      read: everyMoment,
    },
  ),
  oldSession('replay-old-session-no-motion', stillAttacker, anew, {
    draw: 'product',
    pick: turning,
    read: everyMoment,
    path: { flash: false, motion: false },
  }),
  oldSession('replay-old-session-no-motion-others', stillAttacker, anew, {
    draw: 'product',
    read: everyMoment,
    path: { flash: false, motion: false },
    pick: (sources) => sources.people.filter((one) => canKeepStill(one) && !turning(sources).includes(one)),
  }),
  ownOrder,
  oldSession(
    'replay-screen-session',
    'has the frames of an old session and shows them to the camera on a screen',
    `the frames of a session that passed, in their order, with ${screen}`,
    { draw: 'product', pick: turningBothWays, read: onScreen },
  ),
  oldSession(
    'replay-screen-session-same-draw',
    'has the frames of an old session and shows them to the camera on a screen, when by chance the same steps are asked for',
    `the frames of a session that passed, in their order, with ${screen}`,
    { draw: 'same', pick: turning, read: onScreen },
  ),
  chosen('replay-screen-chosen', 'product'),
  chosen('replay-screen-chosen-within-reach', 'within reach'),
];
