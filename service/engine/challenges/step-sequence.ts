import { type Baseline, baselineOf, isNeutral, MOST_NEUTRAL } from './baseline.ts';
import type { DrawnChallenge, DrawnStep } from './draw-challenge.ts';
import type { Evidence } from './evidence.ts';
import type { SeenFrame } from './seen-frame.ts';
import { createStepRun, type RunFinding, type StepMoment, type StepRun } from './step-run.ts';
import { type StepName, stepNamed } from './steps/registered-steps.ts';

/** The only step that the page learns. */
export interface RevealedStep extends DrawnStep {
  index: number;
  of: number;
}

/** The drawn steps, one revealed at a time. */
export interface StepSequence {
  /** Undefined before the first and after the last. */
  readonly step: RevealedStep | undefined;
  readonly finished: boolean;
  /** Of the finished steps. */
  readonly evidence: readonly Evidence[];
  /** Reveals the first; false where the frames hold no neutral pose. */
  start(moment: StepMoment, neutral: readonly SeenFrame[]): boolean;
  /** A frame of the revealed step; when it is done, the next one is revealed. */
  observe(
    seen: SeenFrame,
    now: { receivedAt: number; rate: number | undefined },
  ): RunFinding & { passed?: StepName };
}

export function createStepSequence({ steps, strict }: DrawnChallenge): StepSequence {
  const evidence: Evidence[] = [];
  const neutral: SeenFrame[] = [];
  let baseline: Baseline | undefined;
  let index = -1;
  let run: StepRun | undefined;
  let color: string | undefined;

  function reveal(moment: StepMoment): void {
    baseline = baselineOf(neutral) ?? baseline;
    index += 1;
    const next = steps[index];
    color = next?.color;
    run = next && baseline && createStepRun(next, { strict, baseline }, moment);
  }

  return {
    get step() {
      const drawn = run && steps[index];
      return drawn && { ...drawn, ...(color !== undefined && { color }), index, of: steps.length };
    },
    get finished() {
      return index >= steps.length;
    },
    evidence,
    start(moment, frames) {
      if (!baselineOf(frames)) return false;
      neutral.push(...frames);
      reveal(moment);
      return true;
    },
    observe(seen, now) {
      const drawn = steps[index]!;
      const active = run!;
      const finding = active.observe(seen, now);
      // holding still is what shows the neutral pose best
      if (stepNamed(drawn.name).rest && isNeutral(seen) && neutral.length < MOST_NEUTRAL) neutral.push(seen);
      if (finding.color) color = finding.color;
      if (finding.state !== 'done') return finding;
      evidence.push(...active.evidence());
      reveal({ at: seen.at, receivedAt: now.receivedAt });
      return { ...finding, passed: drawn.name };
    },
  };
}
