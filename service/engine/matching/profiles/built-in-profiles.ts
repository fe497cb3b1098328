import { Problem, type ProblemDetail } from '../../../lib/problem.ts';
import { isTimeZone } from '../../../lib/time.ts';
import { type ChallengeSettings, defaultChallenge, turnSteps } from '../challenges/challenge-rules.ts';
import { rule } from '../checks/check.ts';
import { type QualityComponent, qualityComponents } from '../checks/face-quality.ts';
import { checksWithInput, defaultRules, type Rules } from '../checks/registered-checks.ts';
import { type Profile, ProfileDefinition } from './profile.ts';

/** liveness 0.5 is the PAD set's APCER-5 % threshold, except on the scale `live` (`models.livenessScale`). */
const strict: Rules = {
  ...defaultRules,
  liveness: rule(1.5, 0.5, true),
  frameConsistency: rule(1, 0.5, true),
  impossibleTravel: rule(1.2, 0.5, true),
  embeddingHistory: rule(1, 0.5),
  deviceConsistency: rule(0.8, 0.3),
  geoFence: rule(1, 0.5, true),
  timeRestriction: rule(0.5, 0.5, true),
  faceQuality: rule(0.5, 0),
};

/**
 * As each check says. A failed liveness check never verifies. Of the others a low score lowers the composite; only spliced frames
 * and the limits an administrator sets refuse. Liveness weighs four times as much as all others together, because the caller
 * supplies what most of those judge.
 */
const lenient = defaultRules;

const strictest: Rules = {
  ...strict,
  embeddingHistory: rule(1, 0.5, true),
  deviceConsistency: rule(0.8, 0.3, true),
};

/** Any check that is no hard failure may score 0 while liveness passes. */
const LENIENT_MINIMUM = 0.25;

/** Larger turns, the stricter limit of presentation attack detection, and more sequences than a recording can be ready for. */
const strictChallenge: ChallengeSettings = { ...defaultChallenge, count: 5, strict: true };

/** Of people of every measured group. */
const everyday = { falseMatchRate: 1e-3, holdsFor: 'every-group', falseIdentificationRate: 0.01 } as const;
const strictMatch = {
  falseMatchRate: 1e-4,
  holdsFor: 'every-group',
  falseIdentificationRate: 0.001,
} as const;

const clearFace: QualityComponent[] = ['interEyeDistance', 'headPose', 'eyesOpen', 'sharpness'];

const definitions: Record<string, ProfileDefinition> = {
  default: {
    name: 'Default',
    maturity: 'proven',
    description:
      'For everyday use: refuses what cannot be judged, pictures that seem no living face and spliced frames; every other signal lowers the composite.',
    checks: lenient,
    minimumComposite: LENIENT_MINIMUM,
    models: { detector: 'blazeface', scorer: 'best', pad: 'where-installed', livenessScale: 'live' },
    match: everyday,
    refuseQuality: [],
    challenge: defaultChallenge,
  },
  'strict-finance': {
    name: 'Strict finance',
    maturity: 'proven',
    description: 'Refuses suspected attacks, impossible travel and spliced frames; asks for a clear picture.',
    checks: strict,
    minimumComposite: 0.5,
    models: { detector: 'blazeface', scorer: 'best', pad: 'required' },
    match: strictMatch,
    refuseQuality: clearFace,
    challenge: strictChallenge,
  },
  'high-security': {
    name: 'High security',
    maturity: 'proven',
    description: 'As strict-finance, and refuses unknown devices and unlike faces.',
    checks: strictest,
    minimumComposite: 0.5,
    models: { detector: 'blazeface', scorer: 'best', pad: 'required' },
    match: strictMatch,
    refuseQuality: clearFace,
    challenge: strictChallenge,
  },
  specter: {
    name: 'Specter',
    maturity: 'proven',
    description: 'The proven baseline: BlazeFace and embedding R alone, whatever else is enabled.',
    checks: lenient,
    minimumComposite: LENIENT_MINIMUM,
    models: { detector: 'blazeface', scorer: 'r', pad: 'where-installed', livenessScale: 'live' },
    match: everyday,
    refuseQuality: [],
    challenge: defaultChallenge,
  },
  phantom: {
    name: 'Phantom',
    maturity: 'alternate',
    description: 'The alternate detector YuNet with MiniFASNetV2 alone; available where YuNet is imported.',
    checks: lenient,
    minimumComposite: LENIENT_MINIMUM,
    models: { detector: 'yunet', scorer: 'best', pad: 'required', padSet: 'minifasnet-v2' },
    match: everyday,
    refuseQuality: [],
    challenge: { steps: ['turn-left', 'turn-right'], count: 2 },
  },
  argus: {
    name: 'Argus',
    maturity: 'experimental',
    description:
      'Oriented towards accuracy: embedding R with MobileFaceNet where that is enabled, and pictures good enough for it.',
    checks: { ...lenient, faceQuality: rule(0.5, 0.3) },
    minimumComposite: 0.3,
    models: { detector: 'blazeface', scorer: 'best', pad: 'where-installed' },
    match: everyday,
    refuseQuality: ['interEyeDistance', 'sharpness'],
    challenge: {
      steps: ['hold-still', 'turn-left', 'turn-right', 'look-up', 'look-down', 'blink'],
      count: 5,
    },
  },
  fortress: {
    name: 'Fortress',
    maturity: 'experimental',
    description: 'The strictest: every check refuses, and so does every fault of the picture.',
    checks: { ...strictest, faceQuality: rule(0.5, 0.5, true) },
    minimumComposite: 0.6,
    models: { detector: 'blazeface', scorer: 'best', pad: 'required' },
    match: strictMatch,
    refuseQuality: [...qualityComponents],
    challenge: { ...strictChallenge, count: 6 },
  },
};

/**
 * Raised whenever a definition above changes: verifications record it. 1: liveness lowered the composite only, on the scale
 * `apcer5`; 2: liveness refuses, and a context check fails without its input; 3: embedding R, and error rates that hold for every
 * measured group.
 * The steps of live sessions joined 2: they change no verification.
 */
const VERSION = 3;

/** The profiles that come with Gatehouse, in the order they are listed. */
export const builtInProfiles: readonly Profile[] = Object.entries(definitions).map(([slug, definition]) => ({
  id: `builtin:${slug}`,
  slug,
  version: VERSION,
  builtIn: true,
  definition,
}));

/** Below it more attacks pass than in the built-in profiles, which refuse at 0.5. */
const BUILT_IN = 0.5;

/** Whether the profile verifies where a built-in one would refuse by liveness. */
export function isLenient({ checks: { liveness } }: Pick<ProfileDefinition, 'checks'>): boolean {
  return !liveness.enabled || !liveness.hardFail || liveness.threshold < BUILT_IN;
}

/**
 * The definition, checked for what the schema cannot say too: the slug, the zone's name and the names of the quality components. Throws
 * INVALID_REQUEST.
 */
export function validProfile(slug: string, definition: unknown): ProfileDefinition {
  const details: ProblemDetail[] = [];
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(slug))
    details.push({ path: 'slug', message: 'Lower-case letters, digits and hyphens, 63 at most.' });
  const parsed = ProfileDefinition.safeParse(definition);
  for (const { path, message } of parsed.error?.issues ?? []) details.push({ path: path.join('.'), message });
  for (const [check, { whenMissing }] of Object.entries(parsed.data?.checks ?? {})) {
    if (whenMissing !== undefined && !(checksWithInput as readonly string[]).includes(check))
      details.push({
        path: `checks.${check}.whenMissing`,
        message: `Leave it out: only ${checksWithInput.join(', ')} wait for something the caller sends.`,
      });
  }
  const steps = parsed.data?.challenge?.steps;
  if (steps && !turnSteps.some((turn) => steps.includes(turn)))
    details.push({
      path: 'challenge.steps',
      message: `Name ${turnSteps.join(' or ')}: a turn of the head is what a flat picture cannot show.`,
    });
  if (parsed.data?.capture === 'kiosk' && parsed.data.challenge?.suspectCamera === 'review')
    details.push({
      path: 'challenge.suspectCamera',
      message:
        'Leave it out: a kiosk begins no live sessions, and with `capture: kiosk` no other source may, so a person would never be asked.',
    });
  const zone = parsed.data?.timeRestriction?.timeZone;
  if (zone !== undefined && !isTimeZone(zone))
    details.push({ path: 'timeRestriction.timeZone', message: `“${zone}” is not an IANA time zone.` });
  for (const [i, name] of (parsed.data?.refuseQuality ?? []).entries()) {
    if (!(qualityComponents as readonly string[]).includes(name))
      details.push({ path: `refuseQuality.${i}`, message: `One of ${qualityComponents.join(', ')}.` });
  }
  if (parsed.data && details.length === 0) return parsed.data;
  throw new Problem('INVALID_REQUEST', 'The profile is not valid.', { details });
}
