import { ListFault } from './list-fault.ts';

/** How a ZIP file begins, which a workbook is. */
const WORKBOOK = [0x50, 0x4b, 3, 4];
/** Of DOS. */
const END_OF_FILE = '\u001a';

/**
 * The text of a CSV file: UTF-8, UTF-16 of either byte order by its byte order mark or its zero bytes, else `encoding`, a name of
 * the WHATWG Encoding Standard such as `windows-1252`. It is never guessed: the same bytes are other letters in windows-1250.
 * What is wrong with single lines goes into `faults`. Throws ListFault.
 */
export function readTableText(bytes: Uint8Array, encoding: string | undefined, faults: ListFault[]): string {
  if (WORKBOOK.every((byte, at) => bytes[at] === byte))
    throw new ListFault({ is: 'workbook' }, 'It is an Excel workbook. Save it as CSV UTF-8.');
  const unicode = unicodeOf(bytes);
  const used = unicode ?? encoding ?? 'utf-8';
  const whole = decode(bytes, used);
  const text = whole?.endsWith(END_OF_FILE) ? whole.slice(0, -1) : whole;
  if (text === undefined && used === 'utf-8' && unicode === undefined)
    throw new ListFault(
      { is: 'no-encoding' },
      'It is not UTF-8, and does not say in which encoding it is written.',
    );
  // What windows-1252 and its kin do not assign is decoded as control characters beyond ASCII.
  if (text === undefined || /[\x80-\x9f]/.test(text))
    throw new ListFault(
      { is: 'wrong-encoding', encoding: used },
      `It is not written in ${used}, or is damaged.`,
    );
  faults.push(...findLineFaults(text));
  return text;
}

function findLineFaults(text: string): ListFault[] {
  return text.split(/\r\n|\r|\n/).flatMap((content, at) => {
    const line = at + 1;
    const control = /[^\P{Cc}\t\v\f]/u.exec(content)?.[0];
    const found: ListFault[] = [];
    if (control !== undefined) {
      const code = control.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
      found.push(
        new ListFault(
          { is: 'control-character', line },
          `Line ${line}: it holds the control character U+${code}. Remove it, or export the file again.`,
        ),
      );
    }
    if (content.includes('\uFFFD'))
      found.push(
        new ListFault(
          { is: 'lost-letters', line },
          `Line ${line}: letters were lost when the file was written (it holds U+FFFD). Export it again as UTF-8.`,
        ),
      );
    return found;
  });
}

/** The first line that shows whether `encoding` is the right one: it has letters that ASCII has not. */
export function sampleLine(bytes: Uint8Array, encoding: string): string {
  const lines = new TextDecoder(encoding).decode(bytes).split(/[\r\n]+/);
  return (lines.find((line) => /[^ -~\t]/.test(line)) ?? '').replaceAll(/\p{C}/gu, ' ').slice(0, 120);
}

function decode(bytes: Uint8Array, encoding: string): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** By the byte order mark; without one, UTF-16 by the zero byte that each letter of the first column name has. */
function unicodeOf(bytes: Uint8Array): string | undefined {
  const [first, second, third] = bytes;
  if (first === 0xef && second === 0xbb && third === 0xbf) return 'utf-8';
  if ((first === 0xff && second === 0xfe) || (first !== 0 && second === 0)) return 'utf-16le';
  if ((first === 0xfe && second === 0xff) || (first === 0 && second !== 0)) return 'utf-16be';
  return undefined;
}
