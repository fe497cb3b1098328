import type { Analysis } from '../../inference/face.ts';
import type { PadSetEntry, ScorerEntry } from '../../inference/manifest.ts';
import { applyRule, type Finding, type Rule, type Rules } from './apply-rule.ts';
import { type CheckName, type CheckResult, checkNames } from './check.ts';
import { type DeviceInfo, deviceConsistency } from './device-consistency.ts';
import type { Earlier, Probe } from './earlier-verification.ts';
import { embeddingHistory } from './embedding-history.ts';
import { type QualityReport, qualityFinding } from './face-quality.ts';
import type { Frame } from './frame.ts';
import { type JudgedFrames, judgeFrames } from './frame-consistency.ts';
import { type GeoFence, geoFence } from './geo-fence.ts';
import { impossibleTravel } from './impossible-travel.ts';
import { type FrameEvidence, type LivenessScale, liveness } from './liveness.ts';
import type { Place } from './place.ts';
import { type TimeRestriction, timeRestriction } from './time-restriction.ts';

/** What a profile says of its checks. */
export interface CheckSettings {
  checks: Rules;
  models: { livenessScale?: LivenessScale | undefined };
  geoFence?: GeoFence | undefined;
  timeRestriction?: TimeRestriction | undefined;
}

export interface CheckInputs {
  definition: CheckSettings;
  plan: { scorers: readonly ScorerEntry[]; pad?: PadSetEntry };
  now: number;
  main: Analysis;
  frames: readonly Frame[];
  quality: QualityReport;
  place?: Place;
  device?: DeviceInfo;
  probe: Probe;
  /** Earlier verified verifications of the recognized person, newest first; absent when nobody was recognized. */
  earlier?: readonly Earlier[];
}

const NOT_RECOGNIZED: Finding = { skipped: 'The person was not recognized.' };

type LivenessInputs = Pick<CheckInputs, 'definition' | 'plan' | 'main'> & { judged: JudgedFrames };

const livenessOf = ({ definition, main, judged, plan }: LivenessInputs): Finding =>
  liveness(
    main,
    evidenceOf(judged, definition.checks.frameConsistency),
    plan.pad,
    definition.models.livenessScale ?? 'apcer5',
  );

/** One function per check: what it needs of the inputs. */
const checks: Record<CheckName, (inputs: CheckInputs & { judged: JudgedFrames }) => Finding> = {
  liveness: livenessOf,
  frameConsistency: ({ judged }) => judged.finding,
  impossibleTravel: ({ earlier, now, place }) => {
    if (!earlier) return NOT_RECOGNIZED;
    const last = earlier.find((one) => one.place !== undefined);
    return impossibleTravel(
      { at: now, ...(place ? { place } : {}) },
      last?.place ? { at: last.at, place: last.place } : undefined,
    );
  },
  embeddingHistory: ({ earlier, probe }) => {
    if (!earlier) return NOT_RECOGNIZED;
    const history = earlier.flatMap((one) => one.probe ?? []);
    return embeddingHistory(
      probe.vector,
      history
        .filter((one) => one.embedder === probe.embedder && one.sha256 === probe.sha256)
        .map(({ vector }) => vector),
    );
  },
  deviceConsistency: ({ earlier, device }) =>
    earlier
      ? deviceConsistency(
          device,
          earlier.flatMap((one) => one.device ?? []),
        )
      : NOT_RECOGNIZED,
  geoFence: ({ definition, place }) => geoFence(definition.geoFence, place?.country),
  timeRestriction: ({ definition, now, place }) =>
    timeRestriction(definition.timeRestriction, now, place?.timeZone),
  faceQuality: ({ quality }) => qualityFinding(quality),
};

/** The results of the profile's enabled checks, in the order of `checkNames`. */
export function runChecks(inputs: CheckInputs): CheckResult[] {
  const { main, frames, plan, definition } = inputs;
  const judged = judgeFrames(main, frames, plan.scorers);
  const rules = definition.checks;
  return checkNames
    .filter((name) => rules[name].enabled)
    .map((name) => applyRule(name, rules[name], checks[name]({ ...inputs, judged })));
}

/** The liveness check alone, of one picture; undefined where the profile does not run it. */
export function runLiveness(inputs: Omit<LivenessInputs, 'judged'>): CheckResult | undefined {
  const { definition, plan, main } = inputs;
  const rule = definition.checks.liveness;
  if (!rule.enabled) return undefined;
  const judged = judgeFrames(main, [], plan.scorers);
  return applyRule('liveness', rule, livenessOf({ ...inputs, judged }));
}

/** Frames that do not belong together are no evidence of life, whether the profile asks for the check or not. */
function evidenceOf({ finding, counted, leftOut }: JudgedFrames, rule: Rule): FrameEvidence {
  if ('skipped' in finding || (finding.score > 0 && finding.score >= rule.threshold))
    return { counted, leftOut };
  return {
    counted: [],
    leftOut: counted.length > 0 ? { ...leftOut, FRAMES_INCONSISTENT: counted.length } : leftOut,
    note: 'Judged on the main picture alone: the frames did not pass frameConsistency.',
  };
}
