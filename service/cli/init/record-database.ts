import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../config.ts';
import { defined } from '../../lib/defined.ts';
import { writeDurably } from '../../lib/durable-file.ts';

export type RecordedDatabases = Pick<Config, 'databaseUrl' | 'keysDatabaseUrl'>;

/**
 * Writes the URLs that are given into DATA/gatehouse.json, beside the settings that are there, so that every later command finds the
 * database. Only the owner may read the file: the URL may hold a password.
 */
export function recordDatabase(data: string, { databaseUrl, keysDatabaseUrl }: RecordedDatabases): void {
  const file = join(data, 'gatehouse.json');
  const settings = existsSync(file)
    ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>)
    : {};
  const named = {
    ...defined({ databaseUrl, keysDatabaseUrl }),
  };
  if (Object.entries(named).every(([key, url]) => settings[key] === url)) return;
  writeDurably(file, `${JSON.stringify({ ...settings, ...named }, null, 2)}\n`);
}
