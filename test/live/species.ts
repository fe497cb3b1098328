import type {
  ChallengeModels,
  ChallengePath,
  ChallengeRules,
} from '../../service/engine/challenges/index.ts';
import type { Analysis } from '../../service/inference/face.ts';
import { createHandler, type Handled } from './actors/handled.ts';
import { createInjection } from './actors/injection.ts';
import { createRecorded, createRecorder, createTwoPeople } from './actors/other-session.ts';
import { createPerson, type Recording, recordingOf, stepsOf } from './actors/person.ts';
import { manners, printInHand } from './actors/photo.ts';
import { momentsOf } from './actors/poses.ts';
import { puppetFrames } from './actors/puppet.ts';
import { jpegOf } from './clips.ts';
import { type LivePerson, pictureAt, placeOf } from './people.ts';
import type { Readings } from './readings.ts';
import { encodedAnew, encodings } from './render/encoded-anew.ts';
import { asScreen, withNoise } from './render/recapture.ts';
import type { Photo, Sources } from './sources.ts';
import { runTrial, type Trial } from './trial.ts';

/** What a trial of a species depends on beside its own number. */
export interface Judge {
  rules: ChallengeRules;
  path: ChallengePath;
  models: ChallengeModels;
}

/** One way of attacking; the trial's number chooses source and chance. */
export interface Species {
  name: string;
  /** Real recordings, simulated, or both. */
  made: string;
  /** Reads the frames of its sources, and gives its trials; how many sources there are. */
  prepare(
    sources: Sources,
    readings: Readings,
  ): Promise<{ sources: number; run(trial: number, judge: Judge, random: () => number): Trial }>;
}

/**
 * The same rules with the steps alone that the recording shows: an attacker may have better recordings than these, so a step that is
 * missing here stops no attack (nor, for a live person, a session).
 */
export const withinReach = (rules: ChallengeRules, recording: Recording): ChallengeRules => {
  const able = new Set<string>(stepsOf(recording));
  return { ...rules, pool: rules.pool.filter((step) => able.has(step)) };
};

/** Radii of bent sheets in face widths; LIVENESS.md §2: the hardest are bent to 0.5 and less. */
const BENDS = [0.7, 0.5, 0.42, 0.35];
const OTHER_BENDS = [0.45, 0.6, 0.54, 0.38, 0.48];

async function handledBy(
  source: string,
  { handled, frames }: { handled: Handled; frames: Parameters<Readings['read']>[1] },
  readings: Readings,
) {
  const seen = await readings.read(source, frames);
  return (random: () => number) => createHandler(handled, seen, random);
}

const print = (
  manner: (typeof manners)[number],
  name: string = `print-${manner}`,
  bends: readonly number[] = BENDS,
): Species => ({
  name,
  made: "simulated: a photograph as a sheet before the camera, with a print's contrast and a camera's noise",
  async prepare({ photos }, readings) {
    const actors = [];
    for (const [i, { id, whole, face, background }] of photos.entries()) {
      const bend = bends[i % bends.length]!;
      const made = printInHand({ photo: whole, face, background }, manner, bend);
      actors.push(await handledBy(`${name}-${id}`, made, readings));
    }
    return played(actors);
  },
});

function played(actors: readonly ((random: () => number) => ReturnType<typeof createHandler>)[]) {
  return {
    sources: actors.length,
    run: (trial: number, judge: Judge, random: () => number) =>
      runTrial({ ...judge, random, actor: () => actors[trial % actors.length]!(random) }),
  };
}

const puppetsOf = (name: string, made: string, pick: (sources: Sources) => readonly Photo[]): Species => ({
  name,
  made,
  async prepare(sources, readings) {
    const actors = [];
    for (const { id, shown, mesh } of pick(sources))
      actors.push(await handledBy(`${name}-${id}`, puppetFrames(shown, mesh), readings));
    return played(actors);
  },
});

/** People whose recordings show a turn: the only ones whose recordings are worth replaying. */
export const turning = ({ people }: Sources): LivePerson[] =>
  people.filter(({ recording }) =>
    stepsOf(recording).some((step) => step === 'turn-left' || step === 'turn-right'),
  );

const screenReplay: Species = {
  name: 'replay-screen',
  made: 'clips of the right person with simulated recapture from a screen (fewer pixels, moiré, contrast, glare, the edge of the screen, a sensor), played part by part as the page asks',
  async prepare(sources, readings) {
    const replays: Recording[] = [];
    for (const person of turning(sources)) {
      const { recording, clip } = person;
      const frames = recording.moments.map(({ name }, i) => ({
        name,
        make: async () =>
          jpegOf(
            withNoise(await asScreen(await pictureAt(person, name), 11 + (clip.id.length % 7)), 2, i + 1),
          ),
      }));
      const seen = await readings.read(`screen-edge-${clip.id}`, frames);
      replays.push(recordingOf(clip.person, momentsOf(seen), placeOf));
    }
    return {
      sources: replays.length,
      run: (trial, judge, random) => {
        const replay = replays[trial % replays.length]!;
        const rules = withinReach(judge.rules, replay);
        return runTrial({ ...judge, rules, random, actor: () => createPerson(replay, random) });
      },
    };
  },
};

const oldSession: Species = {
  name: 'replay-old-session',
  made: `the frames of a session that passed, fed in again in their order after they were decoded and encoded in another way (${Object.keys(encodings).join(', ')}, a fifth of the trials each), so that no hash is known; what the rule against repeats within the attempt would find is left out, because the first session was played from a short recording`,
  async prepare(sources, readings) {
    const people = turning(sources);
    const ways = Object.keys(encodings);
    const anew = new Map<string, ReadonlyMap<string, Analysis>>();
    for (const person of people) {
      const { recording, clip } = person;
      for (const encoding of ways) {
        const frames = recording.moments.map(({ name }) => ({
          name,
          make: async () => encodedAnew(await pictureAt(person, name), encoding),
        }));
        anew.set(`${encoding} ${clip.id}`, await readings.read(`anew-${encoding}-${clip.id}`, frames));
      }
    }
    return {
      sources: people.length,
      run(trial, judge, random) {
        const { recording, clip } = people[trial % people.length]!;
        const encoding = ways[Math.floor(trial / people.length) % ways.length]!;
        const shown = anew.get(`${encoding} ${clip.id}`)!;
        const rules = { ...withinReach(judge.rules, recording), repeats: 'record' as const };
        const limited = { ...judge, rules, random };
        for (let tries = 0; ; tries++) {
          const recorder = createRecorder(createPerson(recording, random));
          const before = runTrial({ ...limited, actor: () => recorder.actor, attempts: 1 });
          if (!before.accepted && tries <= 20) continue;
          const frames = recorder.frames.map(({ name }) => ({ name, analysis: shown.get(name)! }));
          const { movement } = before.attempts[0]!;
          const earlier = judge.rules.repeats === 'refuse' && movement ? [movement] : undefined;
          return runTrial({
            ...limited,
            actor: () => createRecorded(frames),
            ...(earlier && { earlier }),
          });
        }
      },
    };
  },
};

const twoPeople: Species = {
  name: 'two-people',
  made: 'real: clips of the right person, who holds still, and of another one, who does what is asked for',
  async prepare(sources) {
    const others = turning(sources);
    const { people } = sources;
    return {
      sources: people.length,
      run(trial, judge, random) {
        const other = others[trial % others.length]!;
        const own = people.filter(({ clip }) => clip.person !== other.clip.person);
        const one = own[Math.floor(trial / others.length) % own.length]!;
        return runTrial({
          ...judge,
          rules: withinReach(judge.rules, other.recording),
          random,
          actor: () =>
            createTwoPeople(createPerson(one.recording, random), createPerson(other.recording, random)),
        });
      },
    };
  },
};

interface Injected {
  smooth: boolean;
  /** Another session was made of the same recording before. */
  known?: true;
  unlimited?: true;
}

const injection = (name: string, made: string, { smooth, known, unlimited }: Injected): Species => ({
  name,
  made,
  async prepare(sources) {
    const people = turning(sources);
    return {
      sources: people.length,
      run(trial, judge, random) {
        const { recording } = people[trial % people.length]!;
        const actor = () =>
          smooth
            ? createPerson(recording, random)
            : createInjection(recording, (moment) => placeOf(moment).frame, random);
        const reachable = withinReach(judge.rules, recording);
        const unseen = { ...reachable, repeats: 'record' as const };
        const first = known && runTrial({ ...judge, rules: unseen, random, actor });
        const earlier = first?.attempts.flatMap(({ movement }) => movement ?? []);
        const rules = unlimited ? unseen : reachable;
        return runTrial({
          ...{ ...judge, rules, random, actor, label: 'OBS Virtual Camera' },
          ...(earlier && { earlier }),
        });
      },
    };
  },
});

/** The right person, alive, whose client does not play by the rules. */
const tampered = (
  name: string,
  made: string,
  change: (random: () => number) => Partial<Parameters<typeof runTrial>[0]>,
): Species => ({
  name,
  made,
  async prepare(sources) {
    const people = turning(sources);
    return {
      sources: people.length,
      run(trial, judge, random) {
        const { recording } = people[trial % people.length]!;
        const rules = withinReach(judge.rules, recording);
        const actor = () => createPerson(recording, random);
        return runTrial({ ...judge, rules, random, actor, ...change(random) });
      },
    };
  },
});

export const species: readonly Species[] = [
  ...manners.map((manner) => print(manner)),
  // The limits were chosen while looking at print-bent: these sheets were made afterwards.
  print('bent', 'print-bent-others', OTHER_BENDS),
  screenReplay,
  puppetsOf(
    'replay-recaptured',
    'real recaptures of Replay-Attack (phone and tablet screens), moved as a puppet is, because none of them turns',
    ({ recaptures }) => recaptures,
  ),
  oldSession,
  twoPeople,
  tampered(
    'tampered-early',
    'a live person whose client asks for the result after 1 to 25 frames',
    (random) => ({
      finishAfter: () => 1 + Math.floor(25 * random()),
    }),
  ),
  tampered('tampered-clock', 'a live person whose client sends ten seconds of frames in one', () => ({
    hurry: 0.1,
  })),
  tampered('tampered-repeat', 'a live person whose client sends the same pictures more than once', () => ({
    sameFrames: true,
  })),
  puppetsOf('puppet', 'simulated: one photograph, moved by its own face mesh', ({ photos }) => photos),
  injection(
    'injection-cut',
    'real clips of the right person of 7 to 16 s, cut to the part that shows each step and played to and fro as long as it is asked for',
    { smooth: false },
  ),
  injection(
    'injection-spliced',
    'the same recordings, spliced without a visible jump: the very frames that stand for a live person in this measurement',
    { smooth: true },
  ),
  injection(
    'injection-known',
    'the same as injection-spliced, with recordings that an earlier session of the organization was already spliced from',
    { smooth: true, known: true },
  ),
  injection(
    'injection-unlimited',
    'the same as injection-spliced by an attacker who has so much footage that no part is shown twice; there are no such recordings here, so the rule against repeats is left out',
    { smooth: true, unlimited: true },
  ),
];
