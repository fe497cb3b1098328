import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { defined } from '../../lib/defined.ts';
import { syncFile, syncFolder } from '../../lib/durable-file.ts';
import { type InstalledDataDeps, installedData } from './installed-data.ts';
import { UPDATE_FOLDER } from './journal.ts';
import { type Machine, runProgram, systemService } from './machine.ts';

const PACKAGE = 'gatehouse';
const COMMAND = '/usr/bin/gatehouse';
const PROGRAM = '/usr/lib/gatehouse';
const CACHE = '/var/cache/gatehouse';
const INFO = '/var/lib/dpkg/info';

export interface MachineDeps {
  data: string;
  /** For the programs that open the data. */
  env: Record<string, string>;
  /** The passphrase that `env` names, for these programs. */
  passphrase?: number | undefined;
  /** For every program that must not run on beside another update. */
  lock?: number | undefined;
  /** Whether systemd waits for this before it starts the service: then nothing may stop that. */
  byUnit?: boolean;
  /** Newest migration of the version from before, where that is not this program. */
  schema?: string;
  /** When the update began, in ms since 1970. */
  begun?: number;
  /** For what is kept while the update runs. */
  folder?: string;
}

/** A machine with dpkg, and with systemd where it runs. Root alone can use it. */
export function debianMachine(deps: MachineDeps): Machine {
  const { lock, byUnit = false, folder = UPDATE_FOLDER } = deps;
  const field = async (file: string, name: string) =>
    (await runProgram('dpkg-deb', ['-f', file, name])).trim();
  return {
    program: PROGRAM,
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
    packInstalled: () => packInstalled(folder),
    keepProgram: () => keepProgram(folder),
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
          inherit: [undefined, lock],
          env: {
            DEBIAN_FRONTEND: 'noninteractive',
            GATEHOUSE_UPDATING: 'yes',
            ...(goingBack && { GATEHOUSE_GOING_BACK: 'yes' }),
            ...(byUnit && { GATEHOUSE_RECOVERING: 'yes' }),
          },
        },
      );
      if (goingBack) await removeForeignFiles();
    },
    ...systemService(),
    ...installedData({ ...dataDepsOf(deps), command: COMMAND }),
  };
}

/** The passphrase comes first, where `env` says it is. */
export const dataDepsOf = ({
  data,
  env,
  passphrase,
  lock,
  schema,
  begun,
}: MachineDeps): Omit<InstalledDataDeps, 'command'> => ({
  data,
  env,
  inherit: [passphrase, lock],
  ...defined({ schema, begun }),
});

/**
 * As dpkg-repack does: the files that dpkg lists, and what it keeps of the package. Without settings (conffiles): with them as they are now,
 * dpkg would take them for those of the package, and the next version would replace them. What a package no longer has stays in its place.
 */
async function packInstalled(folder: string): Promise<string> {
  const settings = conffiles();
  mkdirSync(CACHE, { recursive: true, mode: 0o700 });
  chmodSync(CACHE, 0o700);
  const work = mkdtempSync(join(folder, 'repack-'));
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
    const unfinished = `${file}.unfinished`;
    await runProgram('dpkg-deb', ['--root-owner-group', '-Zgzip', '-z1', '--build', root, unfinished]);
    syncFile(unfinished);
    renameSync(unfinished, file);
    syncFolder(CACHE);
    return file;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** By links where that is the same disk: dpkg puts new files in the place of old ones, and writes into none. */
async function keepProgram(folder: string): Promise<string> {
  const place = join(folder, 'program');
  rmSync(place, { recursive: true, force: true });
  await runProgram('cp', ['-al', PROGRAM, place]).catch(async () => {
    rmSync(place, { recursive: true, force: true });
    await runProgram('cp', ['-a', PROGRAM, place]);
  });
  await runProgram('sync', ['-f', place]);
  return place;
}

/** What an interrupted installation of another version left in the folder of the program, and beside the other files of the package. */
async function removeForeignFiles(): Promise<void> {
  const own = (await runProgram('dpkg-query', ['-L', PACKAGE])).split('\n').filter(Boolean);
  const known = new Set(own);
  for (const entry of readdirSync(PROGRAM, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!known.has(path)) rmSync(path, { recursive: true, force: true });
  }
  for (const path of own)
    for (const rest of ['.dpkg-new', '.dpkg-tmp']) rmSync(`${path}${rest}`, { force: true });
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
