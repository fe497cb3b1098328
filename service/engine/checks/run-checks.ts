import { defined } from '../../lib/defined.ts';
import { applyRule, type CheckResult } from './apply-rule.ts';
import type { FrameEvidence, JudgedFrames, PersonalInputs } from './check.ts';
import { evidenceOf, judgeFrames } from './frame-consistency.ts';
import { livenessCheck } from './liveness.ts';
import { type CheckSettings, registeredChecks } from './registered-checks.ts';

export interface CheckInputs extends Omit<PersonalInputs, 'judged' | 'evidence' | 'history'> {
  definition: CheckSettings;
}

/** The results of the profile's enabled checks, in the order of `checkNames`. */
export function runChecks({ definition, ...given }: CheckInputs): CheckResult[] {
  const inputs: PersonalInputs = {
    ...given,
    ...judgedFrames({ ...given, definition }),
    ...defined({ history: given.earlier?.flatMap(({ probe }) => probe ?? []) }),
  };
  return registeredChecks
    .filter(({ name }) => definition.checks[name].enabled)
    .map((check) => applyRule(check.name, definition.checks[check.name], check.run(inputs, definition)));
}

/** The liveness check alone, of one picture; undefined where the profile does not run it. */
export function runLiveness({
  definition,
  ...given
}: Pick<CheckInputs, 'definition' | 'plan' | 'main'>): CheckResult | undefined {
  const rule = definition.checks.liveness;
  if (!rule.enabled) return undefined;
  const { evidence } = judgedFrames({ ...given, definition, frames: [] });
  return applyRule('liveness', rule, livenessCheck.run({ ...given, evidence }, definition));
}

function judgedFrames({
  definition,
  main,
  frames,
  plan,
}: Pick<CheckInputs, 'definition' | 'main' | 'frames' | 'plan'>): {
  judged: JudgedFrames;
  evidence: FrameEvidence;
} {
  const judged = judgeFrames(main, frames, plan.scorers);
  return { judged, evidence: evidenceOf(judged, definition.checks.frameConsistency) };
}
