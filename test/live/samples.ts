import type { MeasureName, Measures } from '../../service/engine/matching/challenges/weighing/weigh.ts';
import weights from '../../service/engine/matching/challenges/weighing/weights.json' with { type: 'json' };
import { challengeRules, turnSteps } from '../../service/engine/matching/index.ts';
import { createRandom } from '../accuracy/random.ts';
import { createPerson } from './actors/person.ts';
import { type Judge, turning, withinReach } from './attack.ts';
import type { MeasureDeps } from './measure.ts';
import type { LivePerson } from './people.ts';
import { species } from './species.ts';
import { type Attempt, measuresOf, runTrial } from './trial.ts';

/** What the finished attempts of one person, sheet, puppet or screen measured. */
export interface Sample {
  /** `living`, or the species of the weights. */
  kind: string;
  /** Clip or photograph: several species show the same one. */
  owner: string;
  source: string;
  attempts: Measures[];
}

/** Which ways of attacking stand for each species of the weights. */
export const fitted: Readonly<Record<string, readonly string[]>> = {
  'bent print': [
    'print-bent',
    'print-bent-others',
    'print-bent-portraits',
    'print-bent-lids',
    'print-tilted',
  ],
  puppet: ['puppet'],
  recapture: ['replay-recaptured'],
};

/**
 * Measures that separate a species by its nature. No other is used for it: the recaptures here are moved in a program, because hardly one shows a
 * person who turns; the head of such a person is a head on a screen too.
 */
export const natural: Readonly<Partial<Record<string, readonly MeasureName[]>>> = {
  recapture: ['presentation'],
};

/** Sessions of each source. */
const SESSIONS = 10;

/** Measures of living people and of attacks, as attempts with turns show them: attacks are asked for turns alone, so that more of them end. */
export async function collectSamples({ sources, readings, models }: MeasureDeps): Promise<Sample[]> {
  // Nothing passes, so that each session has three attempts.
  const all = { ...models, weights: { ...weights, sure: Number.POSITIVE_INFINITY } };
  const rules = { ...challengeRules(), repeats: 'record' as const };
  const path = { flash: true, motion: true };
  const samples: Sample[] = [];
  const add = (kind: string, owner: string, attempts: readonly Attempt[], source = owner) => {
    const known = samples.find((one) => one.kind === kind && one.source === source);
    const sample = known ?? { kind, owner, source, attempts: [] };
    if (!known) samples.push(sample);
    sample.attempts.push(...attempts.flatMap((one) => measuresOf(one) ?? []));
  };
  const played = (kind: string, people: readonly LivePerson[]) => {
    for (const [p, { clip, recording }] of people.entries())
      for (let i = 0; i < SESSIONS; i++) {
        const random = createRandom(7_000_000 + 1000 * p + i);
        const order = { rules: withinReach(rules, recording), path, models: all, random };
        add(kind, clip.id, runTrial({ ...order, actor: () => createPerson(recording, random) }).attempts);
      }
  };
  played('living', turning(sources));
  played('recapture', turning({ ...sources, people: sources.recaptured }));
  played('swap', turning({ ...sources, people: sources.swaps }));
  const judge: Judge = { rules: { ...rules, pool: turnSteps, count: 2 }, path, models: all };
  for (const [kind, names] of Object.entries(fitted))
    for (const one of species.filter(({ name }) => names.includes(name))) {
      const { sources: count, names: ids, run } = await one.prepare(sources, readings);
      for (let i = 0; i < count * SESSIONS; i++) {
        const { attempts } = run(i, judge, createRandom(8_000_000 + i));
        const owner = ids![i % count]!;
        add(kind, owner, attempts, `${one.name} ${owner}`);
      }
    }
  return samples.filter(({ attempts }) => attempts.length > 0);
}
