export type { Realm } from './realm.ts';
export { realmKey } from './realm.ts';
export type { Consent, Enrollment, Purpose, Subject } from './subject.ts';
export { purposes } from './subject.ts';
export type { NewEnrollment, Subjects, SubjectsDeps } from './subjects.ts';
export { createSubjects } from './subjects.ts';
export { createTurns } from './turns.ts';
