import { StringDecoder } from 'node:string_decoder';
import { styleText } from 'node:util';
import { invocation } from '../invocation.ts';

export type Cell = string | number | undefined;

/** Output of a command: results on standard output, everything else on standard error. */
export type Terminal = ReturnType<typeof createTerminal>;

const styles = { good: 'green', bad: 'red', care: 'yellow', dim: 'dim', strong: 'bold' } as const;

export function createTerminal(stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream) {
  // Errors cannot be reported elsewhere: the service continues without its log.
  stderr.on('error', () => {});
  const note = (text: string) => void stderr.write(`${text}\n`);
  let [lost, left] = [false, false];
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') {
      left = true;
      return;
    }
    if (!lost) note(lostOutput(error));
    lost = true;
  });
  async function written(): Promise<void> {
    await new Promise<void>((resolve) => void stdout.write('', () => resolve()));
    // The 'error' event comes one turn after the callbacks of the write.
    await new Promise<void>((resolve) => void setImmediate(resolve));
  }
  return {
    /** A person may be reading progress on standard error. */
    interactive: stderr.isTTY === true,
    /** A person may be reading the answer on standard output. */
    shown: stdout.isTTY === true,
    answer: (text: string): void => void stdout.write(`${text}\n`),
    note,
    /** False once the reader of the answer has closed the pipe, as `head` does when it has enough. */
    async isRead(): Promise<boolean> {
      await written();
      return !left;
    },
    /** Exit code of the process after the output is written: 1 if the command succeeded but its output was lost, which a closed pipe is not. */
    async exitCode(code: number): Promise<number> {
      await written();
      return code === 0 && lost ? 1 : code;
    },
    style: (kind: 'good' | 'bad' | 'care' | 'dim' | 'strong', text: string): string =>
      styleText(styles[kind], text, { stream: stdout }),
  };
}

/** Why standard output did not take the answer. */
function lostOutput({ code, message }: NodeJS.ErrnoException): string {
  const why =
    code === 'ENOSPC'
      ? 'Standard output could not be written: the disk is full.'
      : `Standard output could not be written (${message}).`;
  return `${why} The command has run, its output is not complete.`;
}

/** Columns of the window that answers are read in; any number for a pipe or a file. */
export const answerWidth = (): number =>
  (process.stdout.isTTY === true && process.stdout.columns) || Number.POSITIVE_INFINITY;

/**
 * Aligned columns under a header, two spaces apart; numbers to the right. No rows: `empty`. Where a line would not fit into
 * `width`, each row is a block of `facts` instead.
 */
export function table(
  header: readonly string[],
  rows: readonly (readonly Cell[])[],
  empty: string,
  width = answerWidth(),
): string {
  if (rows.length === 0) return empty;
  const text = [header, ...rows].map((row) => row.map((cell) => (cell === undefined ? '–' : oneLine(cell))));
  const widths = header.map((_, column) => Math.max(...text.map((row) => row[column]?.length ?? 0)));
  const wide = widths.reduce((sum, column) => sum + column) + 2 * (widths.length - 1);
  if (wide > width)
    return rows.map((row) => facts(header.map((name, column) => [name, row[column]]))).join('\n\n');
  const right = header.map((_, column) => rows.every((row) => typeof row[column] === 'number'));
  return text
    .map((row) =>
      row
        .map((cell, column) =>
          right[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** `name  value` lines, the values under one another. Undefined values are left out. */
export function facts(pairs: readonly (readonly [string, Cell])[]): string {
  const shown = pairs.filter(([, value]) => value !== undefined);
  const width = Math.max(0, ...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `${name.padEnd(width)}  ${oneLine(value!)}`).join('\n');
}

/** Words that belong to a command stay on one line, so that it can be pasted; three spaces or the end close it. */
const UNBROKEN = new RegExp(`${invocation}(?: {1,2}\\S+)*|\\S+`, 'g');

/** A sentence broken between words at `width`; every line but the first begins with `indent` spaces. */
export function wrap(text: string, width: number, indent: number): string {
  const lines: string[] = [];
  let line = '';
  let end = 0;
  for (const { 0: word, index } of text.matchAll(UNBROKEN)) {
    const longer = line + text.slice(end, index) + word;
    if (line !== '' && indent + longer.length > width) {
      lines.push(line);
      line = word;
    } else line = longer;
    end = index + word.length;
  }
  return [...lines, line].join(`\n${' '.repeat(indent)}`);
}

/** Foreign text in one line, without control characters that move the cursor, color the screen or forge a line. */
export const oneLine = (value: string | number) =>
  String(value).replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');

/** The two ends of each style that `style` gives. */
const OWN_STYLES = '\u001b\\[(?:1|2|22|31|32|33|39)m';
const UNPRINTABLE = new RegExp(
  `(${OWN_STYLES}|[\\n\\t])|[\\p{Cc}\\p{Zl}\\p{Zp}\\u202a-\\u202e\\u2066-\\u2069]`,
  'gu',
);

/** The same for a text of several lines with our own styles; the lines may contain foreign text. */
export const severalLines = (text: string) =>
  text.replaceAll(UNPRINTABLE, (_, ours: string | undefined) => ours ?? '\ufffd');

/** 1 person, 2 people. */
export function count(amount: number, one: string, many: string): string {
  return `${amount.toLocaleString('en')} ${amount === 1 ? one : many}`;
}

/** Each line of a long answer, parsed, as soon as it is whole. */
export async function* jsonLines<T>(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<T> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of bytes) {
    const lines = (rest + decoder.write(Buffer.from(chunk))).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield JSON.parse(line) as T;
  }
}
