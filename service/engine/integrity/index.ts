export {
  type Acceptable,
  type AdoptRowsDeps,
  acceptable,
  adoptRows,
  createRecordIntegrity,
  type RecordIntegrity,
} from './altered-rows.ts';
export {
  findIntegrityFaults,
  type IntegrityCheckName,
  type IntegrityChecksDeps,
  type IntegrityFault,
  integrityChecks,
} from './checks.ts';
