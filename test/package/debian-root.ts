import { execFile, execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

const IN_ROOT = join(import.meta.dirname, 'in-root.sh');

/** A minimal Debian 12, made once by debootstrap from the mirror that apt uses here. */
const CACHE = '/var/cache/gatehouse-debian12';
/** The same with systemd as its first process. */
const BOOTABLE = { folder: `${CACHE}-systemd`, packages: 'ca-certificates,systemd,systemd-sysv,dbus,sudo' };

const product = join(import.meta.dirname, '../..');
/** Where `npm run package` left them. */
export const packages = process.env.GATEHOUSE_PACKAGES ?? join(product, 'dist/packages');

/** Of this checkout. */
export const version: string = JSON.parse(readFileSync(join(product, 'package.json'), 'utf8')).version;

export function packageFile(): string {
  const file = join(packages, `gatehouse_${version}_amd64.deb`);
  if (!existsSync(file)) throw new Error(`There is no ${file}: run "npm run package" first.`);
  return file;
}

/** Why the tests of packages cannot run here; undefined where they can. */
export function objection(): string | undefined {
  if (process.platform !== 'linux' || process.geteuid?.() !== 0)
    return 'namespaces and a Debian root need root on Linux';
  for (const program of ['debootstrap', 'dpkg-deb', 'unshare', 'minisign', 'systemd-nspawn']) {
    try {
      execFileSync('sh', ['-c', `command -v ${program}`]);
    } catch {
      return `${program} is not installed (apt-get install debootstrap minisign systemd-container)`;
    }
  }
  return undefined;
}

/** The minimal system, not to be changed. */
export const debianCache = () => install(CACHE, 'ca-certificates');

/** Copies the minimal system into a folder. */
export async function makeDebianRoot(folder: string): Promise<void> {
  await copy(await debianCache(), folder);
}

/** The same, with what `bootSystem` (booted-system.ts) starts. */
export async function makeBootableRoot(folder: string): Promise<void> {
  await copy(await install(BOOTABLE.folder, BOOTABLE.packages), folder);
}

async function install(folder: string, wanted: string): Promise<string> {
  if (!existsSync(join(folder, 'etc/debian_version'))) {
    // Under its name once it is whole: a test that runs out of time ends debootstrap in the middle.
    const made = mkdtempSync(`${folder}-`);
    chmodSync(made, 0o755);
    const options = ['--variant=minbase', `--include=${wanted}`, 'bookworm', made, mirror()];
    await execute('debootstrap', options, { maxBuffer: 64 * 2 ** 20 });
    renameSync(made, folder);
  }
  return folder;
}

async function copy(system: string, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  await execute('cp', ['-a', `${system}/.`, folder]);
}

function mirror(): string {
  const files = ['/etc/apt/sources.list', ...list('/etc/apt/sources.list.d')].filter(existsSync);
  for (const file of files) {
    const found = /^(?:deb .*?|URIs: *)(https?:\/\/\S+)/m.exec(readFileSync(file, 'utf8'));
    if (found) return found[1]!;
  }
  return 'http://deb.debian.org/debian';
}

const list = (folder: string) =>
  existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];

export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/**
 * Runs a script of bash in the root: no network but loopback, namespaces of its own, nothing of the environment. Every process that
 * it leaves ends with it.
 */
export async function runIn(root: string, script: string, env: Record<string, string> = {}): Promise<Ended> {
  const words = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const options = ['--net', '--mount', '--pid', '--fork', '--kill-child', IN_ROOT, root, script, ...words];
  try {
    const { stdout, stderr } = await execute('unshare', options, { maxBuffer: 64 * 2 ** 20 });
    return { code: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}

/** Puts a file or folder into the root. */
export function put(root: string, from: string, to: string): void {
  mkdirSync(join(root, to, '..'), { recursive: true });
  cpSync(from, join(root, to), { recursive: true });
}
