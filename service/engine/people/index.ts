export { createErasure, type Erasure, type ErasureDeps } from './erasure/erasure.ts';
export { createErasureNodes, type ErasureNodes } from './erasure/erasure-nodes.ts';
export { pageOfReceipts } from './erasure/erasure-store.ts';
export { keptByRecord, openKeptErasures } from './erasure/kept-erasures.ts';
export {
  CopyOfReceipt,
  createLedger,
  ErasureReceipt,
  erasureReasons,
  isReceiptSigned,
  type LedgerDeps,
} from './erasure/ledger.ts';
export { createOrganizationErasure, type OrganizationErasure } from './erasure/organization-erasure.ts';
export { createErasureData } from './erasure/personal-data.ts';
export { isClean } from './erasure/proof.ts';
export {
  exampleOfSweep,
  readableSweepNotes,
  StoredReport,
  SweepReport,
  type Waiting,
} from './retention/due.ts';
export { createRetention, type Retention } from './retention/retention.ts';
export { Sweep } from './retention/run-sweep.ts';
export { createSubjectRecords, type SubjectRecords } from './subject-record/subject-record.ts';
export { deleteFormerOf, noteFormer, releaseAddress } from './subjects/former-address-store.ts';
export { deleteDistinct, insertDistinct } from './subjects/kept-people-store.ts';
export { createTemplatePages } from './subjects/loaded-templates-store.ts';
export { createSubjectData, type SubjectDataDeps } from './subjects/personal-data.ts';
export { damagedPeople } from './subjects/read-subjects-store.ts';
export {
  type EnrolledPicture,
  type Enrollment,
  exampleOfSubject,
  type Realm,
  realmKey,
  requireReadableAddress,
  Subject,
} from './subjects/subject.ts';
export { createSubjects, type Subjects } from './subjects/subjects.ts';
export { createPictureCounts } from './subjects/template-counts-store.ts';
export { createTimelines, type Timelines } from './timeline/timeline.ts';
