import { type Measures, measureNames } from '../../service/engine/matching/challenges/weighing/weigh.ts';
import {
  type ChallengeModels,
  type ChallengePath,
  type ChallengeReason,
  type ChallengeRules,
  createChallenge,
  type DrawnChallenge,
  drawChallenge,
  type Evidence,
  movementIn,
  type StepName,
} from '../../service/engine/matching/index.ts';
import type { Analysis } from '../../service/inference/face.ts';
import type { Actor } from './actors/actor.ts';
import { shownAgain } from './shown-again.ts';

/** Milliseconds between two frames, and by how much that varies; milliseconds of the network. */
const PACE = 100;
const JITTER = 16;
const LATENCY = 40;
/** Milliseconds after which a person whose face is not found gives up. */
const PATIENCE = 30_000;
const ATTEMPTS = 3;

export interface Attempt {
  passed: boolean;
  reasons: (ChallengeReason | 'REPLAYED_MOVEMENT')[];
  /** In the order they were asked for. */
  steps: StepName[];
  /** Of those, passed. */
  completed: number;
  /** Milliseconds from the first frame on. */
  ms: number;
  evidence: Evidence[];
  score: number;
  hashes: string[];
  /** How the face moved. */
  movement?: Uint8Array;
}

export interface Trial {
  accepted: boolean;
  attempts: Attempt[];
}

export interface TrialOptions {
  rules: ChallengeRules;
  path: ChallengePath;
  models: ChallengeModels;
  /** A new one for each attempt. */
  actor(attempt: number): Actor;
  /** 0..1; the whole trial follows from it. */
  random(): number;
  /** Movements of earlier sessions, as engine/sessions keeps them. */
  earlier?: readonly Uint8Array[];
  /** Sequences of steps that the person did in sessions for the same address. */
  before?: readonly (readonly StepName[])[];
  /** Steps that are asked for, in this order: a draw is taken when it is this one. */
  asks?: readonly StepName[];
  /** Attempts; three as in a session. */
  attempts?: number;
  /** What the page says of the camera. */
  label?: string;
  /** Frames arrive as they were recorded: the same pixels have the same hash. */
  sameFrames?: true;
  /** A client that lies of the time: milliseconds that pass here for one of its own. */
  hurry?: number;
  /** A client that asks for the result after so many frames. */
  finishAfter?(): number;
}

/** One session before the judge: up to three attempts, each with another draw. */
export function runTrial(order: TrialOptions): Trial {
  const attempts: Attempt[] = [];
  const known = [...(order.earlier ?? [])];
  for (let i = 0; i < (order.attempts ?? ATTEMPTS); i++) {
    const attempt = runAttempt(order, order.actor(i));
    const compared = order.earlier !== undefined || order.rules.repeats === 'refuse';
    const still = !order.path.motion;
    attempts.push(compared ? shownBefore(attempt, known, { still }) : attempt);
    if (attempts.at(-1)!.passed) break;
    if (attempt.movement) known.push(attempt.movement);
  }
  return { accepted: attempts.at(-1)!.passed, attempts };
}

/** What an attempt that was weighed measured. */
export function measuresOf({ evidence }: Attempt): Measures | undefined {
  const weighing = evidence.find(({ kind }) => kind === 'weighing');
  const details = weighing?.details as Record<string, number | undefined> | undefined;
  return (
    details &&
    Object.fromEntries(measureNames.flatMap((name) => (name in details ? [[name, details[name]]] : [])))
  );
}

/** As engine/sessions refuses what moves as in an earlier attempt, of whatever session. */
function shownBefore(attempt: Attempt, earlier: readonly Uint8Array[], path: { still: boolean }): Attempt {
  if (!attempt.movement || !earlier.some(movementIn(attempt.movement, path))) return attempt;
  const evidence: Evidence = { kind: 'replay', passed: false, maturity: 'experimental', details: {} };
  const reasons: Attempt['reasons'] = [...attempt.reasons, 'REPLAYED_MOVEMENT'];
  return { ...attempt, passed: false, reasons, evidence: [...attempt.evidence, evidence] };
}

function runAttempt(order: TrialOptions, actor: Actor): Attempt {
  const { rules, path, models, random, label, sameFrames, hurry = 1 } = order;
  const last = order.finishAfter?.() ?? Number.POSITIVE_INFINITY;
  const fill = (into: Uint8Array) => {
    for (let i = 0; i < into.length; i++) into[i] = Math.floor(256 * random());
  };
  const drawn = drawAs(order.asks, () => drawChallenge(rules, path, fill, order.before));
  const challenge = createChallenge(drawn, models);
  const start = 1000 + Math.floor(random() * 1e6);
  let at = start;
  let shown: { index: number; at: number } | undefined;
  let frames = 0;
  for (;;) {
    at += PACE + JITTER * (2 * random() - 1);
    const { step } = challenge;
    const index = step?.index ?? -1;
    // the page shows a step when the answer to the frame before has come
    if (shown?.index !== index) shown = { index, at };
    const { analysis, name } = actor.next(step?.name ?? 'hold-still', at - shown.at);
    const hash = sameFrames ? name : `${name}#${frames}`;
    frames += 1;
    const identity = challenge.needs === 'identity';
    const frame = shownAgain(onlyNeeded(analysis, identity, models), random, hash, identity);
    const progress = challenge.observe({
      at,
      receivedAt: start + (at - start) * hurry + LATENCY,
      analysis: frame,
      ...(label !== undefined && { capture: { label } }),
    });
    if (progress.state !== 'running' || at - start > PATIENCE || frames >= last) break;
  }
  const {
    frameHashes: hashes,
    identity: _,
    assurance: __,
    durationMs: ___,
    ...result
  } = challenge.result(at);
  const steps = drawn.steps.map(({ name }) => name);
  return { ...result, steps, ms: at - start, hashes };
}

/** Draws that are tried: sequences of the strictest profile are 7,200. */
const MOST_DRAWS = 100_000;

function drawAs(asks: readonly StepName[] | undefined, draw: () => DrawnChallenge): DrawnChallenge {
  for (let i = 0; i < MOST_DRAWS; i++) {
    const drawn = draw();
    if (asks === undefined || String(drawn.steps.map(({ name }) => name)) === String(asks)) return drawn;
  }
  throw new Error(`${asks} is not drawn by these rules.`);
}

/** As the workers answer: PAD only where it was asked for. */
function onlyNeeded(analysis: Analysis, identity: boolean, { pad: set }: ChallengeModels): Analysis {
  if (!analysis.face) return analysis;
  const { pad, ...face } = analysis.face;
  return { ...analysis, face: { ...face, ...(identity && set && pad && { pad }) } };
}
