import { readFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { defined } from '../../lib/defined.ts';
import { UsageError } from '../failure.ts';
import { userPath } from '../user-path.ts';

export interface Fields {
  event?: string[];
  signatureHeader?: string;
  header?: string[];
  headersFile?: string;
  description?: string;
  ca?: string;
  pin?: string;
}

/** The flags that `add` and `change` share. */
export const withFields = (command: Command): Command =>
  command
    .option('--event <name...>', 'an event it gets, as `webhook catalog` shows it; all of the family without')
    .option('--signature-header <name>', 'header that carries the signature, where it is not the usual one')
    .option('--header <name: value...>', 'a header of yours in each delivery; kept sealed, never shown')
    .addOption(
      new Option(
        '--headers-file <file>',
        'the same, one “name: value” in each line: what stands in a command is in the history of the shell',
      ),
    )
    .option('--description <text>', 'what it is for')
    .option('--ca <file>', 'PEM of the only CA believed, instead of the system’s; change: or none')
    .option('--pin <base64>', 'SHA-256 of the only public key believed; change: or none');

/** As the control API takes them. */
export async function readFields({ event, header, headersFile, ca, ...rest }: Fields) {
  const lines = [...(header ?? []), ...(headersFile === undefined ? [] : await readLines(headersFile))];
  return {
    ...defined({ signatureHeader: rest.signatureHeader, description: rest.description }),
    ...(rest.pin !== undefined && { pin: rest.pin === 'none' ? null : rest.pin }),
    ...defined({ events: event?.flatMap((names) => names.split(',')) }),
    ...((header !== undefined || headersFile !== undefined) && { headers: readHeaders(lines) }),
    ...(ca !== undefined && { ca: ca === 'none' ? null : await readText('--ca', ca) }),
  };
}

/** `none` alone: no header. Names are as they are written; which may be set, the engine says. */
function readHeaders(lines: readonly string[]): Record<string, string> {
  if (lines.length === 1 && lines[0] === 'none') return {};
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(0, colon)).trim();
    // Its value may be a password: no sentence repeats the line.
    if (name === '')
      throw new UsageError('--header: write “name: value”, or “none” where there is to be none.');
    if (headers.has(name)) throw new UsageError(`--header: ${name} is there twice.`);
    headers.set(name, line.slice(colon + 1).trim());
  }
  return Object.fromEntries(headers);
}

const readLines = async (path: string) =>
  (await readText('--headers-file', path)).split(/\r?\n/).filter((line) => line.trim() !== '');

async function readText(flag: string, path: string): Promise<string> {
  const file = userPath(path);
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new UsageError(`${flag}: there is no file ${file}.`);
    if (code === 'EISDIR') throw new UsageError(`${flag}: ${file} is a folder.`);
    throw error;
  }
}
