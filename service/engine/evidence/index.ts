export { createEvidence, type Evidence, type EvidenceDeps } from './evidence.ts';
export {
  Claim,
  type EvidenceGroup,
  type EvidenceReport,
  type EvidenceVerdict,
  exampleOfClaim,
  type MeasuredShare,
  type PublishedEvidence,
} from './printed-evidence.ts';
