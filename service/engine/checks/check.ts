/** What one check said (contracts/README.md, Identity). */
export const checkNames = [
  'liveness',
  'frameConsistency',
  'impossibleTravel',
  'embeddingHistory',
  'deviceConsistency',
  'geoFence',
  'timeRestriction',
  'faceQuality',
] as const;
export type CheckName = (typeof checkNames)[number];

export interface CheckResult {
  check: CheckName;
  pass: boolean;
  /** 0..1 */
  score: number;
  /** 0 when skipped. */
  weight: number;
  /** Why it did not run; then pass is true, score and weight are 0. */
  skipped?: string;
  /** Why it failed, or what a person could do better: a sentence. */
  reason?: string;
  /** Figures behind the score: layers that ran, their maturity, measured APCER/BPCER, distances, hours. Nothing personal. */
  details?: Record<string, unknown>;
}
