import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import {
  type ListedPicture,
  ListFault,
  listFolder,
  listTable,
} from '../../../sdk/admin/bulk-import/picture-list.ts';
import { sampleLine } from '../../../sdk/admin/bulk-import/table-text.ts';
import { UsageError } from '../failure.ts';

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

/**
 * The pictures a folder or a CSV file names, in a stable order. Folder: `ada@example.com.jpg`, or a folder
 * `ada@example.com/` with any pictures in it. CSV: a header with a person, a file and perhaps `name`; files are relative to
 * the CSV. `encoding` of a CSV that is neither UTF-8 nor UTF-16. Throws UsageError when nothing can be read from it.
 */
export async function readImportList(source: string, encoding?: string): Promise<ImportList> {
  const kind = await stat(source).catch(() => undefined);
  if (!kind) throw new UsageError(`There is nothing at ${source}. Give a folder of pictures or a CSV file.`);
  const list = kind.isDirectory()
    ? await readFolder(source)
    : { entries: await readTable(source, encoding), passedOver: 0 };
  if (list.entries.length === 0) {
    throw new UsageError(
      `${source} names no pictures. A folder holds ada@example.com.jpg or ada@example.com/1.jpg (jpg, png, webp, heic, heif, avif).`,
    );
  }
  return list;
}

async function readFolder(folder: string): Promise<ImportList> {
  const inside = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = inside
    .filter((one) => !one.isDirectory())
    .map((one) => relative(folder, join(one.parentPath, one.name)).replaceAll(sep, '/'));
  const { pictures, passedOver } = listFolder(paths);
  return { entries: pictures.map(entryIn(folder)), passedOver };
}

async function readTable(source: string, encoding: string | undefined): Promise<ImportEntry[]> {
  const bytes = await readFile(source);
  try {
    return listTable(bytes, encoding).map(entryIn(dirname(source)));
  } catch (error) {
    if (!(error instanceof ListFault)) throw error;
    const remedy = error.fault.is === 'no-encoding' ? ` ${encodingRemedy(bytes)}` : '';
    throw new UsageError(`${source}: ${error.message}${remedy} Nothing was enrolled.`);
  }
}

/** With a line as it would be read, so that the reader sees whether the letters are right. */
const encodingRemedy = (bytes: Uint8Array) =>
  'Save it as CSV UTF-8, or name the encoding. With --encoding windows-1252, as Excel writes in Western Europe, it says: ' +
  `"${sampleLine(bytes, 'windows-1252')}".`;

/** A name of the WHATWG Encoding Standard. Throws UsageError. */
export function readEncoding(name: string): string {
  try {
    return new TextDecoder(name).encoding;
  } catch {
    throw new UsageError(
      `--encoding: "${name}" is not an encoding. Write one such as windows-1252, windows-1250 or shift_jis.`,
    );
  }
}

const entryIn =
  (folder: string) =>
  ({ path, ...entry }: ListedPicture): ImportEntry => ({
    label: path,
    file: resolve(folder, path),
    ...entry,
  });
