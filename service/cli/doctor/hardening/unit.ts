import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bad, doubtful, good, type Outcome } from './finding.ts';

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
      'Install the Debian package, whose unit restricts the service (docs/PACKAGES.md).',
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
