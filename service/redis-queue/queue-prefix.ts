import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeDurably } from '../lib/durable-file.ts';

const FILE = 'queue-id';

/**
 * Under what this data directory's queue stands in Redis. It is made at the first call and kept in a file that no backup holds, so
 * that a box restored beside its original shares nothing with it. `random` fills with random bytes.
 */
export function queuePrefix(data: string, random: (into: Uint8Array) => void): string {
  const file = join(data, FILE);
  const id = read(file) ?? make(file, random);
  return `gatehouse:${id}`;
}

function read(file: string): string | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  // One that a full disk cut short is made anew: Redis holds nothing that the database does not.
  return /^[0-9a-f]{32}$/.test(text) ? text : undefined;
}

function make(file: string, random: (into: Uint8Array) => void): string {
  const bytes = new Uint8Array(16);
  random(bytes);
  const id = Buffer.from(bytes).toString('hex');
  writeDurably(file, `${id}\n`);
  return id;
}
