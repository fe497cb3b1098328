import type { Config } from '../../config.ts';
import { recordSettings } from '../../data-directory/database-location.ts';

export type RecordedDatabases = Pick<Config, 'databaseUrl' | 'keysDatabaseUrl'> &
  Partial<Pick<Config, 'nodes' | 'nodeName' | 'nodeAddress'>>;

/** Writes what is given into DATA/gatehouse.json, so that every later command finds the databases, and opens them as the service does. */
export const recordDatabase = (
  data: string,
  { databaseUrl, keysDatabaseUrl, nodes, nodeName, nodeAddress }: RecordedDatabases,
): void =>
  recordSettings(data, { databaseUrl, keysDatabaseUrl, nodes: nodes || undefined, nodeName, nodeAddress });
