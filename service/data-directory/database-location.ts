import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Config, ConfigError, describeDatabase } from '../config.ts';
import { writeDurably } from '../lib/durable-file.ts';
import type { DatabaseLocation } from '../storage/connection.ts';
import type { KeyStoreLocation } from '../storage/keys/key-store.ts';

/**
 * The database of a data directory. Throws ConfigError rather than open an empty one beside keys that belong to another:
 * a URL where people lie in gatehouse.db, or no URL and no gatehouse.db where keys are.
 */
export function databaseLocation({
  data,
  databaseUrl,
}: Pick<Config, 'data' | 'databaseUrl'>): DatabaseLocation {
  const file = join(data, 'gatehouse.db');
  if (databaseUrl !== undefined) {
    if (!existsSync(file)) return { kind: 'postgres', url: databaseUrl };
    throw new ConfigError(
      `The people of ${data} are in ${file} (SQLite), but the database URL names ${describeDatabase(databaseUrl)}. ` +
        'Remove the URL (--database-url, GATEHOUSE_DATABASE_URL, gatehouse.json), or give another directory with --data.',
    );
  }
  if (existsSync(file) || !existsSync(join(data, 'keys.db'))) return { kind: 'sqlite', path: file };
  throw new ConfigError(
    `${data} holds keys, but ${file} (SQLite) is not there and no URL names a PostgreSQL database. If its people are in ` +
      `PostgreSQL, write {"databaseUrl": "postgresql://…"} into ${join(data, 'gatehouse.json')}; otherwise restore gatehouse.db.`,
  );
}

/** In a data directory, what was `keys.db` before the keys were moved into PostgreSQL. */
export const MOVED_KEYS = 'keys-before-move';

/** The key store of a data directory. Throws ConfigError for a URL where keys lie in keys.db, and for a move into PostgreSQL that was cut short. */
export function keyStoreLocation({
  data,
  keysDatabaseUrl,
}: Pick<Config, 'data' | 'keysDatabaseUrl'>): KeyStoreLocation {
  const file = join(data, 'keys.db');
  if (
    keysDatabaseUrl === undefined &&
    !existsSync(file) &&
    existsSync(join(data, MOVED_KEYS, 'gatehouse-keys.db'))
  ) {
    throw new ConfigError(
      `The move of the keys of ${data} into PostgreSQL was cut short: nothing is lost, and the same command completes it ("gatehouse keystore move --keys-database-url URL").`,
    );
  }
  if (keysDatabaseUrl === undefined) return { kind: 'sqlite', path: file };
  if (!existsSync(file)) return { kind: 'postgres', url: keysDatabaseUrl };
  throw new ConfigError(
    `The keys of ${data} are in ${file} (SQLite), but the URL of the key store names ${describeDatabase(keysDatabaseUrl)}. ` +
      'Remove the URL (--keys-database-url, GATEHOUSE_KEYS_DATABASE_URL, gatehouse.json), give another directory with --data, or move the keys there: "gatehouse keystore move".',
  );
}

/**
 * Advice where people are in PostgreSQL and their keys in the data directory; undefined elsewhere. This works,
 * and both are apart as required; but no backup of PostgreSQL can be opened without that folder.
 */
export function keyStoreAdvice({
  data,
  databaseUrl,
  keysDatabaseUrl,
}: Pick<Config, 'data' | 'databaseUrl' | 'keysDatabaseUrl'>): string | undefined {
  if (databaseUrl === undefined || keysDatabaseUrl !== undefined) return undefined;
  return (
    `The people are in ${describeDatabase(databaseUrl)}, their keys in ${join(data, 'keys.db')}: without that file no person in the database ` +
    'can be read. Keep copies of it with "gatehouse keystore add DIR", or move the keys into a second PostgreSQL database: ' +
    '"gatehouse keystore move --keys-database-url URL".'
  );
}

const fileOf = (data: string) => join(data, 'gatehouse.json');

/** What `DATA/gatehouse.json` says; the settings were parsed from it at the start. */
export function readSettings(data: string): Record<string, unknown> {
  const file = fileOf(data);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>) : {};
}

/**
 * Writes settings into `DATA/gatehouse.json`, beside those that are there. Null removes one, undefined leaves it. Only the owner may read
 * the file: a URL may hold a password.
 */
export function recordSettings(data: string, changes: Record<string, unknown>): void {
  const settings = readSettings(data);
  const named = Object.entries(changes).filter(([, value]) => value !== undefined);
  if (named.every(([key, value]) => (settings[key] ?? null) === value)) return;
  const kept = Object.entries({ ...settings, ...Object.fromEntries(named) }).filter(
    ([, value]) => value !== null,
  );
  writeDurably(fileOf(data), `${JSON.stringify(Object.fromEntries(kept), null, 2)}\n`);
}

type RecordedDatabases = Pick<Config, 'databaseUrl' | 'keysDatabaseUrl'> &
  Partial<Pick<Config, 'nodes' | 'nodeName' | 'nodeAddress'>>;

/** Writes what is given into DATA/gatehouse.json, so that every later command finds the databases, and opens them as the service does. */
export const recordDatabase = (
  data: string,
  { databaseUrl, keysDatabaseUrl, nodes, nodeName, nodeAddress }: RecordedDatabases,
): void =>
  recordSettings(data, { databaseUrl, keysDatabaseUrl, nodes: nodes || undefined, nodeName, nodeAddress });
