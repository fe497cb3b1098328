import { stat, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { boxCertificateOf } from '../../certificate/box-certificate.ts';
import type { Config } from '../../config.ts';
import { aboutDiskSpace } from '../../engine/appliance/overview/appliance-attention.ts';
import { listenPolicy } from '../../http/listening/listen-policy.ts';
import { readTlsFiles } from '../../http/listening/tls-files.ts';
import { defined } from '../../lib/defined.ts';
import { inCheckout } from '../../lib/installation.ts';
import { silentLog } from '../../lib/log.ts';
import { LONGEST_SOCKET } from '../../lib/machine/socket-path.ts';
import { programBuiltAt } from '../../lib/version.ts';
import { asOwner, foreignOwner } from '../directory-owner.ts';
import { asTyped, invocation } from '../invocation.ts';
import { oldestNode, refuseOldNode } from '../node-version.ts';

export interface Finding {
  what: string;
  state: 'ok' | 'warn' | 'fail';
  found: string;
  /** Why it matters, in a list that teaches. */
  why?: string;
  /** The remedy; absent without a problem. */
  remedy?: string;
}

/** What is there, where nothing needs attention; beside an item it says more than the item may, such as paths and names. */
export type Detail = Pick<Finding, 'what' | 'found'>;

type State = Finding['state'];
const finding = (what: string, state: State, found: string, remedy?: string): Finding => ({
  what,
  state,
  found,
  ...defined({ remedy }),
});

export function checkNode(version: string): Finding {
  const refusal = refuseOldNode(version);
  return refusal === undefined
    ? finding('Node.js', 'ok', version)
    : finding('Node.js', 'fail', `${version}, needs ${oldestNode}`, refusal);
}

/** Undefined where this account owns the directory. One that runs as root reads it all the same. */
export function checkOwner(data: string, self = process.getuid?.()): Finding | undefined {
  const foreign = foreignOwner(data, self);
  if (!foreign) return undefined;
  return finding(
    'data directory',
    self === 0 ? 'warn' : 'fail',
    `${foreign.folder} belongs to another account (uid ${foreign.uid})`,
    `Run Gatehouse as that account: ${asOwner(foreign, `${invocation} doctor --data ${data}`)}`,
  );
}

/** Only the owner should read the directory, the key files and the socket. */
export async function checkPermissions(data: string): Promise<Finding> {
  const open: string[] = [];
  for (const name of [
    '',
    'master.key',
    'master-passphrase.json',
    'keys.db',
    'gatehouse.db',
    'gatehouse.json',
    'tls',
    'tls/own.pem',
    'tls/installed.pem',
    'tls/request.pem',
    'control.sock',
  ]) {
    const path = join(data, name);
    const found = await stat(path).catch(() => undefined);
    if (found && (found.mode & 0o077) !== 0 && process.platform !== 'win32') open.push(path);
  }
  return open.length === 0
    ? finding('permissions', 'ok', 'only the owner can read the data')
    : finding(
        'permissions',
        open.some((path) => path.endsWith('.key') || path.endsWith('.pem') || path.endsWith('.sock'))
          ? 'fail'
          : 'warn',
        `others may read ${open.join(', ')}`,
        `chmod -R go= ${data}`,
      );
}

/** A hundred thousand people take about a gigabyte; a full disk stops enrollment. */
export function checkDisk(free: number): Finding {
  const [little] = aboutDiskSpace(free);
  return little
    ? finding('disk space', little.urgency === 'now' ? 'fail' : 'warn', little.sentence, little.remedy)
    : finding('disk space', 'ok', `${describeSize(free)} free`);
}

/** Of a file system that counts them: each new file takes one. */
const FEW_INODES = 1_000;

/** Undefined where enough are left. */
export function checkInodes({ files, ffree }: { files: number; ffree: number }): Finding | undefined {
  if (files === 0 || ffree >= FEW_INODES) return undefined;
  return finding(
    'inodes',
    ffree === 0 ? 'fail' : 'warn',
    `the disk of the data directory takes ${ffree} more files: ${files - ffree} of ${files} inodes are used`,
    'Remove files that are not needed from it: df -i shows how many are used',
  );
}

/** Keys, tokens and travel checks rest on the time. No network is asked: only what cannot be is noticed. */
export async function checkClock(now: number, data: string): Promise<Finding> {
  const newest = await stat(join(data, 'gatehouse.db')).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
  const shown = new Date(now).toISOString();
  const remedy = 'Set the clock, and keep it set: timedatectl set-ntp true';
  if (now < programBuiltAt)
    return finding('clock', 'fail', `${shown} lies before this program was built`, remedy);
  if (newest > now + 120_000)
    return finding('clock', 'fail', `${shown} lies before the last write to the database`, remedy);
  return finding('clock', 'ok', `${shown}, ${Intl.DateTimeFormat().resolvedOptions().timeZone}`);
}

export function checkTls(config: Config, now: number): Finding {
  const decision = listenPolicy(config);
  if (decision.is === 'plain-with-warning')
    return finding('encryption', 'warn', `none on ${config.host}`, decision.warning);
  if (decision.is === 'plain')
    return finding('encryption', 'ok', `not needed: only this machine reaches ${config.host}`);
  if (config.tlsCert === undefined || config.tlsKey === undefined) return checkBoxTls(config, now);
  const files = readTlsFiles({ cert: config.tlsCert, key: config.tlsKey }, now);
  if (files.is === 'unusable')
    return finding('encryption', 'fail', files.reason, 'Correct --tls-cert and --tls-key, both PEM files.');
  const found = `certificate for ${files.subject}, ${files.days} more days`;
  return files.days < 21
    ? finding('encryption', 'warn', found, `Renew ${config.tlsCert}.`)
    : finding('encryption', 'ok', found);
}

/** The next start renews what is due. */
function checkBoxTls(config: Config, now: number): Finding {
  const box = boxCertificateOf(config, { clock: { now: () => now }, log: silentLog });
  const found = box.read();
  if (found.is === 'unusable')
    return finding('encryption', 'ok', 'the box makes its certificate at the next start');
  const what = `certificate ${found.selfIssued ? 'of the box itself' : 'that was installed'} for ${found.subject}, ${found.days} more days`;
  return found.selfIssued || found.days >= 21
    ? finding('encryption', 'ok', what)
    : finding('encryption', 'warn', what, `Renew it: ${invocation} certificate request --help`);
}

export function checkPort(host: string, port: number): Promise<Finding> {
  const what = `port ${port}`;
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      const remedy = `Find what holds it (ss -ltnp 'sport = :${port}'), or choose another: --port N.`;
      resolve(
        finding(what, 'fail', error.code === 'EADDRINUSE' ? 'another program has it' : error.message, remedy),
      );
    });
    server.listen(port, host, () => server.close(() => resolve(finding(what, 'ok', `free on ${host}`))));
  });
}

/** Whether a service can be reached by it. */
export function checkSocketPath(socket: string, platform: NodeJS.Platform = process.platform): Finding {
  const length = Buffer.byteLength(socket);
  return length <= LONGEST_SOCKET || platform === 'linux'
    ? finding('control socket', 'ok', socket)
    : finding(
        'control socket',
        'fail',
        `${socket} is ${length} bytes long`,
        `Use a data directory with a shorter path (${LONGEST_SOCKET} bytes with control.sock).`,
      );
}

export function checkModelFiles(files: readonly { id: string; ok: boolean }[]): Finding {
  const broken = files.filter(({ ok }) => !ok).map(({ id }) => id);
  return broken.length === 0
    ? finding('models', 'ok', `${files.length} files are what the manifest says`)
    : finding(
        'models',
        'fail',
        `${broken.join(', ')} differ or are missing`,
        `Install Gatehouse again${inCheckout(' (in a checkout: npm run models)')}; import again what was imported.`,
      );
}

/** `padSets`: the default first, as the service lists them. `remedy`: what switches one on. */
export function describePad({ padSets }: PadModels, remedy = ''): Detail {
  const used = padSets.find(({ inUse }) => inUse);
  return {
    what: 'presentation attack detection',
    found: used ? `${used.name} (${used.maturity})` : `off; the test world works. ${asTyped(remedy)}`.trim(),
  };
}

interface PadModels {
  padSets: readonly { name: string; maturity: string; inUse: boolean }[];
}

/** Bytes that may still be written there. */
export async function freeOn(directory: string): Promise<number> {
  const disk = await statfs(directory);
  return disk.bavail * disk.bsize;
}

/** The nearest folder that exists: where a new data directory would be made. */
export async function existingFolder(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() || dirname(path) === path ? path : existingFolder(dirname(path));
}

/** Bytes in the largest unit of which there is at least one: `1.5 GB`, `40 kB`, `0 B`. */
export function describeSize(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const at = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const amount = bytes / 1000 ** at;
  return `${at === 0 || amount >= 100 ? Math.round(amount) : amount.toFixed(1)} ${units[at]}`;
}
