import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeDurably } from '../lib/durable-file.ts';

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
