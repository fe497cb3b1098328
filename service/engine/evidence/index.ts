export type { EvidenceGroup, EvidenceVerdict, MeasuredShare, PublishedEvidence } from './claim.ts';
export { Claim, exampleOfClaim } from './claim.ts';
export type { Evidence, EvidenceDeps } from './evidence.ts';
export { createEvidence } from './evidence.ts';
export type { EvidenceReport } from './printed-evidence.ts';
