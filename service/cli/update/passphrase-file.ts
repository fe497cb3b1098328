import {
  closeSync,
  existsSync,
  fchownSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ownSurroundings, type Surroundings } from '../../backup/surroundings.ts';
import { Problem } from '../../lib/problem.ts';
import { readPassphraseFile } from '../../storage/master/passphrase-file.ts';
import { type AskingTerminal, readPassphrase } from '../master/passphrase.ts';

/** Where a machine keeps it for the unit (docs/PACKAGES.md). */
const STORED = '/etc/gatehouse/passphrase';
/** What a unit hands over lies here while the service runs, and only then; an empty line where there is no passphrase. */
const CREDENTIALS = '/run/credentials/';

export interface PassphraseSources {
  data: string;
  /** `--passphrase-file`. */
  given?: string | undefined;
  /** The setting `passphraseFile` of the service, which reads it as its account. */
  setting?: string | undefined;
  stored?: string;
  /** Root's rights, for what root named, where this works as the account of the service. */
  around?: Surroundings;
  terminal?: AskingTerminal;
}

/**
 * The passphrase that every step of an update needs, which stops the service and so ends its credential. Undefined where none protects the
 * master key. Throws before anything is changed where it cannot be had.
 */
export async function updatePassphrase({
  data,
  given,
  setting,
  stored = STORED,
  around = ownSurroundings,
  terminal,
}: PassphraseSources): Promise<string | undefined> {
  if (!existsSync(join(data, 'master-passphrase.json'))) return undefined;
  const asking = { env: {}, ...(terminal && { terminal }) };
  const ask = (file?: string) => readPassphrase('Passphrase of the master key: ', file, asking);
  if (given !== undefined) return around.change(() => ask(given));
  if (setting === undefined) return ask();
  if (!setting.startsWith(CREDENTIALS)) return readPassphraseFile(setting);
  if (holdsText(setting)) return readPassphraseFile(setting, { CREDENTIALS_DIRECTORY: dirname(setting) });
  if (around.change(() => holdsText(stored))) return around.change(() => readPassphraseFile(stored));
  throw new Problem(
    'SEALED',
    `The passphrase of the master key is neither in ${setting} nor in ${stored}. Start the service first, or name a file that holds it with --passphrase-file FILE (mode 0600).`,
  );
}

/**
 * A passphrase in a file without a name, in memory where the machine has such a folder: programs that inherit `fd` as their descriptor 3 and run as `account` read
 * it at `path`. It has no name before it has content, so that a kill leaves nothing; it goes with the last process that has it open.
 */
export function passphraseFor(
  passphrase: string,
  { uid, gid }: { uid: number; gid: number },
): { fd: number; path: string } & Disposable {
  const folder = mkdtempSync(join(existsSync('/run/systemd') ? '/run' : tmpdir(), 'gatehouse-passphrase-'));
  const name = join(folder, 'passphrase');
  const fd = openSync(name, 'wx', 0o600);
  rmSync(folder, { recursive: true });
  writeSync(fd, passphrase);
  fchownSync(fd, uid, gid);
  return { fd, path: '/proc/self/fd/3', [Symbol.dispose]: () => closeSync(fd) };
}

/** False also where this account may not read it. */
function holdsText(path: string): boolean {
  try {
    return readFileSync(path, 'utf8').trim() !== '';
  } catch {
    return false;
  }
}
