import { type Weights, weigh } from '../../service/engine/matching/challenges/weighing/weigh.ts';
import shipped from '../../service/engine/matching/challenges/weighing/weights.json' with { type: 'json' };
import {
  type ChallengeModels,
  type ChallengePath,
  type ChallengeRules,
  challengeRules,
} from '../../service/engine/matching/index.ts';
import { defined } from '../../service/lib/defined.ts';
import { median } from '../../service/lib/median.ts';
import { wilsonInterval } from '../accuracy/interval.ts';
import { createRandom } from '../accuracy/random.ts';
import { createPerson, stepsOf } from './actors/person.ts';
import { canKeepStill, type Draw, type Species, turning, withinReach } from './attack.ts';
import type { Readings } from './readings.ts';
import type { Sources } from './sources.ts';
import { type Attempt, measuresOf, runTrial, type Trial } from './trial.ts';

export interface Share {
  hits: number;
  of: number;
  /** 95 %, Wilson. */
  interval: [number, number];
}

const share = (hits: number, of: number): Share => ({ hits, of, interval: wilsonInterval(hits, of) });

/** Under what the figures were measured. */
export interface Setting {
  pad: boolean;
  strict: boolean;
}

export const settingName = ({ pad, strict }: Setting): string =>
  `${pad ? 'with PAD' : 'without PAD'}${strict ? ', strict' : ''}`;

export interface AttackRow {
  species: string;
  attacker: string;
  made: string;
  draw: Draw;
  setting: Setting;
  /** People, photographs or recordings. */
  sources: number;
  trials: number;
  /** Within three attempts. */
  accepted: Share;
  firstTry: Share;
  /** Sources of which at least one trial was accepted. */
  acceptedSources: number;
  /** Reasons of all attempts that did not pass. */
  reasons: Record<string, number>;
  /** Attempts in which every step was done, and what the judge then said. */
  finished: { attempts: number; passed: number; gates: Record<string, number> };
}

export interface PersonRow {
  person: string;
  camera: 'own' | 'studio';
  usedForThresholds: boolean;
  steps: string[];
  sessions: number;
  passed: number;
  firstTry: number;
  /** Of sessions that passed, seconds from the first frame to the last. */
  medianSeconds: number;
  reasons: Record<string, number>;
}

export interface MeasureDeps {
  sources: Sources;
  readings: Readings;
  models: ChallengeModels;
  say(line: string): void;
}

const motion: ChallengePath = { flash: true, motion: true };

function judgeOf(setting: Setting, models: ChallengeModels, repeats: ChallengeRules['repeats'] = 'refuse') {
  const { pad, ...without } = models;
  return {
    rules: { ...challengeRules(), strict: setting.strict, repeats } satisfies ChallengeRules,
    path: motion,
    models: setting.pad && pad ? { ...without, pad } : without,
  };
}

export async function measureAttack(
  species: Species,
  settings: readonly Setting[],
  trials: number,
  { sources, readings, models, say }: MeasureDeps,
): Promise<AttackRow[]> {
  const prepared = await species.prepare(sources, readings);
  if (prepared.sources === 0) throw new Error(`${species.name} has no source on this machine.`);
  const rows: AttackRow[] = [];
  for (const strict of new Set(settings.map((setting) => setting.strict))) {
    const judge = judgeOf({ pad: true, strict }, models);
    const outcomes = Array.from({ length: trials }, (_, i) => prepared.run(i, judge, createRandom(1000 + i)));
    for (const setting of settings.filter((one) => one.strict === strict)) {
      const again = (i: number) => prepared.run(i, judgeOf(setting, models), createRandom(1000 + i));
      const judged = setting.pad ? outcomes : outcomes.map((one, i) => withoutPad(one, strict) ?? again(i));
      rows.push(rowOf(species, setting, prepared.sources, judged));
      say(`${species.name}, ${settingName(setting)}: ${rows.at(-1)!.accepted.hits} of ${trials} accepted`);
    }
  }
  return rows;
}

/**
 * PAD is judged with the last frame alone: without it the same attempt is weighed anew, and ends the session where it passes. Undefined for a
 * session that ended because PAD let it pass: without PAD it goes on.
 */
function withoutPad({ accepted, attempts }: Trial, strict: boolean): Trial | undefined {
  const others = attempts.map((attempt): Attempt => {
    const measured = measuresOf(attempt);
    if (!measured) return withoutReason(attempt, []);
    const { presentation: _, ...measures } = measured;
    const weighed = weigh(measures, shipped);
    return withoutReason(
      attempt,
      weighed && weighed.ratio < (strict ? shipped.strict : shipped.sure) ? ['NOT_A_HEAD'] : [],
    );
  });
  const first = others.findIndex(({ passed }) => passed);
  if (first >= 0) return { accepted: true, attempts: others.slice(0, first + 1) };
  return accepted ? undefined : { accepted: false, attempts: others };
}

/** Reasons of the weighing are those given; `PRESENTATION` goes. */
function withoutReason(attempt: Attempt, weighed: Attempt['reasons']): Attempt {
  const others = attempt.reasons.filter((reason) => !WEIGHED.has(reason));
  const reasons = [...weighed, ...others];
  const evidence = attempt.evidence.filter(({ kind }) => kind !== 'pad');
  return { ...attempt, reasons, evidence, passed: reasons.length === 0 };
}

const WEIGHED: ReadonlySet<string> = new Set(['PRESENTATION', 'NOT_A_HEAD', 'UNDECIDED']);

function rowOf(species: Species, setting: Setting, sources: number, outcomes: readonly Trial[]): AttackRow {
  const trials = outcomes.length;
  const accepted = outcomes.filter((one) => one.accepted).length;
  return {
    species: species.name,
    attacker: species.attacker,
    made: species.made,
    draw: species.draw,
    setting,
    sources,
    trials,
    accepted: share(accepted, trials),
    firstTry: share(outcomes.filter(({ attempts }) => attempts[0]!.passed).length, trials),
    acceptedSources: new Set(outcomes.flatMap((one, i) => (one.accepted ? [i % sources] : []))).size,
    reasons: reasonsOf(outcomes),
    finished: finishedOf(outcomes),
  };
}

function reasonsOf(outcomes: readonly Trial[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { passed, reasons } of outcomes.flatMap(({ attempts }) => attempts)) {
    if (passed) continue;
    const name = reasons.join(' + ');
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return byCount(counts);
}

/** Of attempts that came to a verdict: what the gates found, each counted by itself. */
function finishedOf(outcomes: readonly Trial[]): AttackRow['finished'] {
  const finished = outcomes
    .flatMap(({ attempts }) => attempts)
    .filter(({ completed, steps }) => completed === steps.length);
  const gates: Record<string, number> = {};
  for (const { evidence } of finished) {
    const faults = new Set(
      evidence.flatMap(({ kind, passed, details }) => {
        if (passed !== false) return [];
        return kind === 'weighing' ? `weighed against ${details.against}` : kind;
      }),
    );
    for (const fault of faults) gates[fault] = (gates[fault] ?? 0) + 1;
  }
  const passed = finished.filter((one) => one.passed).length;
  return { attempts: finished.length, passed, gates: byCount(gates) };
}

const byCount = (counts: Record<string, number>) =>
  Object.fromEntries(Object.entries(counts).sort(([, a], [, b]) => b - a));

/**
 * Sessions of live people who do what the page asks for, as far as their recordings show it. `weightsFor`: fitted without that person;
 * those of the box unless given.
 */
export function measurePeople(
  setting: Setting,
  path: ChallengePath,
  sessions: number,
  { sources, models, say }: MeasureDeps,
  weightsFor: (id: string) => Weights | undefined = () => undefined,
): PersonRow[] {
  // Each session is judged by itself: the recordings are short, so two sessions of one show the same frames, as no living person does.
  // What repeats is measured by itself (repeats.ts).
  const judge = judgeOf(setting, models, 'record');
  const people = path.motion ? turning(sources) : sources.people.filter(canKeepStill);
  return people.map(({ clip, recording }, p) => {
    const rules = path.motion ? withinReach(judge.rules, recording) : judge.rules;
    const outcomes = Array.from({ length: sessions }, (_, i) => {
      const random = createRandom(100_000 * (p + 1) + i);
      const fitted = { ...judge.models, ...defined({ weights: weightsFor(clip.id) }) };
      return runTrial({
        ...judge,
        models: fitted,
        path,
        rules,
        random,
        actor: () => createPerson(recording, random),
      });
    });
    const passed = outcomes.filter((one) => one.accepted);
    const seconds = passed.map(({ attempts }) => attempts.reduce((sum, { ms }) => sum + ms, 0) / 1000);
    say(`${clip.id}: ${passed.length} of ${sessions} passed`);
    return {
      person: clip.id,
      camera: clip.camera,
      usedForThresholds: clip.usedForThresholds,
      steps: stepsOf(recording),
      sessions,
      passed: passed.length,
      firstTry: outcomes.filter(({ attempts }) => attempts[0]!.passed).length,
      medianSeconds: median(seconds),
      reasons: reasonsOf(outcomes),
    };
  });
}
