import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { syncFolder } from '../../lib/durable-file.ts';
import { dataDepsOf, type MachineDeps } from './debian-machine.ts';
import { installedData } from './installed-data.ts';
import { type Machine, runProgram, systemService } from './machine.ts';

const Product = z.object({ name: z.string(), version: z.string().regex(/^[\w.+-]+$/) });

/** Machine field of an ELF header, by the names of the archives. */
const MACHINES: Readonly<Record<number, string>> = { 62: 'x64', 183: 'arm64' };

/**
 * Where the program in `root` was unpacked for updates: `HOME/versions/gatehouse-VERSION`, with the link `HOME/current` to the one in use.
 * Undefined for a checkout, a Debian package, and a folder of another shape.
 */
export function archiveHome(root: string): string | undefined {
  const own = realpathSync(root);
  const home = dirname(dirname(own));
  const current = join(home, 'current');
  return basename(dirname(own)) === 'versions' && existsSync(current) && realpathSync(current) === own
    ? home
    : undefined;
}

/** An installation by the archive: versions side by side and one link, so that going back is the link alone. */
export function archiveMachine(home: string, deps: MachineDeps): Machine {
  const versions = join(home, 'versions');
  const current = join(home, 'current');
  const switchTo = (folder: string) => {
    const next = join(home, '.next');
    rmSync(next, { force: true });
    symlinkSync(join('versions', basename(folder)), next);
    // atomic: there is a current version at every moment
    renameSync(next, current);
    syncFolder(home);
  };
  return {
    program: current,
    installedVersion: async () => productIn(readFileSync(join(current, 'package.json'), 'utf8')).version,
    async describe(file) {
      const { name, version } = productIn((await startOf(file, 'package.json', 1e6)).toString());
      const header = await startOf(file, 'bin/node', 20);
      const architecture = header.length === 20 ? MACHINES[header.readUInt16LE(18)] : undefined;
      return { name, version, architecture: architecture ?? 'an unknown system' };
    },
    architecture: async () => process.arch,
    isOlder: async (one, other) => isOlderVersion(one, other),
    packInstalled: async () => realpathSync(current),
    keepProgram: async () => realpathSync(current),
    async install(file, { goingBack } = { goingBack: false }) {
      // of an update that was interrupted
      for (const name of readdirSync(versions).filter((one) => one.startsWith('.incoming-')))
        rmSync(join(versions, name), { recursive: true });
      if (goingBack) return switchTo(file);
      const incoming = mkdtempSync(join(versions, '.incoming-'));
      try {
        await runProgram('tar', ['-xzf', file, '--no-same-owner', '-C', incoming], {
          inherit: [undefined, deps.lock],
        });
        const [folder, ...more] = readdirSync(incoming);
        const { version } = productIn(readFileSync(join(incoming, folder ?? '', 'package.json'), 'utf8'));
        if (more.length > 0 || folder !== `gatehouse-${version}`)
          throw new Error(`the archive holds more than gatehouse-${version}`);
        const place = join(versions, folder);
        rmSync(place, { recursive: true, force: true });
        renameSync(join(incoming, folder), place);
        await runProgram('sync', ['-f', place]);
        switchTo(place);
      } finally {
        rmSync(incoming, { recursive: true, force: true });
      }
    },
    ...systemService(),
    ...installedData({ ...dataDepsOf(deps), command: join(current, 'bin/gatehouse') }),
  };
}

const productIn = (text: string): z.infer<typeof Product> => Product.parse(JSON.parse(text));

/** The first bytes of `gatehouse-VERSION/PATH` in an archive. */
function startOf(file: string, path: string, bytes: number): Promise<Buffer> {
  const words = ['-xzOf', file, '--wildcards', '--no-wildcards-match-slash', `gatehouse-*/${path}`];
  return new Promise((resolve, reject) => {
    const child = spawn('tar', words, { stdio: ['ignore', 'pipe', 'ignore'], cwd: '/' });
    const parts: Buffer[] = [];
    let length = 0;
    child.stdout.on('data', (part: Buffer) => {
      parts.push(part);
      length += part.length;
      if (length >= bytes) child.kill();
    });
    child.on('error', () => reject(new Error('tar is not on this machine.')));
    child.on('close', () => {
      if (length === 0) reject(new Error(`${basename(file)} is no archive of Gatehouse: it has no ${path}.`));
      else resolve(Buffer.concat(parts).subarray(0, bytes));
    });
  });
}

/** Whether the first of two versions (`1.2.3`, `1.2.3-rc.1`) comes before the second, as Semantic Versioning orders them. */
export function isOlderVersion(one: string, other: string): boolean {
  const [a, b] = [read(one), read(other)];
  for (const at of [0, 1, 2]) {
    const difference = a.numbers[at]! - b.numbers[at]!;
    if (difference !== 0) return difference < 0;
  }
  // a release comes after what was tried before it
  if (a.before.length === 0 || b.before.length === 0) return a.before.length > b.before.length;
  for (let at = 0; at < Math.max(a.before.length, b.before.length); at++) {
    const [left, right] = [a.before[at], b.before[at]];
    if (left === right) continue;
    if (left === undefined || right === undefined) return left === undefined;
    const numbers = [left, right].map((text) => /^\d+$/.test(text));
    if (numbers[0] && numbers[1]) return Number(left) < Number(right);
    return numbers[0] === numbers[1] ? left < right : numbers[0]!;
  }
  return false;
}

function read(version: string): { numbers: number[]; before: string[] } {
  const [, numbers, before] = /^(\d+\.\d+\.\d+)(?:-([\w.-]+))?(?:\+[\w.-]+)?$/.exec(version) ?? [];
  if (numbers === undefined) throw new Error(`${version} is no version such as 1.2.3.`);
  return { numbers: numbers.split('.').map(Number), before: before?.split('.') ?? [] };
}
