import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../../installers/run.ts';
import { portrait } from '../cli/portraits.ts';
import { makeDebianRoot, objection, put, runIn } from './debian-root.ts';
import { type Difference, MANIFEST_SIGNATURE, makeLaterArchive } from './later-version.ts';

const product = join(import.meta.dirname, '../..');
const packages = process.env.GATEHOUSE_PACKAGES ?? join(product, 'dist/packages');
const reason = objection();
const DATA = '/var/lib/gatehouse';

/** The lines of docs/PACKAGES.md, "From the archive", without those that need systemd. */
function linesOfGuide(version: string): string {
  const guide = readFileSync(join(product, 'docs/PACKAGES.md'), 'utf8');
  const [, lines] = /^## From the archive\n[\s\S]*?^```\n([\s\S]*?)^```$/m.exec(guide) ?? [];
  if (lines === undefined) throw new Error('docs/PACKAGES.md has no lines for the archive any more.');
  return lines.replaceAll('VERSION', version).replace(/^.*systemctl.*$/m, '');
}

const SUDO = `
sudo() {
  if [ "$1" = -u ]; then
    user=$2; shift 2
    setpriv --reuid "$user" --regid "$user" --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all "$@"
  else "$@"; fi
}
export PATH=$PATH:/usr/local/bin
cd /root
`;

describe.skipIf(reason !== undefined)(
  `the archive, in a minimal Debian 12 without network${reason ? ` (${reason})` : ''}`,
  () => {
    let work: string;
    let root: string;
    let version: string;
    const inRoot = (script: string) => runIn(root, `${SUDO}${script}`);
    const archive = () => join(packages, `gatehouse-${version}-linux-x64.tar.gz`);
    const current = () => readlinkSync(join(root, 'opt/gatehouse/current'));
    const verify = () =>
      inRoot(`sudo -u gatehouse gatehouse verify --data ${DATA} --env test /tmp/ada-again.jpg`);

    async function updateTo(difference: Difference) {
      const later = await makeLaterArchive(archive(), work, difference);
      await run('minisign', ['-S', '-s', join(work, 'key'), '-t', 'a test', '-m', later], { cwd: work });
      put(root, later, 'tmp/later.tar.gz');
      put(root, `${later}.minisig`, 'tmp/later.tar.gz.minisig');
      return inRoot(`gatehouse update /tmp/later.tar.gz --data ${DATA}`);
    }

    beforeAll(async () => {
      version = JSON.parse(readFileSync(join(product, 'package.json'), 'utf8')).version;
      if (!existsSync(archive())) throw new Error(`There is no ${archive()}: run "npm run package" first.`);
      work = mkdtempSync(join(tmpdir(), 'gatehouse-archive-test-'));
      root = join(work, 'root');
      await makeDebianRoot(root);
      put(root, archive(), `root/gatehouse-${version}-linux-x64.tar.gz`);
      writeFileSync(join(root, 'tmp/ada.jpg'), await portrait('ada', 90));
      writeFileSync(join(root, 'tmp/ada-again.jpg'), await portrait('ada', 60));
      const words = ['-G', '-W', '-f', '-p', join(work, 'key.pub'), '-s', join(work, 'key')];
      await run('minisign', words, { cwd: work });
      put(root, join(work, 'key.pub'), 'etc/gatehouse/release-keys/test.pub');
    });
    afterAll(() => rmSync(work, { recursive: true, force: true }));

    test('the lines of the guide install it, and a person is verified', async () => {
      const lines = linesOfGuide(version).replace(
        /^sudo -u gatehouse gatehouse init/m,
        `rm -f /opt/gatehouse/current/${MANIFEST_SIGNATURE}\n$&`,
      );
      const made = await inRoot(`set -e\n${lines}
sudo -u gatehouse gatehouse subject enroll --data ${DATA} --env test --email ada@example.com /tmp/ada.jpg`);
      expect([made.code, made.stderr]).toEqual([0, expect.any(String)]);
      expect(await verify()).toMatchObject({ stdout: expect.stringContaining('Verified: ada@example.com') });
      const clients = readdirSync(join(root, 'opt/gatehouse/current/dist/clients'));
      expect(clients).toContain(`gatehouse-sdk-${version}.tgz`);
      const licences = await inRoot('gatehouse licenses');
      expect(licences.stdout).toMatch(/^libvips [\d.]+ {2}LGPL-3.0-or-later$/m);
    });

    test('a signed archive updates it, with a migration', async () => {
      const ended = await updateTo({ version: '9.0.0', migration: 'later_table' });
      expect(ended.stdout).toContain(`Gatehouse 9.0.0 is installed and was ready; before it was ${version}.`);
      expect([current(), (await inRoot('gatehouse --version')).stdout.trim()]).toEqual([
        'versions/gatehouse-9.0.0',
        '9.0.0',
      ]);
      expect(await verify()).toMatchObject({ stdout: expect.stringContaining('Verified: ada@example.com') });
    });

    test('a broken version is left again with its migration, and an older one is refused', async () => {
      const broken = await updateTo({ version: '9.1.0', migration: 'broken_table', fails: 'start' });
      expect([broken.code, broken.stdout]).toEqual([
        1,
        expect.stringContaining('Version 9.0.0 and its data are back.'),
      ]);
      expect(current()).toBe('versions/gatehouse-9.0.0');
      expect(await verify()).toMatchObject({ stdout: expect.stringContaining('Verified: ada@example.com') });
      expect((await updateTo({ version: '8.0.0' })).stderr).toContain('an update needs a newer version');
    });

    test('an update killed while it changes the data is taken back by the recovery that it left', async () => {
      const later = await makeLaterArchive(archive(), work, { version: '9.2.0', migration: 'killed_table' });
      await run('minisign', ['-S', '-s', join(work, 'key'), '-t', 'a test', '-m', later], { cwd: work });
      put(root, later, 'tmp/later.tar.gz');
      put(root, `${later}.minisig`, 'tmp/later.tar.gz.minisig');
      const killed = await inRoot(`gatehouse update /tmp/later.tar.gz --data ${DATA} &
        pid=$!
        until grep -qs '"step":"changing data"' /var/lib/gatehouse-update/journal.json; do kill -0 $pid || exit 1; done
        kill -9 $pid; wait $pid; exit 0`);
      expect([killed.code, current()]).toEqual([0, 'versions/gatehouse-9.2.0']);
      const ended = await inRoot('/var/lib/gatehouse-update/recover');
      expect(ended).toEqual({
        code: 0,
        stdout: expect.stringContaining('Version 9.0.0 is back.'),
        stderr: expect.any(String),
      });
      expect(current()).toBe('versions/gatehouse-9.0.0');
      expect(readdirSync(join(root, 'var/lib/gatehouse-update'))).toEqual(['lock']);
      expect(await verify()).toMatchObject({ stdout: expect.stringContaining('Verified: ada@example.com') });
    });
  },
);
