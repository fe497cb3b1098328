import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Writes the URL into DATA/gatehouse.json, beside the settings that are there, so that every later command finds the
 * database. Only the owner may read the file: the URL may hold a password.
 */
export function recordDatabase(data: string, databaseUrl: string): void {
  const file = join(data, 'gatehouse.json');
  const settings = existsSync(file)
    ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>)
    : {};
  if (settings.databaseUrl === databaseUrl) return;
  const written = `${file}.new`;
  writeFileSync(written, `${JSON.stringify({ ...settings, databaseUrl }, null, 2)}\n`, {
    mode: 0o600,
    flush: true,
  });
  renameSync(written, file);
}
