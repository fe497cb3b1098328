import type { Judgement } from '../../../engine/behavior/index.ts';
import type { Verdicts } from '../../../engine/verdicts/index.ts';
import { defined } from '../../../lib/defined.ts';
import { time } from '../../../lib/time.ts';
import type { ScoresReply, TryReply, VerdictReply } from './wire.ts';

type PastVerdict = Awaited<ReturnType<Verdicts['recent']>>[number];
type ScoreCount = Awaited<ReturnType<Verdicts['distribution']>>[number];

const BINS = 20;
const WIDTH = 5;

export const fromVerdict = ({ judgedAt, expiresAt, parts: _, ...rest }: PastVerdict): VerdictReply => ({
  ...rest,
  at: time(judgedAt),
  expiresAt: time(expiresAt),
});

/** A score of 100 is in the last bin, with 95. */
const binOf = (score: number): number => Math.min(BINS - 1, Math.floor(score / WIDTH));

export function fromScores(counts: readonly ScoreCount[], from: number): ScoresReply {
  const bins = Array.from({ length: BINS }, (_, bin) => ({
    from: bin * WIDTH,
    to: bin === BINS - 1 ? 100 : bin * WIDTH + WIDTH - 1,
    verdicts: 0,
    agents: 0,
  }));
  let humans = 0;
  for (const { score, verdicts, agents } of counts) {
    const bin = bins[binOf(score)]!;
    bin.verdicts += Number(verdicts);
    bin.agents += Number(agents);
    if (score >= 50) humans += Number(verdicts);
  }
  const sum = (name: 'verdicts' | 'agents') => bins.reduce((total, bin) => total + bin[name], 0);
  return { from: time(from), verdicts: sum('verdicts'), humans, agents: sum('agents'), bins };
}

/** By the rules alone, and with the weights in use, if there are any. */
export function fromTry(judgement: Judgement, learned?: { weights: string; judgement: Judgement }): TryReply {
  const { human, confidence, score, notes, agent, evidence, parts } = judgement;
  const rules = parts.rules.map(({ name, logOdds }) => ({ name, logOdds }));
  return {
    human,
    confidence,
    score,
    notes,
    evidence,
    rules,
    ...defined({ agent, learned: learned && fromLearned(learned) }),
  };
}

function fromLearned({
  weights,
  judgement: { human, confidence, score, notes, agent, parts },
}: {
  weights: string;
  judgement: Judgement;
}): NonNullable<TryReply['learned']> {
  return {
    weights,
    human,
    confidence,
    score,
    notes,
    ...defined({ agent, z: parts.mouse?.z, logOdds: parts.mouse?.logOdds }),
  };
}
