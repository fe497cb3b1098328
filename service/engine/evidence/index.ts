export type { Claim, EvidenceGroup, EvidenceVerdict, MeasuredShare, PublishedEvidence } from './claim.ts';
export { evidenceGroups, verdicts } from './claim.ts';
export type { Evidence, EvidenceDeps } from './evidence.ts';
export { createEvidence } from './evidence.ts';
export type { EvidenceReport } from './printed-evidence.ts';
