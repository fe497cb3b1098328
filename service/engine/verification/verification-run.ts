import type { Analysis, AnalyzedFace } from '../../inference/face.ts';
import type { VerificationId } from '../../lib/id.ts';
import type { Frame, Place, QualityReport } from '../checks/index.ts';
import type { Ground } from '../consent/index.ts';
import type { CaptureSource, ModelPlan, Profile, ProfileDefinition } from '../profiles/index.ts';
import type { Realm, Subject } from '../subjects/index.ts';
import type { Assurance, VerifyCommand } from './verdict.ts';

/** One verification on its way: what was asked, and what it runs by. */
export interface Run {
  id: VerificationId;
  started: number;
  command: VerifyCommand;
  source: CaptureSource;
  realm: Realm;
  /** Live, in an organization that recorded that it matches faces only. */
  matchOnly: boolean;
  /** Profiles that callers may name; the strictest limits failed attempts. */
  allowed: readonly ProfileDefinition[];
  /** The legal ground for people without a consent of their own. */
  ground: Ground;
  profile: Profile;
  plan: ModelPlan;
  /** The person that a 1:1 verification names, if there is one. */
  claimed?: Subject;
  /** SHA-256 of the models' files, by id. */
  files: Readonly<Record<string, string>>;
  place?: Place;
  /** Of a live session, whose frames were judged before; absent: as the picture gives it. */
  assurance?: Assurance;
}

/** A picture that can be judged. */
export interface Sight {
  main: Analysis;
  face: AnalyzedFace;
  quality: QualityReport;
}

/** The pictures of a verification. */
export interface Seen extends Sight {
  frames: readonly Frame[];
}

export const assuranceOf = (
  { matchOnly, assurance }: Pick<Run, 'matchOnly' | 'assurance'>,
  { face }: Analysis,
): Assurance => assurance ?? (face?.pad && !matchOnly ? 'passive' : 'match-only');

/** SHA-256 of the file of each model that took part. */
export function filesUsed(plan: ModelPlan, files: Readonly<Record<string, string>>): Record<string, string> {
  const ids = [plan.detector, ...plan.embedders, ...(plan.pad?.models ?? []).map(({ model }) => model)];
  return Object.fromEntries(ids.map((id) => [id, files[id] ?? '']));
}

/** Its first 12 digits. */
export const modelsUsed = (
  plan: ModelPlan,
  files: Readonly<Record<string, string>>,
): Record<string, string> =>
  Object.fromEntries(Object.entries(filesUsed(plan, files)).map(([id, sha256]) => [id, sha256.slice(0, 12)]));

export function timingOf({ timing }: Analysis, total: number): Record<string, number> {
  const rounded = Object.entries(timing).map(([step, ms]) => [step, Math.round(ms * 10) / 10] as const);
  return { ...Object.fromEntries(rounded), picture: Math.round(timing.total * 10) / 10, total };
}
