import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { run } from '../run.ts';
import { readChange } from './changesets.ts';

const checkout = join(import.meta.dirname, '../..');
const built = 'service/lib/version.ts';
const versioned = ['package.json', 'sdk/gatehouse/package.json', 'sdk/mcp/package.json'];

function copyOfCheckout(): string {
  const root = mkdtempSync(join(tmpdir(), 'gatehouse-release-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const more = ['package-lock.json', '.changeset/config.json', '.changeset/README.md', built];
  for (const file of [...versioned, ...more]) cpSync(join(checkout, file), join(root, file));
  writeFileSync(join(root, 'CHANGELOG.md'), '# Release notes\n\n## 0.1.0\n\n- The first.\n');
  mkdirSync(join(root, 'node_modules'));
  return root;
}

const release = (root: string) =>
  run(process.execPath, [join(import.meta.dirname, 'version.ts'), '--root', root, '--date', '2026-11-22'], {
    cwd: root,
  });
const json = (root: string, file: string) => JSON.parse(readFileSync(join(root, file), 'utf8'));

test('a release moves the product, its SDKs, the lock file and CHANGELOG.md to one version', async () => {
  const root = copyOfCheckout();
  writeFileSync(join(root, '.changeset/one.md'), '---\n"@gatehouse/sdk": major\n---\n\nAnother shape.\n');
  await release(root);
  const versions = versioned.map((file) => json(root, file).version);
  expect(new Set(versions)).toEqual(new Set(['1.0.0']));
  const before = json(checkout, 'package-lock.json');
  before.version = '1.0.0';
  for (const path of ['', 'sdk/gatehouse', 'sdk/mcp']) before.packages[path].version = '1.0.0';
  expect(json(root, 'package-lock.json')).toEqual(before);
  expect(readFileSync(join(root, built), 'utf8')).toContain('programBuiltAt = Date.UTC(2026, 10, 22);');
  expect(readFileSync(join(root, 'CHANGELOG.md'), 'utf8')).toBe(
    '# Release notes\n\n## 1.0.0 (2026-11-22)\n\n### Incompatible\n\n- Another shape.\n\n## 0.1.0\n\n- The first.\n',
  );
  await expect(release(root)).rejects.toThrow('No change waits in .changeset');
});

test('a version that waits in CHANGELOG.md is the one that is released', async () => {
  const root = copyOfCheckout();
  const { version } = json(root, 'package.json');
  writeFileSync(join(root, 'CHANGELOG.md'), `# Release notes\n\n## ${version} (not released yet)\n`);
  writeFileSync(join(root, '.changeset/one.md'), '---\n"@gatehouse/sdk": minor\n---\n\nNew.\n');
  await release(root);
  expect(new Set(versioned.map((file) => json(root, file).version))).toEqual(new Set([version]));
  expect(readFileSync(join(root, 'CHANGELOG.md'), 'utf8')).toContain(`\n## ${version} (2026-11-22)\n`);
});

test('product, SDKs, lock file and OpenAPI documents have one version', () => {
  const { version } = json(checkout, 'package.json');
  const { packages } = json(checkout, 'package-lock.json');
  const found = [
    ...versioned.map((file) => json(checkout, file).version),
    ...['', 'sdk/gatehouse', 'sdk/mcp'].map((path) => packages[path].version),
    ...['docs/openapi.json', 'docs/openapi-admin.json'].map((file) => json(checkout, file).info.version),
  ];
  expect(found).toEqual(found.map(() => version));
});

test('a changeset says what changed, and how much', () => {
  expect(readChange('a.md', '---\r\n"@gatehouse/sdk": minor\r\n---\r\n\r\nNew.\r\n')).toEqual({
    bump: 'minor',
    summary: 'New.',
  });
  for (const text of ['', 'New.', '---\n---\n\nNew.', '---\n"@gatehouse/sdk": big\n---\n\nNew.'])
    expect(() => readChange('a.md', text)).toThrow('.changeset/a.md is no changeset');
});
