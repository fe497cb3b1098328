export {
  createSubjectRecords,
  type RecordOrder,
  type SubjectRecord,
  type SubjectRecords,
  type SubjectRecordsDeps,
} from './subject-record.ts';
