import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../installers/run.ts';

/** What a later version does differently. */
export interface Difference {
  version: string;
  /** Adds a table. */
  migration?: string;
  /** Does not start; or does not open the keys, after it brought the database to its schema; or fails under its unit alone. */
  fails?: keyof typeof FAULTS;
}

const atStart = (fault: string) => (text: string) => `${fault}\n${text}`;

/** A file below dist/service, and how it is changed. */
const FAULTS = {
  start: ['server/serve.js', atStart("throw new Error('a broken release');")],
  keys: [
    'storage/keys/vault.js',
    (text: string) =>
      text.replace(
        'export async function openVault(',
        `export async function openVault(...all) {
  if (!process.argv.includes('--back')) throw new Error('the keys do not open');
  return openWhole(...all);
}
async function openWhole(`,
      ),
  ],
  unit: [
    'server/serve.js',
    atStart("if (process.env.NOTIFY_SOCKET) throw new Error('a filter of the unit');"),
  ],
} as const;

/** Below the program's folder: of a release, by its key, and where the test's key alone is installed a start refuses it. */
export const MANIFEST_SIGNATURE = 'models/manifest.json.minisig';

/** Makes a package of a later version from a package of this one: unpacked, changed, packed again. */
export function makeLater(file: string, out: string, difference: Difference): Promise<string> {
  const { version } = difference;
  return inFolder(async (work) => {
    const root = join(work, 'root');
    await run('dpkg-deb', ['-R', file, root], { cwd: work });
    edit(join(root, 'DEBIAN/control'), (text) => text.replace(/^Version: .*$/m, `Version: ${version}`));
    change(join(root, 'usr/lib/gatehouse'), difference);
    const made = join(out, `gatehouse_${version}_amd64.deb`);
    await run('dpkg-deb', ['--root-owner-group', '-Zgzip', '-z1', '--build', root, made], { cwd: work });
    return made;
  });
}

/** The same with an archive. */
export function makeLaterArchive(file: string, out: string, difference: Difference): Promise<string> {
  const { version } = difference;
  return inFolder(async (work) => {
    await run('tar', ['-xzf', file, '-C', work], { cwd: work });
    const [folder] = readdirSync(work);
    renameSync(join(work, folder!), join(work, `gatehouse-${version}`));
    change(join(work, `gatehouse-${version}`), difference);
    const made = join(out, `gatehouse-${version}-linux-x64.tar.gz`);
    const words = ['--use-compress-program', 'gzip -1', '-C', work, '-cf', made, `gatehouse-${version}`];
    await run('tar', words, { cwd: work });
    return made;
  });
}

async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const work = mkdtempSync(join(tmpdir(), 'gatehouse-later-'));
  try {
    return await use(work);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function change(program: string, { version, migration, fails }: Difference): void {
  edit(join(program, 'package.json'), (text) =>
    text.replace(/"version": "[^"]+"/, `"version": "${version}"`),
  );
  rmSync(join(program, MANIFEST_SIGNATURE), { force: true });
  if (migration) addMigration(join(program, 'dist/service/storage/migrations'), migration);
  if (fails) {
    const [file, fault] = FAULTS[fails];
    edit(join(program, 'dist/service', file), fault);
  }
}

function addMigration(folder: string, table: string): void {
  const last = Math.max(
    ...readdirSync(folder).map((name) => Number(/^(\d{4})-.*\.js$/.exec(name)?.[1] ?? 0)),
  );
  const name = `${String(last + 1).padStart(4, '0')}-${table}`;
  writeFileSync(
    join(folder, `${name}.js`),
    `export const ${table} = { name: '${name}', up: ({ text, strict }) => [\`create table ${table} (id \${text} primary key not null)\${strict}\`] };\n`,
  );
  const index = join(folder, 'index.js');
  edit(index, (text) => text.replace(/(export const migrations = \[[^\]]*?),?\s*\]/, `$1, ${table}]`));
  edit(index, (text) => `import { ${table} } from './${name}.js';\n${text}`);
}

function edit(file: string, change: (text: string) => string): void {
  const before = readFileSync(file, 'utf8');
  const after = change(before);
  if (after === before) throw new Error(`Nothing was changed in ${file}: the package looks different now.`);
  writeFileSync(file, after);
}
