import type { Config } from '../../config.ts';
import { recordSettings } from '../../data-directory/database-place.ts';

export type RecordedDatabases = Pick<Config, 'databaseUrl' | 'keysDatabaseUrl'>;

/** Writes the URLs that are given into DATA/gatehouse.json, so that every later command finds the database. */
export const recordDatabase = (data: string, { databaseUrl, keysDatabaseUrl }: RecordedDatabases): void =>
  recordSettings(data, { databaseUrl, keysDatabaseUrl });
