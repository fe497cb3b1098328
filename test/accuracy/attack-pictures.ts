import { readFileSync } from 'node:fs';
import { parseCsv } from '../../sdk/admin/bulk-import/csv.ts';

/** A row of `data/pad/*.csv`. `species` is absent for a live picture. */
export interface AttackPicture {
  file: string;
  species?: string;
  person: string;
}

/** What varies how an instrument is presented, not which instrument it is (ISO/IEC 30107-3, PAI species). */
const NOT_SPECIES = new Set(['hold', 'light']);

/**
 * Reads `file,label,extra,…` with the label `live` or `spoof`. `extra` holds parts between semicolons: a person
 * (`client…`), `key=value`, or words. The species are its values, or its words where there are no values; the person is the
 * file where none is named. Throws Error for another label or head.
 */
export function readAttackPictures(manifest: string): AttackPicture[] {
  const [head, ...rows] = parseCsv(readFileSync(manifest, 'utf8'));
  if (head?.fields.slice(0, 3).join() !== 'file,label,extra') {
    throw new Error(`${manifest} must begin with the columns "file,label,extra".`);
  }
  return rows.map(({ line, fields }) => {
    const [file = '', label, extra = ''] = fields;
    const parts = extra.split(';').filter((part) => part !== '');
    const person = parts.find((part) => /^client\d+$/.test(part)) ?? file;
    if (label === 'live') return { file, person };
    if (label === 'spoof') return { file, person, species: speciesOf(parts) };
    throw new Error(`${manifest}, line ${line}: the label must be "live" or "spoof", not "${label}".`);
  });
}

function speciesOf(parts: string[]): string {
  const pairs = parts
    .map((part) => part.split('='))
    .filter(([key, value]) => value !== undefined && !NOT_SPECIES.has(key!));
  const words = parts.filter((part) => !part.includes('=') && !/^client\d+$/.test(part));
  const named = pairs.length > 0 ? pairs.map(([, value]) => value!) : words;
  return named.length > 0 ? named.join(' ') : 'unspecified';
}
