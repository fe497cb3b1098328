import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import { UsageError } from '../failure.ts';
import { parseCsv } from './csv.ts';

/** One picture to enroll. `person` is an e-mail address, a person's id, or what a domain must be added to. */
export interface ImportEntry {
  /** As the report names it: relative to the source. */
  label: string;
  /** Absolute. */
  file: string;
  person: string;
  name?: string;
}

export interface ImportList {
  entries: ImportEntry[];
  /** Files of the folder that are no pictures. */
  passedOver: number;
}

const personColumns = ['email', 'e-mail', 'mail', 'id'];
const fileColumns = ['file', 'image', 'picture', 'photo', 'path'];
/** Accepted formats, and those for which the report says how to convert them. */
const pictures = new Set([
  ...['.jpg', '.jpeg', '.png', '.webp', '.heic', '.heif', '.hif', '.avif'],
  ...['.tif', '.tiff', '.gif', '.bmp', '.jxl', '.jp2', '.dng', '.psd'],
]);

/**
 * The pictures a folder or a CSV file names, in a stable order. Folder: `ada@example.com.jpg`, or a folder
 * `ada@example.com/` with any pictures in it. CSV: a header with a person, a file and perhaps `name`; files are relative to
 * the CSV. Throws UsageError when nothing can be read from it.
 */
export async function readImportList(source: string): Promise<ImportList> {
  const kind = await stat(source).catch(() => undefined);
  if (!kind) throw new UsageError(`There is nothing at ${source}. Give a folder of pictures or a CSV file.`);
  const list = kind.isDirectory()
    ? await readFolder(source)
    : { entries: readTable(source, await readFile(source, 'utf8')), passedOver: 0 };
  if (list.entries.length === 0) {
    throw new UsageError(
      `${source} names no pictures. A folder holds ada@example.com.jpg or ada@example.com/1.jpg (jpg, png, webp, heic, heif, avif).`,
    );
  }
  return list;
}

async function readFolder(folder: string): Promise<ImportList> {
  let passedOver = 0;
  const found: ImportEntry[] = [];
  const isPicture = (name: string) => {
    if (basename(name).startsWith('.')) return false;
    const is = pictures.has(extname(name).toLowerCase());
    if (!is) passedOver += 1;
    return is;
  };
  for (const item of (await readdir(folder, { withFileTypes: true })).sort((a, b) =>
    a.name < b.name ? -1 : 1,
  )) {
    const path = join(folder, item.name);
    if (item.isDirectory() && !item.name.startsWith('.')) {
      const inside = await readdir(path, { recursive: true, withFileTypes: true });
      const files = inside.filter((one) => !one.isDirectory()).map((one) => join(one.parentPath, one.name));
      for (const file of files.sort()) {
        if (isPicture(file)) found.push({ label: relative(folder, file), file, person: item.name });
      }
    } else if (!item.isDirectory() && isPicture(item.name)) {
      found.push({ label: item.name, file: path, person: item.name.slice(0, -extname(item.name).length) });
    }
  }
  return { entries: found, passedOver };
}

function readTable(source: string, text: string): ImportEntry[] {
  const [head, ...rows] = parseCsv(text);
  const columns = (head?.fields ?? []).map((field) => field.toLowerCase());
  const person = columns.findIndex((column) => personColumns.includes(column));
  const file = columns.findIndex((column) => fileColumns.includes(column));
  const name = columns.indexOf('name');
  if (person < 0 || file < 0) {
    throw new UsageError(
      `${source} needs a first line that names its columns, such as email,name,file. The person is called ${oneOf(personColumns)}, ` +
        `the file ${oneOf(fileColumns)}; name may be left out. Found: ${columns.join(', ') || 'nothing'}.`,
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

const oneOf = (names: readonly string[]) => `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
