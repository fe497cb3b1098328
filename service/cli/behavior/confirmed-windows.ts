import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { SessionData } from '../../engine/behavior/index.ts';
import { UsageError } from '../failure.ts';
import { userPath } from '../user-path.ts';

/** One line of the file: a window of a person, confirmed and with consent. */
const Line = z.strictObject({
  person: z.string().min(1).max(200),
  confirmed: z.enum(['face', 'passkey']),
  consent: z.literal(true),
  data: SessionData,
});
export type ConfirmedLine = z.output<typeof Line>;

/** More are not read: a year of a large site. */
const MOST_LINES = 200_000;

export const fileArgument = [
  '<file>',
  'JSON lines: {"person":"u_17","confirmed":"face"|"passkey","consent":true,"data":{sessionData}}',
] as const;

/** Refuses the file at its first line that is not one: a window of a program among them would move what is learned. */
export async function readConfirmed(path: string): Promise<ConfirmedLine[]> {
  const file = userPath(path);
  const lines: ConfirmedLine[] = [];
  try {
    let number = 0;
    for await (const text of createInterface({
      input: createReadStream(file),
      crlfDelay: Number.POSITIVE_INFINITY,
    })) {
      number += 1;
      if (text.trim() === '') continue;
      if (lines.length === MOST_LINES) throw new UsageError(`${file} has more than ${MOST_LINES} lines.`);
      lines.push(readLine(text, `${file}, line ${number}`));
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new UsageError(`There is no file at ${file}.`);
    throw error;
  }
  return lines;
}

function readLine(text: string, place: string): ConfirmedLine {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UsageError(`${place}: this is not JSON.`);
  }
  const read = Line.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const field = issue?.path.join('.') ?? '';
  throw new UsageError(
    `${place}: ${field === '' ? '' : `${field}: `}${issue?.message ?? 'not a confirmed window'}. Each window needs a person, confirmed by "face" or "passkey", and "consent": true.`,
  );
}
