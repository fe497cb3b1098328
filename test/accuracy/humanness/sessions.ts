import { type ChallengePath, challengeRules } from '../../../service/engine/matching/index.ts';
import { createPerson } from '../../live/actors/person.ts';
import { canKeepStill, type Judge, type Species, turning, withinReach } from '../../live/attack.ts';
import type { MeasureDeps } from '../../live/measure.ts';
import type { LivePerson } from '../../live/people.ts';
import type { Sources } from '../../live/sources.ts';
import { species } from '../../live/species.ts';
import { type Attempt, runTrial } from '../../live/trial.ts';
import { createRandom } from '../random.ts';
import type { ScoredSession } from './fit.ts';

/**
 * Attacks that are shown to a camera, and puppets, against the steps that the product draws. Films fed into the camera's place and old
 * sessions fed in again take no part: their frames are those of the living people here, so no score of frames separates them. A changed
 * client is a living person.
 */
export const combinedSpecies: readonly Species[] = species.filter(
  ({ name, draw }) => draw === 'product' && !/^(injection-|tampered-|replay-old-session)/.test(name),
);

/** People and sources on which the weights are chosen, and all others. */
export interface Halves {
  dev: ReadonlySet<string>;
  heldOut: ReadonlySet<string>;
}

/**
 * Every second person, of those who turn their heads and of the others; all clips and photographs of a person in one half. Of the
 * photographs of Replay-Attack, whose people have numbers, every second number.
 */
export function halvesOf(sources: Pick<Sources, 'people' | 'photos' | 'recaptures'>): Halves {
  const turners = new Set(turning(sources as Sources).map(({ clip }) => clip.person));
  const people = new Map(sources.people.map(({ clip }) => [clip.id, clip.person]));
  const all = [...new Set(people.values())].sort();
  const dev = new Set(
    [all.filter((one) => turners.has(one)), all.filter((one) => !turners.has(one))].flatMap((names) =>
      names.filter((_, i) => i % 2 === 0),
    ),
  );
  const isDev = (id: string) => {
    const person = people.get(id);
    if (person !== undefined) return dev.has(person);
    return Number(/client0*(\d+)/.exec(id)?.[1] ?? 0) % 2 === 0;
  };
  const ids = [...people.keys(), ...[...sources.photos, ...sources.recaptures].map(({ id }) => id)];
  return {
    dev: new Set(ids.filter(isDev)),
    heldOut: new Set(ids.filter((id) => !isDev(id))),
  };
}

const moving: ChallengePath = { flash: true, motion: true };
const still: ChallengePath = { flash: false, motion: false };

/** `sessions` of each living person on each path that the recording shows. */
export function livingSessions({ sources, models }: MeasureDeps, sessions: number): ScoredSession[] {
  const run = (people: readonly LivePerson[], path: ChallengePath, kind: string, seed: number) =>
    people.flatMap(({ clip, recording }, p) =>
      Array.from({ length: sessions }, (_, i) => {
        const random = createRandom(seed + 1000 * p + i);
        const rules = { ...challengeRules(), repeats: 'record' as const };
        const { attempts } = runTrial({
          path,
          models,
          random,
          rules: path.motion ? withinReach(rules, recording) : rules,
          actor: () => createPerson(recording, random),
        });
        return scored(attempts, { human: true, source: clip.id, kind });
      }),
    );
  return [
    ...run(turning(sources), moving, 'living', 500_000),
    ...run(sources.people.filter(canKeepStill), still, 'living, without motion', 700_000),
  ];
}

/** `trials` of the kind of attack. Throws for one whose trials are of no single source. */
export async function attackSessions(
  { name: kind, prepare }: Species,
  { sources, readings, models }: MeasureDeps,
  trials: number,
): Promise<ScoredSession[]> {
  const { names, run } = await prepare(sources, readings);
  if (names === undefined) throw new Error(`${kind} does not say whose trials its trials are.`);
  const judge: Judge = { rules: challengeRules(), path: moving, models };
  return Array.from({ length: names.length === 0 ? 0 : trials }, (_, i) => {
    const { attempts } = run(i, judge, createRandom(900_000 + i));
    return scored(attempts, { human: false, source: names[i % names.length]!, kind });
  });
}

/** A session has the scores of its last attempt. */
function scored(
  attempts: readonly Attempt[],
  about: Pick<ScoredSession, 'human' | 'source' | 'kind'>,
): ScoredSession {
  const { passed, score, evidence } = attempts.at(-1)!;
  const pad = evidence.find(({ kind }) => kind === 'pad')?.strength;
  return { ...about, passed, liveness: score, ...(pad !== undefined && { pad }) };
}
