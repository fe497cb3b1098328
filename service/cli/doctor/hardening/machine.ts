import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { document } from '../../../lib/installation.ts';
import { runProgram } from '../../update/machine.ts';
import { bad, doubtful, good, type Outcome } from './box.ts';

/** An area of the disk that memory is written to. */
export interface SwapArea {
  name: string;
  encrypted: boolean;
}

/** Of /proc/swaps. `block`: /sys/class/block, which says of a device mapper what it is. */
export function readSwap(table: string, block = '/sys/class/block'): SwapArea[] {
  const rows = table.trim().split('\n').slice(1);
  return rows.map((row) => {
    const name = row.split(/\s+/)[0]!;
    const device = name.split('/').at(-1)!;
    const uuid = join(block, device, 'dm/uuid');
    const encrypted =
      device.startsWith('zram') || (existsSync(uuid) && readFileSync(uuid, 'utf8').startsWith('CRYPT-'));
    return { name, encrypted };
  });
}

/** `limit`: of the serving process (`MemorySwapMax=`), where it runs and its control group says. */
export function checkSwap(areas: readonly SwapArea[], limit?: string): Outcome {
  const open = areas.filter(({ encrypted }) => !encrypted).map(({ name }) => name);
  if (open.length > 0 && limit === '0')
    return good(`${open.join(', ')}, which the memory of the service is kept out of (MemorySwapMax=0)`);
  if (open.length > 0)
    return doubtful(
      `memory with keys and faces may be written to ${open.join(', ')}, not encrypted as far as can be seen from here`,
      'swapoff -a and take it out of /etc/fstab, or encrypt it (crypttab, option swap), or put MemorySwapMax=0 into a drop-in of the unit and restart it.',
    );
  return good(areas.length === 0 ? 'none' : 'encrypted, or in memory');
}

/** Settings of the machine, which say where keys, data and the network are. */
export function checkSettingsFile(file: string, serving: number): Outcome {
  const remedy = `chown root:gatehouse ${file} && chmod 0640 ${file}; the folder: chown root:gatehouse, chmod 0750`;
  for (const path of [file, join(file, '..')]) {
    const found = statSync(path, { throwIfNoEntry: false });
    if (!found)
      return doubtful(
        `there is no ${path}`,
        'Settings of the machine are in /etc/gatehouse/gatehouse.json, where the service cannot write.',
      );
    const mode = (found.mode & 0o777).toString(8).padStart(4, '0');
    if (found.uid === serving && serving !== 0)
      return bad(`the service owns ${path}: it could change its own settings`, remedy);
    if ((found.mode & 0o022) !== 0) return bad(`others than root may write ${path} (mode ${mode})`, remedy);
    if (path === file && (found.mode & 0o007) !== 0)
      return bad(`every account may read ${path} (mode ${mode})`, remedy);
  }
  return good(`${file}: written by root, read by the service`);
}

export interface PassphraseFacts {
  kind: 'file' | 'passphrase';
  /** Of the master key or its sealed form. */
  path: string;
  data: string;
  passphraseFile: string | undefined;
  /** Where a machine keeps it for the unit. */
  stored: string;
}

/** The master key lies neither beside the data nor open on the same disk. */
export function checkMasterKeyFolder({ kind, path, data, passphraseFile, stored }: PassphraseFacts): Outcome {
  if (kind === 'file')
    return path.startsWith(`${data}/`)
      ? bad(
          `the master key lies in the data directory (${path}): this disk alone can decrypt everything`,
          'gatehouse master set-passphrase, and hand the passphrase over by LoadCredential; or gatehouse master use-file FILE on another medium',
        )
      : good(`${path}, on a medium of its own`);
  if (passphraseFile !== undefined && !passphraseFile.startsWith('/run/credentials/'))
    return bad(
      `the passphrase is read from ${passphraseFile}, not from a credential of systemd`,
      `Put it into ${stored} (mode 0600, root), and set "passphraseFile": "/run/credentials/gatehouse.service/master-passphrase"`,
    );
  const found = statSync(stored, { throwIfNoEntry: false });
  if (found && (found.uid !== 0 || (found.mode & 0o077) !== 0))
    return bad(
      `others than root may read the passphrase in ${stored}`,
      `chown root: ${stored} && chmod 0600 ${stored}`,
    );
  return good(
    passphraseFile === undefined
      ? 'behind a passphrase that a person gives at the start'
      : 'behind a passphrase, handed over as a credential',
  );
}

/** `keys`: folder of public keys of releases. */
export function checkReleaseKeys(folder: string): Outcome {
  const install = `install -D -m 0644 release.pub ${folder}/release.pub, after comparing it over another way`;
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.pub')) : [];
  if (names.length === 0)
    return bad(`no public key of releases is in ${folder}: an update cannot be checked`, install);
  for (const path of [folder, ...names.map((name) => join(folder, name))]) {
    const { uid, mode } = statSync(path);
    if (uid !== 0 || (mode & 0o022) !== 0)
      return bad(
        `others than root may change ${path}, and so what counts as a release`,
        `chown root: ${path} && chmod go-w ${path}`,
      );
  }
  return good(`${names.join(', ')}, changed by root alone`);
}

/** `synchronized`: undefined where nothing on this machine says. */
export const checkSynchronized = (synchronized: boolean | undefined): Outcome =>
  synchronized === true
    ? good('synchronized')
    : synchronized === false
      ? bad(
          'the clock is not synchronized',
          'timedatectl set-ntp true, or chrony with a time server of your network',
        )
      : doubtful(
          'nothing here says whether the clock is synchronized',
          'Run systemd-timesyncd or chrony with a time server of your network: timedatectl set-ntp true',
        );

const DAY = 86_400_000;

/** No network is asked: only the age of the program can be seen. */
export function checkAge(builtAt: number, now: number, version: string): Outcome {
  const days = Math.floor((now - builtAt) / DAY);
  return days > 180
    ? doubtful(
        `version ${version} is ${days} days old`,
        `Look for a newer release, and install it: gatehouse update FILE (${document('PACKAGES')})`,
      )
    : good(`version ${version}, ${Math.max(0, days)} days old`);
}

/** Whether a time server keeps the clock, as systemd or systemd-timesyncd says; undefined where neither does. */
export async function synchronized(): Promise<boolean | undefined> {
  if (existsSync('/run/systemd/system')) {
    const said = await runProgram('timedatectl', ['show', '--property=NTPSynchronized', '--value']).catch(
      () => '',
    );
    if (said.trim() !== '') return said.trim() === 'yes';
  }
  return existsSync('/run/systemd/timesync/synchronized') ? true : undefined;
}
