import type { Risk, Session, SessionLiveness, SessionRiskFlag } from './session.ts';

/** Reasons of a challenge that speak of what was in front of the camera, not of a person who was too slow. */
const SUSPICIOUS: ReadonlySet<string> = new Set([
  'TIMES_IMPLAUSIBLE',
  'FRAMES_REPEATED',
  'MOVEMENT_REPEATED',
  'NOT_A_HEAD',
  'ANOTHER_FACE',
  'PRESENTATION',
]);

export interface RiskFacts {
  liveness?: SessionLiveness;
  counted?: Session['counted'];
  reasons: readonly string[];
  attempts: number;
}

/**
 * Risk of a decision, 0..1 (docs/SESSIONS.md): 1 − Π(1 − p) over what speaks against the session. Below 0.3 low, below 0.7 medium.
 *
 * | what | p |
 * | --- | --- |
 * | liveness passed | 0.5 · (1 − score) |
 * | liveness not passed | 0.6, and 0.9 where the reason is what was shown; without any attempt 0.5 |
 * | repeated frames, or an enrolled or refused picture | 0.9 |
 * | a duplicate; a similar person, compared by a review | 0.5; 0.3 |
 * | a virtual camera | 0.3 |
 * | the face matches several enrolled people | 0.3 |
 * | without turning the head; without colors | 0.15; 0.02 |
 * | each attempt after the first | 0.03 |
 * | the person is another than the claimed one | 0.4 |
 * | a program moves the pointer or types on the page; behavior that is less like a person's | 0.5; 0.5 − confidence |
 */
export function riskOf({ liveness, counted, reasons, attempts }: RiskFacts): Risk {
  const flags = new Set<SessionRiskFlag>();
  const against: number[] = [];
  const spoof =
    liveness !== undefined && !liveness.passed && liveness.reasons.some((one) => SUSPICIOUS.has(one));
  if (spoof) flags.add('spoof-suspected');
  if (liveness === undefined) against.push(0.5);
  else if (liveness.passed) against.push(0.5 * (1 - clamp(liveness.score)));
  else against.push(spoof ? 0.9 : 0.6);
  if (reasons.some((one) => REPEATED.has(one))) {
    flags.add('replayed-frames').add('spoof-suspected');
    against.push(0.9);
  }
  if (counted?.action === 'flag' || counted?.action === 'duplicate') {
    flags.add('duplicate-identity');
    against.push(0.5);
  } else if (counted?.action === 'wait') against.push(0.3);
  if (liveness && isCameraSuspect(liveness)) {
    flags.add('virtual-camera');
    against.push(0.3);
  }
  if (liveness?.evidence.some(({ kind, details }) => kind === 'morph' && details.suspect === true)) {
    flags.add('morph-suspected');
    against.push(0.3);
  }
  if (liveness?.assurance === 'passive-frames') {
    flags.add('reduced-challenge');
    against.push(0.15);
  } else if (liveness?.assurance === 'active-no-flash') against.push(0.02);
  const behavior = liveness?.evidence.find(({ kind }) => kind === 'behavior');
  if (behavior?.details.suspect === true) {
    flags.add('automation-suspected');
    against.push(0.5);
  } else if (behavior?.strength !== undefined) against.push(Math.max(0, 0.5 - clamp(behavior.strength)));
  if (reasons.includes('NOT_RECOGNIZED')) against.push(0.4);
  against.push(1 - 0.97 ** Math.max(0, attempts - 1));
  const score = 1 - against.reduce((rest, p) => rest * (1 - p), 1);
  return {
    level: score < 0.3 ? 'low' : score < 0.7 ? 'medium' : 'high',
    score: round(score),
    flags: [...flags],
  };
}

/** Whether a challenge found signals of a program in the place of a camera, which a client can hide. */
export const isCameraSuspect = ({ evidence }: Pick<SessionLiveness, 'evidence'>): boolean =>
  evidence.some(({ kind, details }) => kind === 'camera' && details.suspect === true);

/** Why frames that were seen before count as a replay. */
export const REPLAYED_FRAMES = 'REPLAYED_FRAMES';
/** Why a face that moves as in an earlier attempt does. */
export const REPLAYED_MOVEMENT = 'REPLAYED_MOVEMENT';
const REPEATED: ReadonlySet<string> = new Set([
  REPLAYED_FRAMES,
  REPLAYED_MOVEMENT,
  'REPLAYED_PICTURE',
  'REFUSED_PICTURE',
]);

const clamp = (value: number) => Math.min(1, Math.max(0, value));
const round = (value: number) => Math.round(value * 1e4) / 1e4;
