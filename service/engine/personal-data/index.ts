export type {
  ExpiringRows,
  ExportOrder,
  Person,
  PersonalData,
  Realm,
  SealedValue,
  Searched,
  TableUse,
} from './personal-data.ts';
export { tablesThatKeepIds } from './personal-data.ts';
export { jsonOf, parseFor, readPages, textOf, vectorText } from './record-content.ts';
export { countRows, deleteRows } from './row-count-store.ts';
