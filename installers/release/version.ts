import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { run } from '../run.ts';
import { waitingVersion, withRelease } from './changelog.ts';
import { readChanges } from './changesets.ts';

// `npm run release:version`: takes the changesets into CHANGELOG.md and sets the version of the product and of its SDKs. Needs no network.

const checkout = resolve(import.meta.dirname, '../..');
const { values } = parseArgs({
  options: {
    root: { type: 'string', default: checkout },
    date: { type: 'string', default: new Date().toISOString().slice(0, 10) },
  },
});
const { from, to } = await setVersion(resolve(values.root), values.date);
console.error(
  `release: ${from} is ${to} now, of ${values.date}. Next: npm run generate, read CHANGELOG.md, commit (CONTRIBUTING.md, A release).`,
);

async function setVersion(root: string, date: string): Promise<{ from: string; to: string }> {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(date)) throw new Error(`--date is a day such as 2026-11-22, not ${date}.`);
  const changes = await readChanges(root);
  if (changes.length === 0)
    throw new Error('No change waits in .changeset: "npx changeset" adds one (.changeset/README.md).');
  const { version: from } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const changelog = await readFile(join(root, 'CHANGELOG.md'), 'utf8');
  await run(process.execPath, [join(checkout, 'node_modules/@changesets/cli/bin.js'), 'version'], {
    cwd: root,
  });
  const { version: next } = JSON.parse(await readFile(join(root, 'sdk/gatehouse/package.json'), 'utf8'));
  const to = waitingVersion(changelog) ?? next;
  // The product is the root of the workspaces, which Changesets leaves out.
  for (const path of ['', 'sdk/gatehouse', 'sdk/mcp'])
    await edit(join(root, path, 'package.json'), (text) =>
      text.replace(/"version": "[^"]+"/, `"version": "${to}"`),
    );
  await edit(join(root, 'package-lock.json'), (text) => lockWith(text, to));
  await edit(join(root, 'service/lib/version.ts'), (text) => builtOn(text, date));
  await writeFile(join(root, 'CHANGELOG.md'), withRelease(changelog, { version: to, date, changes }));
  return { from, to };
}

async function edit(path: string, change: (text: string) => string): Promise<void> {
  await writeFile(path, change(await readFile(path, 'utf8')));
}

/** A clock that stands before this day is wrong, and the program grows old from it. */
function builtOn(text: string, date: string): string {
  const [year, month, day] = date.split('-').map(Number);
  const built = text.replace(/Date\.UTC\([^)]*\)/, `Date.UTC(${year}, ${month! - 1}, ${day})`);
  if (!built.includes('Date.UTC(')) throw new Error('service/lib/version.ts names no day any more.');
  return built;
}

/** The lock file names the versions of the workspaces too; nothing else in it changes. */
function lockWith(text: string, version: string): string {
  const lock = JSON.parse(text) as {
    version: string;
    packages: Record<string, { version?: string }>;
  };
  lock.version = version;
  for (const path of ['', 'sdk/gatehouse', 'sdk/mcp']) {
    const own = lock.packages[path];
    if (own?.version !== undefined) own.version = version;
  }
  return `${JSON.stringify(lock, null, 2)}\n`;
}
