export type { Person, PersonalData, Realm, SealedValue, Searched, TableUse } from './personal-data.ts';
export { tablesThatKeepIds } from './personal-data.ts';
