export type { EnrolledPicture } from './confirm-picture.ts';
export type { NewEnrollment } from './enroll-subject.ts';
export type { Realm } from './realm.ts';
export { realmKey } from './realm.ts';
export type { Enrollment, Subject } from './subject.ts';
export type { SealedValue } from './subject-store.ts';
export type { Subjects, SubjectsDeps } from './subjects.ts';
export { createSubjects } from './subjects.ts';
export { createTemplatePages } from './template-pages-store.ts';
