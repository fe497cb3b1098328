import { defined } from '../../lib/defined.ts';
import { UsageError } from '../failure.ts';
import { orNone, type Values, value, values } from '../flag.ts';
import { readText } from '../named-file.ts';

/** What `add` and `change` share. */
export const webhookFlags = {
  events: values(
    '--event <name...>',
    'event to receive, as `webhook catalog` shows it (default: all of the family)',
  ),
  signatureHeader: value('<name>', 'header that carries the signature, where it is not the usual one'),
  header: values('<name: value...>', 'header to add to each delivery; stored encrypted, never shown'),
  headersFile: value(
    '<file>',
    'file with such headers, one “name: value” a line; unlike an option it is not in the history of the shell',
  ),
  description: value('<text>', 'what it is for'),
  ca: value(
    '<file>',
    'PEM of the only certificate authority to trust, instead of the system’s; with change also none',
  ),
  pin: value(
    '<base64>',
    'SHA-256 of the only public key to trust; with change also none',
    orNone((_, text) => text),
  ),
};

/** As the control API takes them. */
export async function readFields(given: Values<typeof webhookFlags>) {
  const { events, header, headersFile, ca, signatureHeader, description, pin } = given;
  const lines = [...(header ?? []), ...(headersFile === undefined ? [] : await readLines(headersFile))];
  const has = header !== undefined || headersFile !== undefined;
  return defined({
    signatureHeader,
    description,
    pin,
    events: events?.flatMap((names) => names.split(',')),
    headers: has ? readHeaders(lines) : undefined,
    ca: ca === undefined || ca === 'none' ? ca && null : await readText(ca, 'file of --ca'),
  });
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
  (await readText(path, 'file of --headers-file')).split(/\r?\n/).filter((line) => line.trim() !== '');
