export type { SubjectChange } from './change-subject.ts';
export {
  deleteFormerOf,
  isPresent,
  listPresent,
  noteFormer,
  releaseAddress,
} from './former-address-store.ts';
export {
  countPeople,
  deleteDistinct,
  findKept,
  insertDistinct,
  type KeptPerson,
  LOOKED_AT_ONCE,
  peopleNotUsedSince,
} from './kept-people-store.ts';
export { createTemplatePages } from './loaded-templates-store.ts';
export type { DistinctPerson } from './people/people.ts';
export { createSubjectData, type SubjectDataDeps } from './personal-data.ts';
export type { EnrolledPicture } from './pictures/confirm-picture.ts';
export { type Enrollment, exampleOfSubject, type Realm, realmKey, Subject } from './subject.ts';
export { createSubjects, type Subjects, type SubjectsDeps } from './subjects.ts';
export type { UpgradeProgress } from './upgrade-progress-store.ts';
export type { Visit } from './upgrades/upgrade-templates.ts';
export type { NewEnrollment, NewMember } from './write-enrollment.ts';
