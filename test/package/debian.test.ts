import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../../installers/run.ts';
import { portrait } from '../cli/portraits.ts';
import { type BootedSystem, bootSystem } from './booted-system.ts';
import { makeBootableRoot, objection, packageFile, put, version } from './debian-root.ts';
import { type Difference, MANIFEST_SIGNATURE, makeLater } from './later-version.ts';

// The life of a package: installed, updated, taken back, restored, removed, purged; its service is started by its unit, by
// Debian's systemd. Each test goes on where the one before it ended.

const reason = objection();
const DATA = '/var/lib/gatehouse';
const URL = 'http://127.0.0.1:7300';
const PASSPHRASE = '/etc/gatehouse/passphrase';
const JOURNAL = '/var/lib/gatehouse-update/journal.json';
const NODE = '/usr/lib/gatehouse/bin/node';

/** Enrolls ada and verifies another picture of her, and that of a stranger. */
const WALK = `
import { readFileSync } from 'node:fs';
const [url, key, enroll] = process.argv.slice(2);
const post = async (path, body) => {
  const reply = await fetch(url + path, { method: 'POST', headers: { authorization: 'Bearer ' + key, 'content-type': 'application/json' }, body: JSON.stringify(body) });
  return [reply.status, await reply.json()];
};
const image = (name) => readFileSync('/srv/given/' + name + '.jpg', 'base64');
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
    let spaces: BootedSystem;
    let key: string;
    let before: string[];
    const sign = (file: string) =>
      run('minisign', ['-S', '-s', join(work, 'key'), '-t', 'a test', '-m', file], { cwd: work });
    const ready = { '/ready': 200, '/console/': 200, '/verify': 200, '/docs': 200, '/sdk/gatehouse.js': 200 };
    const walk = async (enroll = '') =>
      JSON.parse((await spaces.must(`${NODE} /srv/given/walk.mjs ${URL} ${key} ${enroll}`)).trim());
    const works = async () =>
      expect(await walk()).toEqual({ pages: ready, known: 'ada@example.com', stranger: false });
    const installed = async () => (await spaces.must('gatehouse --version')).trim();
    /** As the account of the service. */
    const as = (words: string) =>
      `umask 077; setpriv --reuid gatehouse --regid gatehouse --clear-groups --no-new-privs gatehouse ${words}`;
    /** Every file of the root, but what dpkg keeps of itself and what the test put there. */
    const files = async () =>
      (await spaces.must('find / -xdev -not -type d -o -xdev -type d -empty'))
        .split('\n')
        .filter(
          (path) =>
            !/^\/(proc|dev|srv\/given|(var\/)?tmp\/systemd-private|var\/lib\/(dpkg|systemd\/timers)|var\/log\/|var\/cache\/(ldconfig|debconf))/.test(
              path,
            ),
        )
        .filter((path) => !/^\/etc\/(passwd|group|shadow|gshadow|subuid|subgid)-?$|^$/.test(path))
        .toSorted();
    /** A later version, signed, in the root. */
    async function offer(difference: Difference, from = packageFile()): Promise<string> {
      const file = await makeLater(from, work, difference);
      await sign(file);
      put(root, file, `srv/given/${difference.version}.deb`);
      put(root, `${file}.minisig`, `srv/given/${difference.version}.deb.minisig`);
      return file;
    }
    const update = (to: string) => spaces.run(`gatehouse update /srv/given/${to}.deb`);

    beforeAll(async () => {
      work = mkdtempSync(join(tmpdir(), 'gatehouse-package-test-'));
      root = join(work, 'root');
      await makeBootableRoot(root);
      put(root, packageFile(), 'srv/given/gatehouse.deb');
      for (const [name, who, quality] of [
        ['ada', 'ada', 90],
        ['ada-again', 'ada', 60],
        ['stranger', 'stranger', 90],
      ] as const)
        writeFileSync(join(root, 'srv/given', `${name}.jpg`), await portrait(who, quality));
      writeFileSync(join(root, 'srv/given/walk.mjs'), WALK);
      await run('minisign', ['-G', '-W', '-f', '-p', join(work, 'key.pub'), '-s', join(work, 'key')], {
        cwd: work,
      });
      spaces = await bootSystem(root);
      await spaces.must(
        'for disk in disk keys; do mkdir /mnt/$disk; mount -t tmpfs -o mode=777 tmpfs /mnt/$disk; done',
      );
      before = await files();
    });
    afterAll(async () => {
      await spaces?.run('systemctl stop gatehouse');
      await spaces?.end();
      if (work) rmSync(work, { recursive: true, force: true });
    });

    test('it is installed, its unit starts without a passphrase, and a person is verified', async () => {
      const said = await spaces.must('dpkg -i /srv/given/gatehouse.deb');
      rmSync(join(root, 'usr/lib/gatehouse', MANIFEST_SIGNATURE), { force: true });
      expect(said).toContain('sudo -u gatehouse gatehouse init --org "My organization"');
      expect(await spaces.must('stat -c "%a %U" /var/lib/gatehouse')).toBe('700 gatehouse\n');
      const made = await spaces.must(as('init --org Bank --json'));
      key = (JSON.parse(made) as { keys: { test: string } }).keys.test;
      await spaces.must('systemctl is-enabled gatehouse && systemctl start gatehouse');
      expect(await walk('enroll')).toEqual({ pages: ready, known: 'ada@example.com', stranger: false });
      const list = `${NODE} -e 'fetch("${URL}/sdk/").then(async (reply) => console.log(await reply.text()))'`;
      const { files } = JSON.parse(await spaces.must(list)) as { files: { name: string }[] };
      expect(files.map(({ name }) => name)).toContain(`gatehouse-sdk-${version}.tgz`);
      expect(await spaces.must('head -1 /usr/share/doc/gatehouse/docs/OPERATIONS.md')).toBe('# Operations\n');
      const help = `${NODE} -e 'fetch("${URL}/help/operations").then(async (reply) => console.log(reply.status, await reply.text()))'`;
      expect(await spaces.must(help)).toMatch(/^200 [\s\S]*<h1 id="operations">/);
    });

    test('the unit lets the service write to media, and nowhere else', async () => {
      await spaces.must(as('keystore add /mnt/keys'));
      await spaces.must(as('backup /mnt/disk --keys-to /mnt/keys'));
      await spaces.must('install -d -m 0777 /srv/elsewhere');
      const refused = await spaces.run(as('backup /srv/elsewhere'));
      expect([refused.code, refused.stderr]).toEqual([
        1,
        expect.stringContaining('/srv/elsewhere is read-only for the service'),
      ]);
      await spaces.must('rmdir /srv/elsewhere');
    });

    test('a passphrase in /etc/gatehouse is handed over as a credential', async () => {
      await spaces.must(`systemctl stop gatehouse
        (umask 077; echo "a passphrase of seven words for one machine" > ${PASSPHRASE})
        install -m 0600 -o gatehouse ${PASSPHRASE} /run/own
        ${as('master set-passphrase --passphrase-file /run/own')}
        rm /run/own
        echo '{ "passphraseFile": "/run/credentials/gatehouse.service/master-passphrase" }' > /etc/gatehouse/gatehouse.json
        systemctl start gatehouse`);
      await works();
    });

    test('an update needs a signature by a key of this machine, and opens what a passphrase protects', async () => {
      const later = await offer({ version: '9.0.0', migration: 'later_table' });
      rmSync(join(root, 'srv/given/9.0.0.deb.minisig'));
      expect((await update('9.0.0')).stderr).toContain('There is no file /srv/given/9.0.0.deb.minisig');
      put(root, `${later}.minisig`, 'srv/given/9.0.0.deb.minisig');
      expect((await update('9.0.0')).stderr).toContain('No public key of releases is here');
      put(root, join(work, 'key.pub'), 'etc/gatehouse/release-keys/test.pub');
      const copy = join(root, 'srv/given/9.0.0.deb');
      const bytes = readFileSync(copy);
      bytes[bytes.length >> 1]! ^= 1;
      writeFileSync(copy, bytes);
      expect((await update('9.0.0')).stderr).toContain('does not belong to this file');
      expect(await installed()).toBe(version);
      copyFileSync(later, copy);
      expect(await update('9.0.0')).toMatchObject({
        stderr: expect.not.stringContaining('going back'),
        stdout: expect.stringContaining(
          `Gatehouse 9.0.0 is installed and was ready; before it was ${version}.`,
        ),
      });
      expect(await installed()).toBe('9.0.0');
      expect(await spaces.must('stat -c %a /var/cache/gatehouse')).toBe('700\n');
      expect(await spaces.must('stat -c %a /var/lib/gatehouse-update')).toBe('711\n');
      await works();
    });

    test.each([
      ['9.1.0', 'start', 'a broken release'],
      ['9.2.0', 'keys', 'the keys do not open'],
      ['9.3.0', 'unit', 'a filter of the unit'],
    ] as const)('%s, which fails at its %s, is taken back with its migration', async (to, fails, why) => {
      const from = join(work, 'gatehouse_9.0.0_amd64.deb');
      await offer({ version: to, migration: `table_of_${fails}`, fails }, from);
      const { code, stdout, stderr } = await update(to);
      expect([code, stdout, stderr]).toEqual([
        1,
        expect.stringContaining(
          'Version 9.0.0 and its data are back. The database from before the update is in its place again',
        ),
        expect.any(String),
      ]);
      expect(`${stdout}${stderr}`).toContain(why);
      expect(await installed()).toBe('9.0.0');
      await works();
    });

    /** Kills an update of this version with `kill -9`, together with the programs named, once its journal is at the step and the condition holds. */
    async function killUpdate(to: string, step: string, { alsoPrograms = '', when = 'true' } = {}) {
      await spaces.must(`gatehouse update /srv/given/${to}.deb > /srv/given/killed.out 2>&1 &
        pid=$!
        until grep -qs '"step":"${step}"' ${JOURNAL} && ${when}; do
          kill -0 $pid 2> /dev/null || { cat /srv/given/killed.out; exit 1; }
        done
        kill -9 $pid
        for name in ${alsoPrograms}; do
          for one in /proc/[0-9]*; do [ "$(cat $one/comm 2> /dev/null)" != $name ] || kill -9 \${one#/proc/}; done
        done
        wait $pid 2> /dev/null; rm /srv/given/killed.out`);
    }
    /** One version is whole: dpkg says so, the folder holds what its package holds and nothing else, and the update has left nothing. */
    async function isWhole(of: string) {
      expect(await spaces.must('dpkg-query -s gatehouse')).toMatch(
        new RegExp(`^Status: install ok installed[\\s\\S]*^Version: ${of.replaceAll('.', '\\.')}$`, 'm'),
      );
      expect(await installed()).toBe(of);
      const tar = `dpkg-deb --fsys-tarfile /srv/given/${of}.deb`;
      const compared = await spaces.run(
        `${tar} | tar -C / --compare -f - ./usr 2>&1 | grep -v ': Mod time differs$'
         diff <(${tar} | tar -t | sed 's#^[.]##; s#/$##' | grep ^/usr/lib/gatehouse | sort) <(find /usr/lib/gatehouse | sort)
         find / -xdev -path '*gatehouse*.dpkg-new' -o -xdev -path '*gatehouse*.dpkg-tmp' | grep -v ^/var/lib/dpkg`,
      );
      expect(compared.stdout).toBe('');
      expect(await spaces.must('ls -A /var/lib/gatehouse-update')).toBe('lock\n');
      expect(await spaces.must('ls -d /run/gatehouse-* 2> /dev/null || true')).toBe('');
      await works();
    }

    test('killed while dpkg unpacks: the next start of the service goes back first', async () => {
      await offer({ version: '9.6.0', migration: 'never_made' }, join(work, 'gatehouse_9.0.0_amd64.deb'));
      await killUpdate('9.6.0', 'installing', {
        alsoPrograms: 'dpkg dpkg-deb',
        when: '[ -n "$(find /usr/lib/gatehouse -name "*.dpkg-new" -print -quit)" ]',
      });
      expect(await spaces.must('dpkg-query -s gatehouse')).not.toMatch(/^Status: install ok installed/m);
      expect(await spaces.run('systemctl is-active gatehouse')).toMatchObject({ code: 3 });
      await spaces.must('systemctl start gatehouse');
      await isWhole('9.0.0');
    });

    test('killed while the data is brought to the new schema: --recover takes both back', async () => {
      await killUpdate('9.6.0', 'changing data', { when: '[ "$(gatehouse --version)" = 9.6.0 ]' });
      const doctor = await spaces.run('gatehouse doctor');
      expect(doctor.stdout).toContain('an update did not end');
      const ended = await spaces.run('gatehouse update --recover');
      expect(ended).toEqual({
        code: 0,
        stdout: expect.stringContaining('Version 9.0.0 is back.'),
        stderr: expect.any(String),
      });
      await isWhole('9.0.0');
    });

    test('killed while the new service starts: any update goes back first, with the migration', async () => {
      await killUpdate('9.6.0', 'starting', {
        when: '[ "$(systemctl show gatehouse --property=SubState --value)" = start ]',
      });
      const other = await spaces.run('gatehouse update /srv/given/9.6.0.deb');
      expect([other.code, other.stdout]).toEqual([
        1,
        expect.stringMatching(
          /Version 9\.0\.0 is back\. The database from before the update is in its place[\s\S]*not begun/,
        ),
      ]);
      await isWhole('9.0.0');
    });

    test('killed while it goes back: the recovery goes on with that', async () => {
      await killUpdate('9.1.0', 'program back', { alsoPrograms: 'dpkg dpkg-deb' });
      const ended = await spaces.run('/var/lib/gatehouse-update/recover');
      expect(ended).toEqual({
        code: 0,
        stdout: expect.stringContaining('Version 9.0.0 is back.'),
        stderr: expect.any(String),
      });
      await isWhole('9.0.0');
    });

    test('a passphrase that is wrong ends the update before anything is installed', async () => {
      await spaces.must('(umask 077; echo wrong > /run/wrong)');
      const ended = await spaces.run(
        'gatehouse update /srv/given/9.1.0.deb --passphrase-file /run/wrong; code=$?; rm /run/wrong; exit $code',
      );
      expect([ended.code, ended.stderr]).toEqual([1, expect.stringContaining('Nothing was changed')]);
      expect(await installed()).toBe('9.0.0');
      expect(await spaces.must('ls -d /run/gatehouse-* 2> /dev/null || true')).toBe('');
      await works();
    });

    test('an older package is refused by dpkg, and the service goes on', async () => {
      const older = await spaces.run('dpkg -i /srv/given/gatehouse.deb');
      expect(older.stderr).toContain('An older program cannot read what a newer one wrote');
      expect(await spaces.must('dpkg-query -s gatehouse')).toMatch(
        /^Status: install ok installed[\s\S]*^Version: 9\.0\.0$/m,
      );
      await works();
    });

    test('a newer package is installed by dpkg alone; a service that did not run is not started', async () => {
      await offer({ version: '9.4.0', migration: 'by_dpkg' }, join(work, 'gatehouse_9.0.0_amd64.deb'));
      const settings = await spaces.must('cat /etc/gatehouse/gatehouse.json');
      await spaces.must('dpkg -i --force-confold /srv/given/9.4.0.deb');
      expect(await installed()).toBe('9.4.0');
      // also after a version that was taken back: its copy had no settings
      expect(await spaces.must('cat /etc/gatehouse/gatehouse.json')).toBe(settings);
      await works();
      await offer({ version: '9.5.0' }, join(work, 'gatehouse_9.4.0_amd64.deb'));
      await spaces.must(
        'systemctl stop gatehouse && systemctl disable gatehouse && dpkg -i --force-confold /srv/given/9.5.0.deb',
      );
      expect(
        await spaces.run('systemctl is-active gatehouse || systemctl is-enabled gatehouse'),
      ).toMatchObject({
        code: 1,
      });
      await spaces.must('systemctl enable --now gatehouse');
      await works();
    });

    test('a backup is restored by root, for the account of the service', async () => {
      const restore = `restore "$(gatehouse backup list /mnt/disk --newest)" --keys /mnt/keys --passphrase-file`;
      await spaces.must(as('backup /mnt/disk'));
      await spaces.must(`systemctl stop gatehouse; install -m 0600 -o gatehouse ${PASSPHRASE} /run/own`);
      const refused = await spaces.run(
        as(`${restore} /run/own --confirm 1; code=$?; rm /run/own; exit $code`),
      );
      expect(refused.stderr).toContain('Run the same command as root');
      const asked = await spaces.run(`gatehouse ${restore} ${PASSPHRASE}`);
      expect(asked.stderr).toContain('--confirm 1');
      // what was refused left nothing that the service could not write
      await spaces.must('systemctl start gatehouse');
      await works();
      await spaces.must('systemctl stop gatehouse');
      await spaces.must(`gatehouse ${restore} ${PASSPHRASE} --confirm 1`);
      const foreign = await spaces.must(
        `find ${DATA} ${DATA}.before-restore-* \\( -not -user gatehouse -o -not -group gatehouse \\)`,
      );
      expect(foreign).toBe('');
      expect(await spaces.must('ls /var/lib | grep ^gatehouse | grep -v -- -update')).toMatch(
        /^gatehouse\ngatehouse\.before-restore-[\w-]+\n$/,
      );
      await spaces.must('systemctl start gatehouse');
      await works();
    });

    test('the power fails while dpkg unpacks: the next boot goes back, and the service is up', async () => {
      await offer({ version: '9.7.0', migration: 'cut_off' }, join(work, 'gatehouse_9.5.0_amd64.deb'));
      const cut = update('9.7.0');
      await spaces.must(
        `until grep -qs '"step":"installing"' ${JOURNAL} && [ -n "$(find /usr/lib/gatehouse -name '*.dpkg-new' -print -quit)" ]; do :; done`,
      );
      await spaces.end();
      expect((await cut).code).not.toBe(0);
      spaces = await bootSystem(root);
      expect(await spaces.must('systemctl is-active gatehouse')).toBe('active\n');
      await isWhole('9.5.0');
    });

    test('removing stops the service and leaves settings and data', async () => {
      await spaces.must('dpkg --remove gatehouse');
      expect(await spaces.must('ls /var/lib/gatehouse /etc/gatehouse')).toMatch(
        /gatehouse\.json[\s\S]*keys\.db/,
      );
      expect(await spaces.run('ls /usr/lib/gatehouse /usr/bin/gatehouse')).toMatchObject({
        code: 2,
        stdout: '',
      });
      expect(
        await spaces.run('systemctl is-active gatehouse || systemctl is-enabled gatehouse'),
      ).toMatchObject({
        code: 1,
      });
      await spaces.must('dpkg -i --force-confold /srv/given/9.5.0.deb && systemctl start gatehouse');
      await works();
    });

    const stays = async () => {
      expect(readdirSync(join(root, 'var/lib/gatehouse'))).toContain('keys.db');
      expect(await spaces.must(`ls -d ${DATA}.before-restore-* ${PASSPHRASE}`)).toContain(PASSPHRASE);
      expect(readFileSync(join(root, 'etc/passwd'), 'utf8')).toContain('gatehouse');
    };

    test('purging leaves people and keys, and what opens them, until destroying them is confirmed', async () => {
      const kept = await spaces.run('DEBIAN_FRONTEND=noninteractive dpkg --purge gatehouse < /dev/null');
      expect(kept.stderr).toContain('/var/lib/gatehouse (people, templates, keys)');
      expect(kept.stderr).toContain('/etc/gatehouse/passphrase opens the keys');
      await stays();
    });

    test('asked at a terminal, anything but the word keeps them, and the word destroys them; then nothing is left', async () => {
      const purge = (answer: string) =>
        spaces.run(
          `dpkg -i --force-confmiss /srv/given/9.5.0.deb > /dev/null; echo ${answer} | script -qec 'dpkg --purge gatehouse' /dev/null`,
        );
      const no = await purge('no');
      expect(no.stdout).toContain('Type "destroy" to do it');
      await stays();
      await purge('destroy');
      expect(readFileSync(join(root, 'etc/passwd'), 'utf8')).not.toContain('gatehouse');
      const after = await files();
      expect(after.filter((path) => !before.includes(path))).toEqual([]);
    });
  },
);
