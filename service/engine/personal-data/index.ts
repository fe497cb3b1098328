export {
  type ExpiringRows,
  type ExportOrder,
  jsonOf,
  type Person,
  type PersonalData,
  parseFor,
  type Realm,
  readPages,
  type SealedValue,
  type Searched,
  type TableUse,
  tablesThatKeepIds,
  textOf,
  vectorText,
} from './personal-data.ts';
export { countRows, deleteRows } from './row-count-store.ts';
