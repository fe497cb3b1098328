import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

/**
 * Whose alerts are shown, absolute: `--data DIR`, else GATEHOUSE_DATA, else ~/.local/share/gatehouse, as for the commands. `npm run` moves into
 * the package's folder and keeps where the person stood in INIT_CWD.
 * @param words after the program's name; Chromium's own switches may stand among them
 */
export function dataDirectory(
  words: readonly string[],
  { env = process.env, home = homedir(), cwd = process.cwd() } = {},
): string {
  const { values } = parseArgs({ args: [...words], options: { data: { type: 'string' } }, strict: false });
  if (values.data === true || values.data === '')
    throw new Error('--data needs the directory of the service: --data DIR');
  const given = values.data || env.GATEHOUSE_DATA;
  if (!given) return join(home, '.local', 'share', 'gatehouse');
  const isOurs = ['desktop', 'dev', 'start'].includes(env.npm_lifecycle_event ?? '');
  const from = isOurs && env.INIT_CWD ? env.INIT_CWD : cwd;
  return resolve(from, String(given));
}
