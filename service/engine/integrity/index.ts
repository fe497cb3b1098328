export { type AdoptRowsDeps, adoptRows } from './adopt-rows.ts';
export {
  type Acceptable,
  acceptable,
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
