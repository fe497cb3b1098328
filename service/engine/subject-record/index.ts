export type { RecordOrder, SubjectRecord, SubjectRecords, SubjectRecordsDeps } from './subject-record.ts';
export { createSubjectRecords, recordFormat } from './subject-record.ts';
