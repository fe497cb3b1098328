export type { RecordOrder, SubjectRecord, SubjectRecords, SubjectRecordsDeps } from './subject-record.ts';
export { createSubjectRecords } from './subject-record.ts';
