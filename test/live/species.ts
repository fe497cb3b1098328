import { turnSteps } from '../../service/engine/matching/index.ts';
import { createHandler, type Handled } from './actors/handled.ts';
import { createTwoPeople } from './actors/other-session.ts';
import { createPerson } from './actors/person.ts';
import { manners, type Print, printInHand } from './actors/photo.ts';
import { puppetFrames } from './actors/puppet.ts';
import { type Judge, type Species, turning, withinReach } from './attack.ts';
import { injections } from './injections.ts';
import type { Readings } from './readings.ts';
import { recordedAttacks } from './recorded.ts';
import { createPuppet } from './render/puppet.ts';
import { replays } from './replays.ts';
import type { Photo, Sources } from './sources.ts';
import { runTrial } from './trial.ts';

/** Radii of bent sheets in face widths; LIVENESS.md §2: the hardest are bent to 0.5 and less. */
const BENDS = [0.7, 0.5, 0.42, 0.35];
const OTHER_BENDS = [0.45, 0.6, 0.54, 0.38, 0.48];
const PORTRAIT_BENDS = [0.42, 0.46, 0.5, 0.54, 0.58, 0.62];

async function handledBy(
  source: string,
  { handled, frames }: { handled: Handled; frames: Parameters<Readings['read']>[1] },
  readings: Readings,
) {
  const seen = await readings.read(source, frames);
  return (random: () => number) => createHandler(handled, seen, random);
}

interface Printed {
  name?: string;
  /** Radii of the bent sheets in face widths, one for each photograph in turn. */
  bends?: readonly number[];
  /** People with recordings, or others. */
  of?: 'photos' | 'portraits';
  /** A strip with closed lids is laid over the eyes. */
  lids?: true;
}

export const print = (
  manner: (typeof manners)[number],
  { name = `print-${manner}`, bends = BENDS, of = 'photos', lids }: Printed = {},
): Species => ({
  name,
  attacker: `holds a printed photograph of the right person before the camera and moves it as the page asks${lids ? ', and lays a printed strip with closed lids over the eyes to blink' : ''}`,
  draw: 'product',
  made: "simulated: a photograph as a sheet before the camera, with a print's contrast and a camera's noise",
  async prepare(sources, readings) {
    const photos = sources[of];
    const actors = [];
    for (const [i, photo] of photos.entries()) {
      const bend = bends[i % bends.length]!;
      const made = printInHand(lids ? withLids(photo) : onPaper(photo), manner, bend);
      actors.push(await handledBy(`${name}-${bend}-${photo.id}`, made, readings));
    }
    return played(
      actors,
      photos.map(({ id }) => id),
    );
  },
});

/** Before the profile `phantom`, which asks for both turns and no blink: what the rules on the head achieve by themselves. */
function turnsAlone(one: Species): Species {
  return {
    ...one,
    name: `${one.name}-turns`,
    attacker: `${one.attacker}, where the profile asks for both turns alone`,
    async prepare(...given) {
      const { run, ...prepared } = await one.prepare(...given);
      const alone = ({ rules, ...judge }: Judge): Judge => ({
        ...judge,
        rules: { ...rules, pool: turnSteps, count: 2 },
      });
      return { ...prepared, run: (trial, judge, random) => run(trial, alone(judge), random) };
    },
  };
}

const onPaper = ({ whole, face, background }: Photo): Print => ({ photo: whole, face, background });

/** The lids are drawn closed by the photograph's own mesh, so what is printed is what it was read from. */
const withLids = ({ shown, mesh, shownFace, background }: Photo): Print => ({
  photo: shown,
  face: shownFace,
  background,
  lids: () => createPuppet(shown, mesh)({ lids: 1 }),
});

function played(
  actors: readonly ((random: () => number) => ReturnType<typeof createHandler>)[],
  names: readonly string[],
) {
  return {
    sources: actors.length,
    names,
    run: (trial: number, judge: Judge, random: () => number) =>
      runTrial({ ...judge, random, actor: () => actors[trial % actors.length]!(random) }),
  };
}

const puppetsOf = (
  name: string,
  attacker: string,
  made: string,
  pick: (sources: Sources) => readonly Photo[],
): Species => ({
  name,
  attacker,
  made,
  draw: 'product',
  async prepare(sources, readings) {
    const actors = [];
    const picked = pick(sources);
    for (const { id, shown, mesh } of picked)
      actors.push(await handledBy(`${name}-${id}`, puppetFrames(shown, mesh), readings));
    return played(
      actors,
      picked.map(({ id }) => id),
    );
  },
});

const twoPeople: Species = {
  name: 'two-people',
  attacker: 'lets another person do the steps that the right one does not',
  draw: 'within reach',
  made: 'real: clips of the right person, who holds still, and of another one, who does what is asked for',
  async prepare(sources) {
    const others = turning(sources);
    // A recording without rest cannot stand for a person who holds still.
    const people = sources.people.filter(({ recording }) => recording.fits['hold-still'].length > 0);
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

/** The right person, alive, whose client does not play by the rules. */
const tampered = (
  name: string,
  made: string,
  change: (random: () => number) => Partial<Parameters<typeof runTrial>[0]>,
): Species => ({
  name,
  made,
  draw: 'within reach',
  attacker: 'is the right person, and has changed the page',
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
  print('bent', { name: 'print-bent-others', bends: OTHER_BENDS }),
  // No limit was chosen on photographs of LFW people of this list.
  print('bent', { name: 'print-bent-portraits', bends: PORTRAIT_BENDS, of: 'portraits' }),
  turnsAlone(print('bent', { name: 'print-bent-portraits', bends: PORTRAIT_BENDS, of: 'portraits' })),
  print('bent', { name: 'print-bent-lids', bends: PORTRAIT_BENDS, of: 'portraits', lids: true }),
  puppetsOf(
    'replay-recaptured',
    'films a screen that shows the right person, and moves the picture in a program',
    'real recaptures of Replay-Attack (phone and tablet screens), moved as a puppet is, because none of them turns',
    ({ recaptures }) => recaptures,
  ),
  ...replays,
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
  puppetsOf(
    'puppet',
    'animates a photograph of the right person in a program and feeds it into the camera',
    'simulated: one photograph, moved by its own face mesh',
    ({ photos }) => photos,
  ),
  ...injections,
  ...recordedAttacks,
];
