import { createPerson } from './actors/person.ts';
import { type Species, turning, withinReach } from './attack.ts';
import type { LivePerson } from './people.ts';
import type { Sources } from './sources.ts';
import { runTrial } from './trial.ts';

const recorded = (
  name: string,
  draw: 'product' | 'within reach',
  { attacker, made }: Pick<Species, 'attacker' | 'made'>,
  pick: (sources: Sources) => LivePerson[],
): Species => ({
  name,
  draw,
  attacker,
  made,
  async prepare(sources) {
    const people = turning({ ...sources, people: pick(sources) });
    return {
      sources: people.length,
      names: people.map(({ clip }) => clip.id),
      run(trial, judge, random) {
        const { recording } = people[trial % people.length]!;
        const rules = draw === 'product' ? judge.rules : withinReach(judge.rules, recording);
        // A living person behind the swap does not move twice in the same way; the clip does.
        const order = { ...judge, rules: { ...rules, repeats: 'record' as const }, random };
        return runTrial({ ...order, actor: () => createPerson(recording, random) });
      },
    };
  },
});

const swap = {
  attacker:
    'is another living person, whose face a program swaps for that of the right one, behind a virtual camera',
  made: 'real: clips of face swaps, reenactments and synthetic heads that turn, from public repositories, compressed again',
};
const screen = {
  attacker:
    'films a screen that shows the right person, who turns, and moves the part that fits each step before the camera',
  made: 'real: recaptures of people who turn, from screens, framed so that the face takes a third of the picture; not all show turns that can be used',
};

/** Recordings of what is no living person before the camera, played as a living person's are. */
export const recordedAttacks: readonly Species[] = [
  recorded('face-swap', 'product', swap, ({ swaps }) => swaps),
  recorded('face-swap-within-reach', 'within reach', swap, ({ swaps }) => swaps),
  recorded('recapture-turning', 'product', screen, ({ recaptured }) => recaptured),
  recorded('recapture-turning-within-reach', 'within reach', screen, ({ recaptured }) => recaptured),
];
