import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, extname, join, relative, resolve } from 'node:path';
import { parseCsv } from './csv.ts';
import { UsageError } from './failure.ts';

/** One picture to enroll. `person` is an e-mail address, a person's id, or what a domain must be added to. */
export interface ImportEntry {
  /** As the report names it: relative to the source. */
  label: string;
  /** Absolute. */
  file: string;
  person: string;
  name?: string;
}

const pictures = new Set(['.jpg', '.jpeg', '.png', '.webp']);

/**
 * The pictures a folder or a CSV file names, in a stable order. Folder: `ada@example.com.jpg`, or a folder
 * `ada@example.com/` with any pictures in it. CSV: a header with `email` (or `id`), `file` and perhaps `name`; files are
 * relative to the CSV. Throws UsageError when nothing can be read from it.
 */
export async function readImportList(source: string): Promise<ImportEntry[]> {
  const kind = await stat(source).catch(() => undefined);
  if (!kind) throw new UsageError(`There is nothing at ${source}. Give a folder of pictures or a CSV file.`);
  const entries = kind.isDirectory()
    ? await readFolder(source)
    : readTable(source, await readFile(source, 'utf8'));
  if (entries.length === 0) {
    throw new UsageError(
      `${source} names no pictures. A folder holds ada@example.com.jpg or ada@example.com/1.jpg (jpg, png, webp).`,
    );
  }
  return entries;
}

async function readFolder(folder: string): Promise<ImportEntry[]> {
  const found: ImportEntry[] = [];
  const isPicture = (name: string) => pictures.has(extname(name).toLowerCase()) && !name.startsWith('.');
  for (const item of (await readdir(folder, { withFileTypes: true })).sort((a, b) =>
    a.name < b.name ? -1 : 1,
  )) {
    const path = join(folder, item.name);
    if (item.isDirectory() && !item.name.startsWith('.')) {
      for (const inner of (await readdir(path, { recursive: true })).sort()) {
        const file = join(path, inner);
        if (isPicture(inner)) found.push({ label: relative(folder, file), file, person: item.name });
      }
    } else if (isPicture(item.name)) {
      found.push({ label: item.name, file: path, person: item.name.slice(0, -extname(item.name).length) });
    }
  }
  return found;
}

function readTable(source: string, text: string): ImportEntry[] {
  const [head, ...rows] = parseCsv(text);
  const columns = (head?.fields ?? []).map((field) => field.toLowerCase());
  const person = columns.findIndex((column) => ['email', 'e-mail', 'mail', 'id'].includes(column));
  const file = columns.findIndex((column) => ['file', 'image', 'picture', 'photo', 'path'].includes(column));
  const name = columns.indexOf('name');
  if (person < 0 || file < 0) {
    throw new UsageError(
      `${source} needs a first line that names its columns: email,name,file (name may be left out). Found: ${columns.join(', ') || 'nothing'}.`,
    );
  }
  return rows.map(({ line, fields }) => {
    const path = fields[file] ?? '';
    const who = fields[person] ?? '';
    if (path === '' || who === '') {
      throw new UsageError(
        `${source}, line ${line}: ${who === '' ? 'the e-mail address' : 'the file'} is missing.`,
      );
    }
    return {
      label: path,
      file: resolve(dirname(source), path),
      person: who,
      ...(name >= 0 && fields[name] ? { name: fields[name] } : {}),
    };
  });
}
