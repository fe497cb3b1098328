import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { installedData } from './installed-data.ts';
import type { Machine } from './machine.ts';
import { runProgram } from './run-program.ts';
import { systemService } from './system-service.ts';

const PACKAGE = 'gatehouse';
const COMMAND = '/usr/bin/gatehouse';
const CACHE = '/var/cache/gatehouse';
const INFO = '/var/lib/dpkg/info';

/** A machine with dpkg, and with systemd where it runs. Root alone can use it. */
export function debianMachine(data: string, env: Record<string, string>): Machine {
  const field = async (file: string, name: string) =>
    (await runProgram('dpkg-deb', ['-f', file, name])).trim();
  return {
    async installedVersion() {
      try {
        const text = await runProgram('dpkg-query', ['-s', PACKAGE]);
        return /^Status: install ok installed$/m.test(text) ? /^Version: (.+)$/m.exec(text)?.[1] : undefined;
      } catch {
        return undefined;
      }
    },
    describe: async (file) => ({
      name: await field(file, 'Package'),
      version: await field(file, 'Version'),
      architecture: await field(file, 'Architecture'),
    }),
    architecture: async () => (await runProgram('dpkg', ['--print-architecture'])).trim(),
    isOlder: (one, other) =>
      runProgram('dpkg', ['--compare-versions', one, 'lt', other]).then(
        () => true,
        () => false,
      ),
    packInstalled,
    async install(file, { goingBack } = { goingBack: false }) {
      await runProgram(
        'dpkg',
        [
          '--force-confold',
          '--force-confdef',
          ...(goingBack ? ['--force-downgrade'] : []),
          '--install',
          file,
        ],
        {
          env: {
            DEBIAN_FRONTEND: 'noninteractive',
            GATEHOUSE_UPDATING: 'yes',
            ...(goingBack && { GATEHOUSE_GOING_BACK: 'yes' }),
          },
        },
      );
    },
    ...systemService(),
    ...installedData({ data, command: COMMAND, env }),
  };
}

/**
 * As dpkg-repack does: the files that dpkg lists, and what it keeps of the package. Without settings (conffiles): with them as they are now,
 * dpkg would take them for those of the package, and the next version would replace them. What a package no longer has stays in its place.
 */
async function packInstalled(): Promise<string> {
  const settings = conffiles();
  mkdirSync(CACHE, { recursive: true, mode: 0o700 });
  chmodSync(CACHE, 0o700);
  const work = mkdtempSync(join(tmpdir(), 'gatehouse-repack-'));
  try {
    const root = join(work, 'root');
    const control = join(root, 'DEBIAN');
    mkdirSync(control, { recursive: true });
    for (const path of (await runProgram('dpkg-query', ['-L', PACKAGE])).split('\n')) {
      if (!path || path === '/.' || settings.has(path) || !existsSync(path)) continue;
      // also where a link stands for it, as /lib does
      if (statSync(path).isDirectory()) mkdirSync(join(root, path), { recursive: true });
      else {
        mkdirSync(dirname(join(root, path)), { recursive: true });
        cpSync(path, join(root, path), { verbatimSymlinks: true });
      }
    }
    for (const name of readdirSync(INFO)) {
      const part = /^gatehouse\.(preinst|postinst|prerm|postrm|md5sums)$/.exec(name)?.[1];
      if (part) cpSync(join(INFO, name), join(control, part));
    }
    writeFileSync(join(control, 'control'), await controlOfInstalled());
    const version = /^Version: (.+)$/m.exec(readFileSync(join(control, 'control'), 'utf8'))![1];
    const file = join(CACHE, `gatehouse_${version}_before.deb`);
    await runProgram('dpkg-deb', ['--root-owner-group', '-Zgzip', '-z1', '--build', root, file]);
    return file;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function conffiles(): ReadonlySet<string> {
  const list = join(INFO, `${PACKAGE}.conffiles`);
  return new Set(existsSync(list) ? readFileSync(list, 'utf8').split('\n') : []);
}

/** The fields of a package: those of dpkg's own book-keeping are left out. */
async function controlOfInstalled(): Promise<string> {
  const text = await runProgram('dpkg-query', ['-s', PACKAGE]);
  const fields = text.trimEnd().split(/\n(?=\S)/);
  return `${fields.filter((field) => !/^(Status|Conffiles):/.test(field)).join('\n')}\n`;
}
