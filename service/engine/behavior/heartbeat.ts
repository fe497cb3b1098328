import { median } from '../../lib/median.ts';
import type { Judgement } from './judge.ts';

/** What is kept between the heartbeats of a session: figures alone. JSON. */
export interface HeartbeatState {
  /** Running score, 0..100. */
  score: number;
  beats: number;
  /** The last running scores that were compared and were no anomaly, at most ten. */
  recent: number[];
  anomalous: boolean;
  /** Beats in a row above the session's own level, while anomalous. */
  recovered: number;
  /** What the movements of the windows add up to, in log-odds; absent in states of before it was kept. */
  sum?: number;
  /** Doubtful windows in a row, up to this one. */
  doubtful?: number;
}

export interface Beat {
  state: HeartbeatState;
  /** 0..100 */
  score: number;
  confidence: number;
  /** `score` − the score of the verify. */
  delta: number;
  /** The drop is over 28, or the score under 30. */
  anomaly: boolean;
  action: 'allow' | 'flag' | 'block';
  notes: string[];
  /** Whether the window had enough in it to be compared with the session. */
  compared: boolean;
}

const WEIGHT = 0.4;
const COMPARABLE_EVIDENCE = 0.5;
const DROP = 28;
const BOT_SCORE = 30;
const REMEMBERED = 10;
const FEWEST_COMPARED = 3;
/** Of the session's own level: above it twice, an anomaly is over. */
const RECOVERY = 14;
const SUSTAINED = 2;
/**
 * Windows that each say little add up (BEHAVIOR.md 5.8). What lies a while back counts less, and a person's hour is forgotten after two
 * windows of a program: what speaks for a person is bounded closely. Both limits were chosen on dev people.
 */
const SUM_KEEPS = 0.8;
const SUM_LEAST = -8;
const SUM_MOST = 1;
const SUM_FLAGS = -3;
const SUM_BLOCKS = -5;
/** Doubtful windows in a row that flag nothing. */
const PATIENCE = 2;

/**
 * The running score of a session: windows count by their evidence, so that a thin one hardly moves it, and a hard rule counts at
 * once: whatever else the window says, the score is under 30 then, so that what blocks is an anomaly. `baseline` is the score of the verify that gave the token.
 */
export function beat(state: HeartbeatState | undefined, judgement: Judgement, baseline: number): Beat {
  const before = state ?? startingAt(baseline);
  const { hardRule, assistive, evidence } = judgement;
  const weight = WEIGHT * Math.min(1, evidence);
  const averaged = (1 - weight) * before.score + weight * judgement.score;
  const sum = summed(before.sum, judgement);
  const doubtful = doubtfulInARow(before.doubtful, judgement);
  const patient = doubtful > 0 && doubtful <= PATIENCE && sum > SUM_FLAGS;
  const running = hardRule
    ? Math.min(averaged, judgement.score, BOT_SCORE - 1)
    : assistive
      ? Math.max(averaged, floorOf(before, baseline), BOT_SCORE)
      : judgement.human
        ? atLeastFloor(averaged, before, baseline)
        : patient
          ? Math.max(averaged, Math.min(before.score, floorOf(before, baseline)))
          : averaged;
  const compared = hardRule || evidence >= COMPARABLE_EVIDENCE;
  const fall = compared ? fallOf(before, running) : before;
  const score = Math.min(shownScore(running, baseline, fall.anomalous || sum <= SUM_FLAGS), mostOf(sum));
  const delta = score - Math.round(baseline);
  const anomaly = delta < -DROP || score < BOT_SCORE;
  const { anomalous, recovered } = fall;
  return {
    state: {
      score: running,
      beats: before.beats + 1,
      anomalous,
      recovered,
      sum,
      doubtful,
      recent: compared && !anomalous ? [...before.recent, running].slice(-REMEMBERED) : before.recent,
    },
    score,
    confidence: score / 100,
    delta,
    anomaly,
    action: hardRule || score < BOT_SCORE ? 'block' : anomaly ? 'flag' : 'allow',
    compared,
    notes: [
      ...judgement.notes,
      ...(anomalous ? ['session_drop'] : []),
      ...(sum <= SUM_FLAGS ? ['synthetic_session'] : []),
    ],
  };
}

const startingAt = (score: number): HeartbeatState => ({
  score,
  beats: 0,
  recent: [],
  anomalous: false,
  recovered: 0,
});

/** A window that says nothing against a person brings no score down to an anomaly. */
function atLeastFloor(averaged: number, before: HeartbeatState, baseline: number): number {
  const { score } = before;
  const floor = floorOf(before, baseline);
  // A small drop ends with the first window that is a person's again, a deep one as slowly as it came.
  return Math.max(averaged, score >= floor - RECOVERY ? floor : Math.min(score, floor));
}

/** The lowest score that is no drop. */
const floorOf = ({ recent }: HeartbeatState, baseline: number): number =>
  (recent.length < FEWEST_COMPARED ? baseline : Math.max(baseline, median(recent))) - DROP;

/**
 * Doubtful: under 50 by its movements alone, and not where one window blocks. Confidence is calibrated, so that a person of 0.95 has
 * such a window now and then. An empty window leaves the row as it is.
 */
function doubtfulInARow(before = 0, { human, score, evidence, parts }: Judgement): number {
  if (evidence === 0) return before;
  return !human && parts.rules.length === 0 && score >= BOT_SCORE ? before + 1 : 0;
}

/** A window without a movement says nothing about what movements add up to, and lets nothing of it fade. */
function summed(before = 0, { assistive, parts: { mouse } }: Judgement): number {
  // What an aid moves looks like a program's movements: none of it is held against its user.
  if (assistive) return Math.max(0, before);
  if (mouse === undefined) return before;
  const next = SUM_KEEPS * before + mouse.ratio;
  return Math.max(SUM_LEAST, Math.min(SUM_MOST, next));
}

/** Where several windows are as sure of a program as one may be, the score says so. */
const mostOf = (sum: number): number =>
  sum > SUM_BLOCKS ? 100 : Math.min(BOT_SCORE - 1, Math.round(100 / (1 + Math.exp(-sum))));

/** Against the session's own level, which stays where it is during an anomaly. */
function fallOf(before: HeartbeatState, running: number): Pick<HeartbeatState, 'anomalous' | 'recovered'> {
  if (before.recent.length < FEWEST_COMPARED) return { anomalous: false, recovered: 0 };
  const level = median(before.recent);
  if (!before.anomalous) return { anomalous: level - running > DROP, recovered: 0 };
  const recovered = running > level - RECOVERY ? before.recovered + 1 : 0;
  return recovered >= SUSTAINED ? { anomalous: false, recovered: 0 } : { anomalous: true, recovered };
}

/** A fall from the session's own level counts as a drop of 29 from the verify's score, where that alone does not block. */
function shownScore(running: number, baseline: number, fallen: boolean): number {
  const dropped = Math.round(baseline) - DROP - 1;
  return Math.round(fallen && dropped >= BOT_SCORE ? Math.min(running, dropped) : running);
}
