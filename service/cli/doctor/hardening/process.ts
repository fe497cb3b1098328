import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { document } from '../../../lib/installation.ts';
import { bad, doubtful, good, type Outcome } from './box.ts';

/** What the kernel says of the serving process. */
export interface ServingProcess {
  pid: number;
  uid: number;
  noNewPrivileges: boolean;
  /** 0: none, 2: a filter of system calls. */
  seccomp: number;
  /** Bits of capabilities: in force, and those that a program started by it could get. */
  effective: bigint;
  bounding: bigint;
  umask: number;
  /** Bytes a core file may have at most, or `unlimited`. */
  coreLimit: string;
  /** Bytes of its memory that may be written to swap at most, or `max`; undefined where its control group does not say. */
  swapLimit: string | undefined;
  /** Standard output has the line that says it is ready; standard error has the log. */
  output: Output | undefined;
  log: Output | undefined;
}

/** A socket or pipe (the journal), or a file with its mode. Undefined where this account may not see it. */
type Output = { is: 'socket' } | { is: 'file'; path: string; mode: number };

/** Of `/proc/PID`; undefined where the process is not there. */
export function readServingProcess(
  pid: number,
  proc = '/proc',
  groups = '/sys/fs/cgroup',
): ServingProcess | undefined {
  const folder = `${proc}/${pid}`;
  try {
    const status = readFileSync(`${folder}/status`, 'utf8');
    const field = (name: string) => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(status)?.[1] ?? '0';
    const limits = readFileSync(`${folder}/limits`, 'utf8');
    return {
      pid,
      uid: Number(field('Uid')),
      noNewPrivileges: field('NoNewPrivs') === '1',
      seccomp: Number(field('Seccomp')),
      effective: BigInt(`0x${field('CapEff')}`),
      bounding: BigInt(`0x${field('CapBnd')}`),
      umask: Number.parseInt(field('Umask'), 8),
      coreLimit: /^Max core file size\s+\S+\s+(\S+)/m.exec(limits)?.[1] ?? 'unknown',
      swapLimit: readSwapLimit(`${folder}/cgroup`, groups),
      output: readOutput(`${folder}/fd/1`),
      log: readOutput(`${folder}/fd/2`),
    };
  } catch {
    return undefined;
  }
}

/** `MemorySwapMax=` of the unit, as the kernel has it. */
function readSwapLimit(file: string, groups: string): string | undefined {
  try {
    const path = /^0::(.*)$/m.exec(readFileSync(file, 'utf8'))?.[1];
    return path && readFileSync(`${groups}${path}/memory.swap.max`, 'utf8').trim();
  } catch {
    return undefined;
  }
}

function readOutput(descriptor: string): Output | undefined {
  try {
    const target = readlinkSync(descriptor);
    if (!target.startsWith('/')) return { is: 'socket' };
    return { is: 'file', path: target, mode: statSync(descriptor).mode & 0o777 };
  } catch {
    return undefined;
  }
}

const inUnit =
  'Take what undoes it out of the unit (systemctl cat gatehouse.service), then: systemctl restart gatehouse';

export function checkAccount(
  { uid }: ServingProcess,
  { dataOwner, shell }: { dataOwner: number; shell: string | undefined },
): Outcome {
  const remedy = `Start it by its unit (User=gatehouse), and give the data directory to that account alone: chown -R gatehouse: /var/lib/gatehouse`;
  if (uid === 0) return bad('the service runs as root', remedy);
  if (uid !== dataOwner)
    return bad(`the service runs as account ${uid}, and the data directory belongs to ${dataOwner}`, remedy);
  if (shell !== undefined && !/\/(nologin|false)$/.test(shell))
    return bad(
      `account ${uid} may sign in at this machine: its shell is ${shell}`,
      'usermod --shell /usr/sbin/nologin gatehouse',
    );
  return good(`account ${uid}, which owns the data and cannot sign in`);
}

export const checkPrivileges = ({ noNewPrivileges, effective, bounding }: ServingProcess): Outcome =>
  !noNewPrivileges
    ? bad('the service can gain privileges through a program that has them: NoNewPrivs is 0', inUnit)
    : effective !== 0n || bounding !== 0n
      ? bad(`the service has capabilities: CapEff ${hex(effective)}, CapBnd ${hex(bounding)}`, inUnit)
      : good('no capability, and no way to one');

export const checkSystemCalls = ({ seccomp }: ServingProcess): Outcome =>
  seccomp === 2
    ? good('filtered')
    : bad('every system call of the kernel is open to the service: Seccomp is 0', inUnit);

export const checkUmask = ({ umask }: ServingProcess): Outcome =>
  (umask & 0o077) === 0o077
    ? good('files that the service makes are readable by its account alone')
    : bad(
        `files that the service makes can be read by others: its umask is ${umask.toString(8).padStart(4, '0')}`,
        inUnit,
      );

export const checkCoreLimit = ({ coreLimit }: ServingProcess): Outcome =>
  coreLimit === '0'
    ? good('a crash writes no memory to the disk')
    : bad(
        `a crash may write the memory of the service to the disk: the limit of core files is ${coreLimit}`,
        `LimitCORE=0. ${inUnit}`,
      );

/** `pattern` of /proc/sys/kernel/core_pattern. A program that gets cores gets them whatever the limit; systemd-coredump and apport keep to the limit. */
export function checkCorePattern(pattern: string): Outcome {
  if (!pattern.startsWith('|')) return good(`core files are files (${pattern}), which the limit stops`);
  if (/\/(systemd-coredump|apport) /.test(`${pattern} `))
    return good('the program that gets cores keeps to the limit');
  return bad(
    `a crash hands the memory of the service to ${pattern.slice(1).split(' ')[0]}, whatever its limit`,
    'sysctl -w kernel.core_pattern=core, and the same line in /etc/sysctl.d/',
  );
}

export function checkOutput({ output, log }: ServingProcess): Outcome {
  const remedy =
    'StandardOutput=journal and StandardError=inherit, which are the defaults of the unit. In a file: chmod 0600, and logrotate with copytruncate.';
  if (output === undefined || log === undefined)
    return doubtful(
      'this account may not see it',
      'Run the command as root or as the account of the service.',
    );
  if (log.is === 'file' && log.path === '/dev/null') return bad('the log is thrown away', remedy);
  for (const one of [log, output]) {
    if (one.is === 'socket' || one.path === '/dev/null') continue;
    if (one.path.startsWith('/dev/')) return bad(`the log goes to ${one.path}`, remedy);
    if ((one.mode & 0o077) !== 0)
      return bad(`others may read the log ${one.path} (mode ${one.mode.toString(8)})`, remedy);
  }
  return good(log.is === 'socket' ? 'the journal, which bounds and rotates it' : log.path);
}

const hex = (bits: bigint): string => `0x${bits.toString(16)}`;

/** Folders of units, the stronger first, as systemd reads them. */
const FOLDERS = [
  '/etc/systemd/system',
  '/run/systemd/system',
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
];
const UNIT = 'gatehouse.service';

/** What the package's unit sets; a list of values that all are right. */
const WANTED: Readonly<Record<string, readonly string[]>> = {
  User: ['gatehouse'],
  NoNewPrivileges: ['yes', 'true', '1', 'on'],
  CapabilityBoundingSet: [''],
  AmbientCapabilities: [''],
  ProtectSystem: ['strict'],
  ProtectHome: ['yes', 'true', '1', 'on', 'tmpfs', 'read-only'],
  PrivateTmp: ['yes', 'true', '1', 'on'],
  PrivateDevices: ['yes', 'true', '1', 'on'],
  PrivateUsers: ['yes', 'true', '1', 'on'],
  PrivateIPC: ['yes', 'true', '1', 'on'],
  PrivateMounts: ['yes', 'true', '1', 'on'],
  ProtectProc: ['invisible', 'noaccess'],
  ProtectClock: ['yes', 'true', '1', 'on'],
  ProtectHostname: ['yes', 'true', '1', 'on'],
  ProtectKernelTunables: ['yes', 'true', '1', 'on'],
  ProtectKernelModules: ['yes', 'true', '1', 'on'],
  ProtectKernelLogs: ['yes', 'true', '1', 'on'],
  ProtectControlGroups: ['yes', 'true', '1', 'on'],
  RestrictAddressFamilies: ['AF_UNIX AF_INET AF_INET6 AF_NETLINK'],
  RestrictNamespaces: ['yes', 'true', '1', 'on'],
  RestrictRealtime: ['yes', 'true', '1', 'on'],
  RestrictSUIDSGID: ['yes', 'true', '1', 'on'],
  LockPersonality: ['yes', 'true', '1', 'on'],
  RemoveIPC: ['yes', 'true', '1', 'on'],
  DevicePolicy: ['closed', 'strict'],
  SystemCallArchitectures: ['native'],
  SystemCallFilter: ['@system-service ~@privileged @resources setpriority sched_setaffinity'],
  UMask: ['0077', '077'],
  LimitCORE: ['0'],
  StateDirectoryMode: ['0700', '700'],
};
const isSet = (value: string) => value !== '';
const isYes = (value: string) => ['yes', 'true', '1', 'on'].includes(value);
/** Folders for backups, copies of keys and other media, and the service's own. */
const MEDIA = /^[-+]*\/(mnt|media|srv|var\/backups|var\/lib\/gatehouse|run\/gatehouse)(\/|$)(?!.*\.\.)/;
/** A command with these runs outside all restrictions. */
const hasPrivileges = (commands: string) => /^[-@:|]*[+!]/m.test(commands);

/** What undoes a restriction though its own setting stays: by name, whether a value does. */
const WIDENS: Readonly<Record<string, (value: string) => boolean>> = {
  ReadWritePaths: (value) =>
    value.split(/\s+/).some((path) => isSet(path) && !MEDIA.test(path.replaceAll('"', ''))),
  BindPaths: isSet,
  BindReadOnlyPaths: isSet,
  DeviceAllow: isSet,
  SupplementaryGroups: isSet,
  PAMName: isSet,
  Delegate: (value) => isSet(value) && !['no', 'false', '0', 'off'].includes(value),
  PermissionsStartOnly: isYes,
  ExecStart: hasPrivileges,
  ExecStartPre: hasPrivileges,
  ExecStartPost: hasPrivileges,
  ExecReload: hasPrivileges,
  ExecStop: hasPrivileges,
  ExecStopPost: hasPrivileges,
};
/** Values of these add up; an empty one begins anew. */
const LISTS = new Set([
  'CapabilityBoundingSet',
  'AmbientCapabilities',
  'RestrictAddressFamilies',
  'SystemCallFilter',
  ...Object.keys(WIDENS).filter((name) => !['PAMName', 'Delegate', 'PermissionsStartOnly'].includes(name)),
]);

/** Names of all settings that the check of the unit covers. */
export const unitSettings: readonly string[] = Object.keys(WANTED);

/** The section `[Service]` of the unit with its drop-ins, as systemd merges them; undefined where there is no unit. */
export function readUnit(root = '/'): { file: string; settings: Map<string, string> } | undefined {
  const folders = FOLDERS.map((folder) => join(root, folder));
  const file = folders.map((folder) => join(folder, UNIT)).find(existsSync);
  if (file === undefined) return undefined;
  const settings = new Map<string, string>();
  for (const path of [file, ...dropIns(folders)]) merge(settings, readFileSync(path, 'utf8'));
  return { file, settings };
}

/** In the order of their names; of two with one name the one in the stronger folder. */
function dropIns(folders: readonly string[]): string[] {
  const found = new Map<string, string>();
  for (const folder of folders.toReversed()) {
    for (const name of [`service.d`, `${UNIT}.d`]) {
      const below = join(folder, name);
      if (!existsSync(below)) continue;
      for (const file of readdirSync(below)) if (file.endsWith('.conf')) found.set(file, join(below, file));
    }
  }
  return [...found].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path);
}

function merge(settings: Map<string, string>, text: string): void {
  let section = '';
  for (const line of text
    .replace(/\\\n/g, ' ')
    .split('\n')
    .map((one) => one.trim())) {
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
    const heading = /^\[(.+)\]$/.exec(line)?.[1];
    if (heading !== undefined) section = heading;
    const at = line.indexOf('=');
    if (heading !== undefined || section !== 'Service' || at < 0) continue;
    const [name, value] = [line.slice(0, at).trim(), line.slice(at + 1).trim()];
    const before = LISTS.has(name) && value !== '' ? settings.get(name) : undefined;
    const between = name.startsWith('Exec') ? '\n' : ' ';
    settings.set(name, before ? `${before}${between}${value}` : value);
  }
}

export function checkUnit(unit: ReturnType<typeof readUnit>): Outcome {
  const remedy = `systemctl cat ${UNIT} shows which file undoes it; remove that line, then: systemctl daemon-reload && systemctl restart gatehouse`;
  if (!unit)
    return doubtful(
      `there is no ${UNIT} on this machine`,
      `Install the Debian package, whose unit restricts the service (${document('PACKAGES')}).`,
    );
  const undone = Object.entries(WANTED).flatMap(([name, right]) => {
    const value = unit.settings.get(name);
    return value !== undefined && right.includes(value) ? [] : [`${name}=${value ?? ' is missing'}`];
  });
  for (const [name, widens] of Object.entries(WIDENS)) {
    const value = unit.settings.get(name);
    if (value !== undefined && widens(value)) undone.push(`${name}=${value.replaceAll('\n', ' ')}`);
  }
  return undone.length === 0
    ? good(`${Object.keys(WANTED).length} restrictions are set in ${unit.file}`)
    : bad(`the unit does not restrict the service as it should: ${undone.join(', ')}`, remedy);
}
