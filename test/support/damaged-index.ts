import { readFileSync, writeFileSync } from 'node:fs';
import Sqlite from 'better-sqlite3';

/** Flips the last bit of `text`, a key, in a page of the index: in the file of a SQLite database that nothing has open. */
export function damageIndex(path: string, index: string, text: string): void {
  const database = new Sqlite(path);
  database.pragma('wal_checkpoint(truncate)');
  const size = database.pragma('page_size', { simple: true }) as number;
  const root = database.prepare('select rootpage from sqlite_master where name = ?').pluck().get(index);
  database.close();
  const bytes = readFileSync(path);
  const inPage = (page: number): boolean => {
    const start = (page - 1) * size;
    const at = bytes.subarray(start, start + size).indexOf(text);
    if (at >= 0) {
      bytes[start + at + text.length - 1]! ^= 1;
      return true;
    }
    // Of an inner page: its cells name the pages below it, and its head the last of them.
    if (bytes[start] !== 2) return false;
    const below = Array.from({ length: bytes.readUInt16BE(start + 3) }, (_, cell) =>
      bytes.readUInt32BE(start + bytes.readUInt16BE(start + 12 + 2 * cell)),
    );
    return [...below, bytes.readUInt32BE(start + 8)].some(inPage);
  };
  if (!inPage(root as number)) throw new Error(`${index} has no page with ${text}.`);
  writeFileSync(path, bytes);
}
