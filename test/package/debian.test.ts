import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../../installers/run.ts';
import { portrait } from '../cli/portraits.ts';
import { makeDebianRoot, objection, packageFile, put, runIn, version } from './debian-root.ts';
import { makeLater } from './later-version.ts';

const reason = objection();

/** As the service runs: its account, no capabilities. */
const AS =
  'as() { setpriv --reuid gatehouse --regid gatehouse --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all "$@"; }\nexport GATEHOUSE_DATA=/var/lib/gatehouse\n';

/** Starts the service, runs commands beside it, and ends it. `$URL` is its address. */
const served = (commands: string) => `${AS}
as gatehouse serve > /tmp/serve.out 2> /tmp/serve.err & service=$!
tail -f /tmp/serve.out --pid=$service | grep -m1 listening > /tmp/line || { cat /tmp/serve.err >&2; exit 1; }
URL=$(/usr/lib/gatehouse/bin/node -p 'JSON.parse(require("fs").readFileSync("/tmp/line", "utf8")).url')
${commands}
kill $service; wait $service`;

/** Enrolls ada and verifies another picture of her, and that of a stranger. */
const WALK = `
import { readFileSync } from 'node:fs';
const [url, key, enroll] = process.argv.slice(2);
const post = async (path, body) => {
  const reply = await fetch(url + path, { method: 'POST', headers: { authorization: 'Bearer ' + key, 'content-type': 'application/json' }, body: JSON.stringify(body) });
  return [reply.status, await reply.json()];
};
const image = (name) => readFileSync('/tmp/' + name + '.jpg', 'base64');
const pages = {};
for (const page of ['/ready', '/console/', '/verify', '/docs', '/sdk/gatehouse.js']) pages[page] = (await fetch(url + page)).status;
if (enroll) await post('/api/enroll', { email: 'ada@example.com', image: image('ada') });
const [, known] = await post('/api/verify', { image: image('ada-again') });
const [, stranger] = await post('/api/verify', { image: image('stranger') });
console.log(JSON.stringify({ pages, known: known.email, stranger: stranger.verified }));
`;

describe.skipIf(reason !== undefined)(
  `the Debian package, in a minimal Debian 12 without network${reason ? ` (${reason})` : ''}`,
  () => {
    let work: string;
    let root: string;
    let key: string;
    const sign = (file: string) =>
      run('minisign', ['-S', '-s', join(work, 'key'), '-t', 'a test', '-m', file], { cwd: work });
    const ready = { '/ready': 200, '/console/': 200, '/verify': 200, '/docs': 200, '/sdk/gatehouse.js': 200 };
    const walk = async (enroll = '') => {
      const ended = await runIn(
        root,
        served(`/usr/lib/gatehouse/bin/node /tmp/walk.mjs $URL ${key} ${enroll}`),
      );
      expect(ended.stderr).not.toContain('Error');
      return JSON.parse(ended.stdout.trim().split('\n').at(-1)!);
    };

    beforeAll(async () => {
      work = mkdtempSync(join(tmpdir(), 'gatehouse-package-test-'));
      root = join(work, 'root');
      await makeDebianRoot(root);
      put(root, packageFile(), 'tmp/gatehouse.deb');
      for (const [name, who, quality] of [
        ['ada', 'ada', 90],
        ['ada-again', 'ada', 60],
        ['stranger', 'stranger', 90],
      ] as const)
        writeFileSync(join(root, 'tmp', `${name}.jpg`), await portrait(who, quality));
      writeFileSync(join(root, 'tmp/walk.mjs'), WALK);
      await run('minisign', ['-G', '-W', '-f', '-p', join(work, 'key.pub'), '-s', join(work, 'key')], {
        cwd: work,
      });
    });
    afterAll(() => rmSync(work, { recursive: true, force: true }));

    test('it is installed, and a person is verified by the service', async () => {
      const installed = await runIn(
        root,
        'dpkg -i /tmp/gatehouse.deb; gatehouse --version; stat -c "%a %U" /var/lib/gatehouse',
      );
      expect(installed.stdout.trim().split('\n').slice(-2)).toEqual([version, '700 gatehouse']);
      const made = await runIn(root, `${AS} as gatehouse init --org Bank --json`);
      key = (JSON.parse(made.stdout) as { keys: { test: string } }).keys.test;
      expect(await walk('enroll')).toEqual({ pages: ready, known: 'ada@example.com', stranger: false });
    });

    test('an update needs a signature by a key of this machine', async () => {
      const later = await makeLater(packageFile(), work, {
        version: '9.0.0',
        migration: 'later_table',
      });
      await sign(later);
      put(root, later, 'tmp/later.deb');
      const update = () => runIn(root, `${AS} gatehouse update /tmp/later.deb`);
      expect((await update()).stderr).toContain('There is no file /tmp/later.deb.minisig');
      put(root, `${later}.minisig`, 'tmp/later.deb.minisig');
      expect((await update()).stderr).toContain('No public key of releases is here');
      put(root, join(work, 'key.pub'), 'etc/gatehouse/release-keys/test.pub');
      const bytes = readFileSync(join(root, 'tmp/later.deb'));
      bytes[bytes.length >> 1]! ^= 1;
      writeFileSync(join(root, 'tmp/later.deb'), bytes);
      expect((await update()).stderr).toContain('does not belong to this file');
      expect((await runIn(root, 'gatehouse --version')).stdout.trim()).toBe(version);
      copyFileSync(later, join(root, 'tmp/later.deb'));
      expect((await update()).stdout).toContain(
        `Gatehouse 9.0.0 is installed and was ready; before it was ${version}.`,
      );
      expect((await runIn(root, 'gatehouse --version')).stdout.trim()).toBe('9.0.0');
      expect(await walk()).toEqual({ pages: ready, known: 'ada@example.com', stranger: false });
    });

    test('a broken version is taken back with its migration, and people are still known', async () => {
      const broken = await makeLater(join(work, 'gatehouse_9.0.0_amd64.deb'), work, {
        version: '9.1.0',
        migration: 'broken_table',
        broken: true,
      });
      await sign(broken);
      put(root, broken, 'tmp/broken.deb');
      put(root, `${broken}.minisig`, 'tmp/broken.deb.minisig');
      const ended = await runIn(root, `${AS} gatehouse update /tmp/broken.deb`);
      expect([ended.code, ended.stdout]).toEqual([
        1,
        expect.stringContaining('Version 9.0.0 and its data are back.'),
      ]);
      expect((await runIn(root, 'gatehouse --version')).stdout.trim()).toBe('9.0.0');
      expect(await walk()).toEqual({ pages: ready, known: 'ada@example.com', stranger: false });
    });

    test('an older package is refused by dpkg', async () => {
      const older = await runIn(root, 'dpkg -i /tmp/gatehouse.deb');
      expect(older.stderr).toContain('An older program cannot read what a newer one wrote');
      expect((await runIn(root, 'dpkg-query -s gatehouse')).stdout).toMatch(
        /^Status: install ok installed[\s\S]*^Version: 9\.0\.0$/m,
      );
    });

    test('purging leaves people and keys until destroying them is confirmed, and then nothing', async () => {
      const kept = await runIn(root, 'dpkg --purge gatehouse', { DEBIAN_FRONTEND: 'noninteractive' });
      expect(kept.stderr).toContain(
        '/var/lib/gatehouse (people, templates, keys) and the account gatehouse stay',
      );
      expect(readdirSync(join(root, 'var/lib/gatehouse'))).toContain('keys.db');
      await runIn(root, 'dpkg -i --force-confmiss /tmp/later.deb');
      await runIn(root, 'dpkg --purge gatehouse', { GATEHOUSE_PURGE_DATA: 'yes' });
      const left = execFileSync(
        'find',
        [root, '-xdev', '-iname', '*gatehouse*', '-not', '-path', `${root}/tmp/*`],
        { encoding: 'utf8' },
      );
      expect(left).toBe('');
      expect(readFileSync(join(root, 'etc/passwd'), 'utf8')).not.toContain('gatehouse');
    });
  },
);
