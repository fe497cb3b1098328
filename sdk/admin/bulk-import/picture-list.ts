import { foldCase } from '../fold-case.ts';
import { parseCsv } from './csv.ts';
import { ListFault, throwFaults } from './list-fault.ts';
import { readTableText } from './table-text.ts';

export { ListFault } from './list-fault.ts';

/** One picture of a list. `person` is an e-mail address, a person's id, or a name that a domain makes an address. */
export interface ListedPicture {
  /** Path as the source names it, with `/`. */
  path: string;
  person: string;
  name?: string;
}

const addressColumns = ['email', 'e-mail', 'mail', 'e-mail-adresse', 'email-adresse'];
const fileColumns = ['file', 'image', 'picture', 'photo', 'path', 'datei', 'bild', 'foto', 'pfad'];
/** Accepted formats, and those for which the refusal says how to convert them. */
const pictures = new Set([
  ...['jpg', 'jpeg', 'png', 'webp', 'heic', 'heif', 'hif', 'avif'],
  ...['tif', 'tiff', 'gif', 'bmp', 'jxl', 'jp2', 'dng', 'psd'],
]);

/**
 * The pictures among the files of a folder, in a stable order: `ada@example.com.jpg`, or `ada@example.com/` with pictures in it.
 * `passedOver`: files that are no pictures. Hidden files are neither.
 */
export function listFolder(paths: readonly string[]): { pictures: ListedPicture[]; passedOver: number } {
  const shown = paths.filter((path) => !isHidden(path));
  const found = shown.filter(isPicture).map((path) => ({ path, person: personOf(path) }));
  found.sort((a, b) => compare(a.person, b.person) || compare(a.path, b.path));
  return { pictures: found, passedOver: shown.length - found.length };
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** Of a picture in a folder the outermost folder, else its own name without the ending. */
function personOf(path: string): string {
  const [first = '', ...inside] = path.split('/');
  return inside.length > 0 ? first : first.slice(0, first.lastIndexOf('.'));
}

/** The first and last folders count: `__MACOSX/` is what one system puts beside the pictures of a ZIP file. */
const isHidden = (path: string) =>
  path.split('/').some((part) => part.startsWith('.')) || path.startsWith('__MACOSX/');

const isPicture = (path: string): boolean =>
  path.includes('.') && pictures.has(path.slice(path.lastIndexOf('.') + 1).toLowerCase());

/**
 * The rows of a CSV file: a header with a person, a file and perhaps `name`, in any order. An address goes before an `id`. `encoding` as of `readTableText`. Throws
 * ListFault, for all lines at once.
 */
export function listTable(bytes: Uint8Array, encoding?: string): ListedPicture[] {
  const faults: ListFault[] = [];
  const [head, ...rows] = parseCsv(readTableText(bytes, encoding, faults), faults);
  const columns = (head?.fields ?? []).map((field) => field.toLowerCase());
  const address = only(columns, addressColumns);
  const person = address < 0 ? only(columns, ['id']) : address;
  const file = only(columns, fileColumns);
  const name = only(columns, ['name']);
  if (person < 0 || file < 0) {
    // What spoils the first line says more than the columns that are not found in it.
    throwFaults(faults);
    const found = columns.join(', ') || 'nothing';
    throw new ListFault(
      { is: 'no-columns', found },
      `It needs a first line that names its columns, such as email,name,file. The person is called ${oneOf([...addressColumns, 'id'])}, ` +
        `the file ${oneOf(fileColumns)}; name may be left out. Found: ${found}.`,
    );
  }
  const listed = rows.map(({ line, fields }) => {
    const path = fields[file] ?? '';
    const who = fields[person] ?? '';
    if (who === '')
      faults.push(new ListFault({ is: 'no-person', line }, `Line ${line}: the e-mail address is missing.`));
    if (path === '')
      faults.push(new ListFault({ is: 'no-file', line }, `Line ${line}: the file is missing.`));
    // Which of them is more than it should be, nothing says.
    if (fields.slice(columns.length).some((field) => field !== ''))
      faults.push(
        new ListFault(
          { is: 'too-many-fields', line },
          `Line ${line}: it has ${fields.length} fields, and the first line names ${columns.length} columns. A field that holds the separator stands in quotation marks.`,
        ),
      );
    return {
      path,
      person: who,
      ...(name >= 0 && fields[name] ? { name: fields[name].normalize('NFC') } : {}),
    };
  });
  throwFaults(faults);
  return listed;
}

/** Where the column with one of these names is; -1 without one. */
function only(columns: readonly string[], names: readonly string[]): number {
  const found = columns.filter((column) => names.includes(column));
  if (found.length <= 1) return columns.indexOf(found[0] ?? names[0]!);
  const same = found.join(', ');
  throw new ListFault(
    { is: 'same-columns', found: same },
    `Several columns say the same: ${same}. Leave one of them.`,
  );
}

const oneOf = (names: readonly string[]) => `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;

/** As the service compares addresses: one key for every spelling of one. */
export function personKey(person: string): string {
  const folded = foldCase(person.normalize('NFKC').trim()).normalize('NFKC');
  const at = folded.lastIndexOf('@');
  const domain = folded.slice(at + 1);
  if (
    at < 0 ||
    !/[^ -~]|(?:^|\.)xn--/.test(domain) ||
    /[\s/:?#%\\[\]]/.test(domain) ||
    !URL.canParse(`http://${domain}`)
  )
    return folded;
  return `${folded.slice(0, at)}@${new URL(`http://${domain}`).hostname}`;
}

/** Neither an address nor an id of a person: a domain has to be added. */
export const needsDomain = (person: string): boolean => !person.includes('@') && !person.startsWith('sub_');

export const withDomain = (person: string, domain: string): string => `${person}@${domain.replace(/^@/, '')}`;
