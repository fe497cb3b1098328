import {
  type ListedPicture,
  ListFault,
  listFolder,
  listTable,
  needsDomain,
  personKey,
} from '../../../../sdk/admin/bulk-import/picture-list.ts';
import { type ImportEntry, UnreadablePicture } from '../../../../sdk/admin/bulk-import/run-import.ts';
import { sampleLine } from '../../../../sdk/admin/bulk-import/table-text.ts';
import { LARGEST_FILE, MOST_FILES, openZip, type ZipFile } from '../../../../sdk/admin/bulk-import/zip.ts';
import { foldCase } from '../../../../sdk/admin/fold-case.ts';

/** What was chosen, before anything of it is sent. */
export interface PictureList {
  entries: ImportEntry[];
  people: number;
  /** Names that become addresses with a domain. */
  nameless: string[];
  /** Pictures that the CSV file names and that were not chosen. */
  missing: number;
  /** Files that are no pictures. */
  passedOver: number;
}

/** Encodings that spreadsheets write beside Unicode; the names of `TextDecoder`. */
const ENCODINGS = ['windows-1252', 'windows-1250', 'windows-1251', 'windows-1254', 'shift_jis', 'gb18030'];

/** The CSV file is not UTF-8: a person says which of these lines is right. */
export class UnknownEncoding extends Error {
  override name = 'UnknownEncoding';
  readonly readings: readonly { encoding: string; line: string }[];
  constructor(bytes: Uint8Array) {
    super('no-encoding');
    const readings = ENCODINGS.map((encoding) => ({ encoding, line: sampleLine(bytes, encoding) }));
    this.readings = readings.filter(({ line }) => line !== '' && !line.includes('\uFFFD'));
  }
}

/** Why nothing can be imported of what was chosen. */
export class SourceFault extends Error {
  override name = 'SourceFault';
  readonly is: 'no-pictures' | 'several-tables' | 'too-many';
  constructor(is: SourceFault['is']) {
    super(is);
    this.is = is;
  }
}

type SourceFile = ZipFile;

/**
 * The pictures of a folder, of a ZIP file, or of a CSV file and the pictures chosen with it. Pictures are read when they are sent.
 * `encoding` of a CSV file that is not Unicode. Throws SourceFault, UnknownEncoding, ListFault and ZipFault.
 */
export async function readSource(files: readonly File[], encoding?: string): Promise<PictureList> {
  const [first] = files;
  const isZip = files.length === 1 && first !== undefined && /\.zip$/i.test(first.name);
  const found = isZip ? withoutCommonFolder(await openZip(first)) : files.map(fromFile);
  if (found.length > MOST_FILES) throw new SourceFault('too-many');
  const tables = found.filter(({ path }) => /(^|\/)[^./][^/]*\.csv$/i.test(path));
  const [table, ...more] = tables;
  if (more.length > 0) throw new SourceFault('several-tables');
  const list = table ? await listOfTable(table, found, encoding) : listOfFolder(found);
  if (list.entries.length === 0) throw new SourceFault('no-pictures');
  return list;
}

/** Of a folder that was chosen: below it. */
function fromFile(file: File): SourceFile {
  const below = file.webkitRelativePath.split('/').slice(1).join('/');
  return {
    path: below === '' ? file.name : below,
    async read() {
      if (file.size > LARGEST_FILE)
        throw new UnreadablePicture('It is larger than 10 MB; send a smaller picture.');
      try {
        return new Uint8Array(await file.arrayBuffer());
      } catch {
        throw new UnreadablePicture('The file cannot be read any more: it was moved or changed.');
      }
    },
  };
}

/** Programs that pack a folder often put the folder itself into the ZIP file; one that is named after a person stays. */
function withoutCommonFolder(files: readonly ZipFile[]): ZipFile[] {
  const shown = files.filter(({ path }) => !path.startsWith('__MACOSX/'));
  const [folder = ''] = shown[0]?.path.split('/') ?? [];
  const common = `${folder}/`;
  if (folder.includes('@') || !shown.every(({ path }) => path.startsWith(common))) return shown;
  return shown.map(({ path, read }) => ({ path: path.slice(common.length), read }));
}

function listOfFolder(files: readonly SourceFile[]): PictureList {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const { pictures, passedOver } = listFolder([...byPath.keys()]);
  return toList(pictures, (path) => byPath.get(path), passedOver);
}

async function listOfTable(
  table: SourceFile,
  files: readonly SourceFile[],
  encoding: string | undefined,
): Promise<PictureList> {
  const pictures = readRows(await table.read(), encoding);
  const folder = table.path.slice(0, table.path.lastIndexOf('/') + 1);
  const byPath = new Map(files.map((file) => [plain(file.path), file]));
  /** Without the folders: where the pictures were chosen one by one. */
  const byName = Map.groupBy(files, ({ path }) => nameOf(plain(path)));
  const find = (path: string) => {
    const wanted = plain(path);
    const [named, ...others] = byName.get(nameOf(wanted)) ?? [];
    return (
      byPath.get(plain(folder + wanted)) ?? byPath.get(wanted) ?? (others.length === 0 ? named : undefined)
    );
  };
  return toList(pictures, find, 0);
}

function readRows(bytes: Uint8Array, encoding: string | undefined): ListedPicture[] {
  try {
    return listTable(bytes, encoding);
  } catch (error) {
    throw error instanceof ListFault && error.fault.is === 'no-encoding' ? new UnknownEncoding(bytes) : error;
  }
}

const nameOf = (path: string) => path.slice(path.lastIndexOf('/') + 1);
/** As paths are compared: whatever the system that wrote the table, and its letters. */
const plain = (path: string) =>
  foldCase(path.normalize('NFC'))
    .replaceAll('\\', '/')
    .replace(/^(\.?\/)+/, '');

function toList(
  pictures: readonly ListedPicture[],
  find: (path: string) => SourceFile | undefined,
  passedOver: number,
): PictureList {
  let missing = 0;
  const entries = pictures.map(({ path, ...entry }): ImportEntry => {
    const file = find(path);
    if (file) return { ...entry, label: path, read: file.read };
    missing += 1;
    return { ...entry, label: path, read: () => Promise.reject(new UnreadablePicture('It was not chosen.')) };
  });
  const people = new Set(entries.map(({ person }) => personKey(person)));
  const nameless = [...new Set(entries.map(({ person }) => person).filter(needsDomain))];
  return { entries, people: people.size, nameless, missing, passedOver };
}
