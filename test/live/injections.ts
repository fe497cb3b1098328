import { createInjection } from './actors/injection.ts';
import { createPerson } from './actors/person.ts';
import { type Species, turning, withinReach } from './attack.ts';
import { placeOf } from './people.ts';
import { runTrial } from './trial.ts';

interface Injected {
  smooth: boolean;
  /** Another session was made of the same recording before. */
  known?: true;
  unlimited?: true;
}

const injection = (
  name: string,
  draw: 'product' | 'within reach',
  made: string,
  { smooth, known, unlimited }: Injected,
): Species => ({
  name,
  draw,
  made,
  attacker:
    'has clean clips of the right person, and feeds the one that fits each step into a virtual camera when it is asked for',
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
        const drawn = draw === 'product' ? judge.rules : withinReach(judge.rules, recording);
        const unseen = { ...drawn, repeats: 'record' as const };
        const first = known && runTrial({ ...judge, rules: unseen, random, actor });
        const earlier = first?.attempts.flatMap(({ movement }) => movement ?? []);
        const rules = unlimited ? unseen : drawn;
        return runTrial({
          ...judge,
          rules,
          random,
          actor,
          label: 'OBS Virtual Camera',
          ...(earlier && { earlier }),
        });
      },
    };
  },
});

const ways: readonly (readonly [string, string, Injected])[] = [
  [
    'injection-cut',
    'real clips of the right person of 7 to 16 s, cut to the part that shows each step and played to and fro as long as it is asked for',
    { smooth: false },
  ],
  [
    'injection-spliced',
    'the same recordings, spliced without a visible jump: the very frames that stand for a live person in this measurement',
    { smooth: true },
  ],
  [
    'injection-known',
    'the same as injection-spliced, with recordings that an earlier session of the organization was already spliced from',
    { smooth: true, known: true },
  ],
  [
    'injection-unlimited',
    'the same as injection-spliced by an attacker who has so much footage that no part is shown twice; there are no such recordings here, so the rule against repeats is left out',
    { smooth: true, unlimited: true },
  ],
];

export const injections: readonly Species[] = ways.flatMap(([name, made, how]) => [
  injection(name, 'product', made, how),
  injection(`${name}-within-reach`, 'within reach', made, how),
]);
