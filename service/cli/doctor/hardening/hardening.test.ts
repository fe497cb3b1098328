import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import * as box from './box.ts';
import { checkList } from './hardening.ts';
import * as machine from './machine.ts';
import * as serving from './process.ts';
import { checkUnit, readUnit, unitSettings } from './process.ts';

const product = join(import.meta.dirname, '../../../..');
const UNIT = readFileSync(join(product, 'installers/linux/debian/gatehouse.service'), 'utf8');
const now = Date.parse('2026-11-22T00:00:00Z');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-hardening-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function place(path: string, text: string, mode = 0o644): string {
  const file = join(folder, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
}

test('the hardening guide has every line of the checklist, in its order, and no other', () => {
  const guide = readFileSync(join(product, 'docs/HARDENING.md'), 'utf8');
  const ids = [...guide.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, id]) => id);
  expect(ids).toEqual(Object.keys(checkList));
});

describe('the serving process', () => {
  const right: serving.ServingProcess = {
    pid: 7,
    uid: 999,
    noNewPrivileges: true,
    seccomp: 2,
    effective: 0n,
    bounding: 0n,
    umask: 0o077,
    coreLimit: '0',
    swapLimit: '0',
    output: { is: 'socket' },
    log: { is: 'socket' },
  };
  const account = { dataOwner: 999, shell: '/usr/sbin/nologin' };

  test('is read from /proc', () => {
    const status =
      'Umask:\t0077\nUid:\t999\t999\t999\t999\nCapEff:\t0000000000000000\nCapBnd:\t000001ffffffffff\nNoNewPrivs:\t1\nSeccomp:\t2\n';
    place('7/status', status);
    place(
      '7/limits',
      'Limit  Soft  Hard  Units\nMax core file size        0                    unlimited            bytes\n',
    );
    expect(serving.readServingProcess(7, folder)).toEqual({
      ...right,
      bounding: 0x1ffffffffffn,
      coreLimit: 'unlimited',
      swapLimit: undefined,
      output: undefined,
      log: undefined,
    });
    place('7/cgroup', '0::/system.slice/gatehouse.service\n');
    place('groups/system.slice/gatehouse.service/memory.swap.max', '0\n');
    expect(serving.readServingProcess(7, folder, join(folder, 'groups'))?.swapLimit).toBe('0');
    expect(serving.readServingProcess(8, folder)).toBeUndefined();
    const own = serving.readServingProcess(process.pid);
    expect(own).toMatchObject({ uid: process.getuid!(), umask: process.umask() });
  });

  test('restricted as by its unit, everything is good', () => {
    expect(serving.checkAccount(right, account).state).toBe('ok');
    for (const check of [
      serving.checkPrivileges,
      serving.checkSystemCalls,
      serving.checkUmask,
      serving.checkCoreLimit,
      serving.checkOutput,
    ])
      expect(check(right)).toEqual({ state: 'ok', found: expect.any(String) });
  });

  test.each([
    ['it can gain privileges', serving.checkPrivileges, { noNewPrivileges: false }, 'NoNewPrivs is 0'],
    ['it has a capability', serving.checkPrivileges, { effective: 1n }, 'CapEff 0x1'],
    ['it could get capabilities', serving.checkPrivileges, { bounding: 0xffn }, 'CapBnd 0xff'],
    ['no filter of system calls', serving.checkSystemCalls, { seccomp: 0 }, 'Seccomp is 0'],
    ['others may read its files', serving.checkUmask, { umask: 0o022 }, 'its umask is 0022'],
    ['cores are written', serving.checkCoreLimit, { coreLimit: 'unlimited' }, 'is unlimited'],
    [
      'its log is readable',
      serving.checkOutput,
      { log: { is: 'file', path: '/var/log/gatehouse.log', mode: 0o644 } },
      'others may read the log /var/log/gatehouse.log (mode 644)',
    ],
    [
      'its standard output is readable',
      serving.checkOutput,
      { output: { is: 'file', path: '/tmp/out', mode: 0o604 } },
      'others may read the log /tmp/out (mode 604)',
    ],
    [
      'its log is lost',
      serving.checkOutput,
      { log: { is: 'file', path: '/dev/null', mode: 0o666 } },
      'thrown away',
    ],
  ] as const)('%s', (_what, check, undone, sentence) => {
    expect(check({ ...right, ...undone } as serving.ServingProcess)).toEqual({
      state: 'fail',
      found: expect.stringContaining(sentence),
      remedy: expect.stringMatching(/./),
    });
  });

  test.each([
    ['root', { uid: 0 }, account, 'runs as root'],
    [
      'another account than that of the data',
      { uid: 5 },
      account,
      'account 5, and the data directory belongs to 999',
    ],
    ['an account that may sign in', {}, { ...account, shell: '/bin/bash' }, 'its shell is /bin/bash'],
  ] as const)('it runs as %s', (_what, undone, facts, sentence) => {
    expect(serving.checkAccount({ ...right, ...undone }, facts)).toMatchObject({
      state: 'fail',
      found: expect.stringContaining(sentence),
    });
  });

  test('a program that collects cores is named unless it keeps to the limit', () => {
    expect(serving.checkCorePattern('core')).toMatchObject({ state: 'ok' });
    expect(serving.checkCorePattern('|/lib/systemd/systemd-coredump %P %u %c')).toMatchObject({
      state: 'ok',
    });
    expect(serving.checkCorePattern('|/opt/collect %p')).toMatchObject({
      state: 'fail',
      found: expect.stringContaining('to /opt/collect, whatever its limit'),
    });
  });
});

describe('the unit', () => {
  const FILE = 'usr/lib/systemd/system/gatehouse.service';
  const found = () => checkUnit(readUnit(folder));

  test('of the package is good, and without one this cannot be seen', () => {
    expect(found()).toMatchObject({ state: 'warn' });
    place(FILE, UNIT);
    expect(found()).toEqual({
      state: 'ok',
      found: expect.stringContaining(`${unitSettings.length} restrictions`),
    });
  });

  test.each(unitSettings)('a drop-in that undoes %s is named', (name) => {
    place(FILE, UNIT);
    const lists = /^(CapabilityBoundingSet|AmbientCapabilities|RestrictAddressFamilies|SystemCallFilter)$/;
    const value = lists.test(name) ? '@mount CAP_SYS_ADMIN' : 'no';
    place(
      'etc/systemd/system/gatehouse.service.d/override.conf',
      `# undone\n[Service]\n${name} = ${value}\n`,
    );
    expect(found()).toMatchObject({ state: 'fail', found: expect.stringContaining(`${name}=`) });
    // a later one puts it right again
    const right = [...UNIT.matchAll(new RegExp(`^${name}=.*$`, 'gm'))].map(([line]) => line).join('\n');
    place('run/systemd/system/gatehouse.service.d/zz.conf', `[Service]\n${name}=\n${right}\n`);
    expect(found()).toMatchObject({ state: 'ok' });
  });

  test.each([
    ['ReadWritePaths=/'],
    ['ReadWritePaths=/srv/backups /etc'],
    ['ReadWritePaths=/mnt/../etc'],
    ['BindPaths=/etc'],
    ['DeviceAllow=/dev/mem rw'],
    ['SupplementaryGroups=disk'],
    ['ExecStartPre=+/bin/sh -c true'],
    ['ExecStart=\nExecStart=!/usr/bin/gatehouse serve'],
    ['PermissionsStartOnly=yes'],
  ])('a drop-in that widens it is named: %s', (line) => {
    place(FILE, UNIT);
    place('etc/systemd/system/gatehouse.service.d/wide.conf', `[Service]\n${line}\n`);
    expect(found()).toMatchObject({
      state: 'fail',
      found: expect.stringContaining(`${line.split('=')[0]}=`),
    });
  });

  test('a folder for backups is no fault', () => {
    place(FILE, UNIT);
    place('etc/systemd/system/gatehouse.service.d/disk.conf', '[Service]\nReadWritePaths=-/srv/backups\n');
    expect(found()).toMatchObject({ state: 'ok' });
  });

  test('a unit of the administrator takes the place of that of the package', () => {
    place(FILE, UNIT);
    place('etc/systemd/system/gatehouse.service', '[Service]\nExecStart=/usr/bin/gatehouse serve\n');
    expect(found()).toMatchObject({ state: 'fail', found: expect.stringContaining('User= is missing') });
  });
});

describe('the machine', () => {
  test('swap that is not encrypted is named', () => {
    const table = (...names: string[]) =>
      ['Filename Type Size Used Priority', ...names.map((name) => `${name} partition 1 0 -2`)].join('\n');
    place('dm-1/dm/uuid', 'CRYPT-PLAIN-swap\n');
    place('dm-2/dm/uuid', 'LVM-1234\n');
    const check = (...names: string[]) => machine.checkSwap(machine.readSwap(table(...names), folder));
    const areas = machine.readSwap(table('/swapfile'), folder);
    expect(machine.checkSwap(areas, '0')).toMatchObject({ state: 'ok' });
    expect(machine.checkSwap(areas, 'max')).toMatchObject({ state: 'warn' });
    expect(check()).toEqual({ state: 'ok', found: 'none' });
    expect(check('/dev/zram0', '/dev/dm-1')).toMatchObject({ state: 'ok' });
    expect(check('/dev/dm-1', '/dev/dm-2', '/swapfile')).toMatchObject({
      state: 'warn',
      found: expect.stringContaining('to /dev/dm-2, /swapfile, not encrypted'),
    });
  });

  test('settings that the service, or others, can write or read are named', () => {
    const file = place('etc/gatehouse.json', '{}', 0o640);
    const own = process.getuid!();
    expect(machine.checkSettingsFile(file, own + 1)).toMatchObject({ state: 'ok' });
    if (own !== 0)
      expect(machine.checkSettingsFile(file, own)).toMatchObject({
        found: expect.stringContaining('the service owns'),
      });
    chmodSync(file, 0o644);
    expect(machine.checkSettingsFile(file, own + 1)).toMatchObject({
      state: 'fail',
      found: expect.stringContaining('(mode 0644)'),
    });
    chmodSync(file, 0o660);
    expect(machine.checkSettingsFile(file, own + 1)).toMatchObject({
      state: 'fail',
      found: expect.stringContaining('may write'),
    });
    chmodSync(file, 0o640);
    chmodSync(join(file, '..'), 0o777);
    expect(machine.checkSettingsFile(file, own + 1)).toMatchObject({
      state: 'fail',
      found: expect.stringContaining('may write'),
    });
  });

  test.runIf(process.getuid?.() === 0)(
    'a settings file or a public key that the service owns is named',
    () => {
      const file = place('etc/gatehouse.json', '{}', 0o640);
      chownSync(file, 999, 999);
      expect(machine.checkSettingsFile(file, 999)).toMatchObject({
        state: 'fail',
        found: expect.stringContaining('the service owns'),
      });
      const key = place('keys/release.pub', 'key');
      expect(machine.checkReleaseKeys(join(folder, 'keys'))).toMatchObject({ state: 'ok' });
      chownSync(key, 999, 999);
      expect(machine.checkReleaseKeys(join(folder, 'keys'))).toMatchObject({
        state: 'fail',
        found: expect.stringContaining('what counts as a release'),
      });
      chownSync(key, 0, 0);
      chmodSync(join(folder, 'keys'), 0o777);
      expect(machine.checkReleaseKeys(join(folder, 'keys'))).toMatchObject({ state: 'fail' });
      expect(machine.checkReleaseKeys(join(folder, 'none'))).toMatchObject({
        state: 'fail',
        found: expect.stringContaining('no public key'),
      });
    },
  );

  test('where the master key and its passphrase lie', () => {
    const stored = join(folder, 'passphrase');
    const facts = {
      kind: 'passphrase',
      path: '/srv/data/p.json',
      data: '/srv/data',
      passphraseFile: undefined,
      stored,
    } as const;
    const check = (changed: object) => machine.checkMasterKeyFolder({ ...facts, ...changed });
    expect(check({})).toMatchObject({ state: 'ok' });
    expect(check({ passphraseFile: '/run/credentials/gatehouse.service/master-passphrase' })).toMatchObject({
      state: 'ok',
    });
    expect(check({ kind: 'file', path: '/media/key/master.key' })).toMatchObject({ state: 'ok' });
    expect(check({ kind: 'file', path: '/srv/data/master.key' })).toMatchObject({
      state: 'fail',
      found: expect.stringContaining('in the data directory'),
    });
    expect(check({ passphraseFile: '/etc/secret' })).toMatchObject({
      state: 'fail',
      found: expect.stringContaining('not from a credential'),
    });
    place('passphrase', 'secret', 0o644);
    expect(check({})).toMatchObject({
      state: 'fail',
      found: expect.stringContaining('may read the passphrase'),
    });
  });

  test('the clock, and the age of the program', () => {
    expect(machine.checkSynchronized(true).state).toBe('ok');
    expect(machine.checkSynchronized(undefined).state).toBe('warn');
    expect(machine.checkSynchronized(false)).toMatchObject({
      state: 'fail',
      found: 'the clock is not synchronized',
    });
    expect(machine.checkAge(now - 20 * 86_400_000, now, '1.0.0')).toMatchObject({ state: 'ok' });
    expect(machine.checkAge(now - 200 * 86_400_000, now, '1.0.0')).toMatchObject({
      state: 'warn',
      found: 'version 1.0.0 is 200 days old',
    });
  });
});

describe('the box', () => {
  const service = {
    version: '1.0.0',
    process: 7,
    startedAt: '2026-11-21T00:00:00.000Z',
    url: 'https://box.example:7300',
    insecureHttp: false,
    settings: {},
    certificate: { subject: 'box.example', endsAt: '2027-11-21T00:00:00.000Z' },
  };
  const backup = {
    outcome: 'done',
    startedAt: '2026-11-21T00:00:00.000Z',
    path: '/none/one',
    verifiedAt: '2026-11-21T01:00:00.000Z',
  } as const;

  test('encryption', () => {
    expect(box.checkEncryption(service, 'own', now)).toMatchObject({
      state: 'ok',
      found: expect.stringContaining('own authority'),
    });
    const { certificate: _, ...plain } = service;
    expect(box.checkEncryption({ ...plain, url: 'http://127.0.0.1:7300' }, undefined, now)).toMatchObject({
      state: 'ok',
    });
    expect(box.checkEncryption({ ...plain, insecureHttp: true }, undefined, now)).toMatchObject({
      state: 'fail',
    });
    expect(
      box.checkEncryption(
        { ...service, certificate: { subject: 'box.example', endsAt: '2026-11-30T00:00:00.000Z' } },
        'own',
        now,
      ),
    ).toMatchObject({ state: 'warn' });
  });

  test('accounts: a second factor, four eyes, no setup', () => {
    const ada = { email: 'ada@example.com', passkeys: 1 };
    expect(
      box.checkSecondFactor([ada, { email: 'left@example.com', passkeys: 0, disabledAt: 'x' }]),
    ).toMatchObject({ state: 'ok' });
    expect(box.checkSecondFactor([ada, { email: 'bob@example.com', passkeys: 0 }])).toMatchObject({
      state: 'fail',
      found: 'bob@example.com has no second factor',
    });
    expect(
      box.checkFourEyes([
        { name: 'Bank', fourEyes: true },
        { name: 'Old', erasedAt: 'x' },
      ]),
    ).toMatchObject({ state: 'ok' });
    expect(box.checkFourEyes([{ name: 'Bank' }])).toMatchObject({
      state: 'fail',
      found: expect.stringContaining('in Bank'),
    });
    expect(box.checkSetup({ state: 'closed' })).toMatchObject({ state: 'ok' });
    expect(box.checkSetup({ state: 'open' })).toMatchObject({
      state: 'fail',
      found: expect.stringContaining('setup token'),
    });
  });

  test('backups, drills and copies of the keys', () => {
    expect(box.checkBackupsKept([backup], 1, folder, now)).toMatchObject({ state: 'ok' });
    expect(box.checkBackupsKept([], 1, folder, now)).toMatchObject({
      state: 'fail',
      found: 'there is no backup',
    });
    expect(
      box.checkBackupsKept([{ ...backup, startedAt: '2026-11-01T00:00:00.000Z' }], 1, folder, now),
    ).toMatchObject({ found: expect.stringContaining('21 days old') });
    expect(box.checkBackupsKept([{ ...backup, path: folder }], 1, folder, now)).toMatchObject({
      state: 'fail',
      found: expect.stringContaining('disk of the data'),
    });
    expect(box.checkBackupsKept([backup], 0, folder, now)).toMatchObject({ state: 'warn' });
    expect(box.checkDrill([backup], [], now)).toMatchObject({ state: 'ok' });
    const { verifiedAt: _, ...unproven } = backup;
    expect(box.checkDrill([unproven], [], now)).toMatchObject({
      state: 'fail',
      found: expect.stringContaining('was ever restored'),
    });
    expect(
      box.checkDrill([], [{ state: 'passed', finishedAt: '2026-06-01T00:00:00.000Z' }], now),
    ).toMatchObject({ state: 'fail', found: expect.stringContaining('174 days back') });
    expect(box.checkDrill([backup], [{ state: 'failed' }], now)).toMatchObject({
      state: 'fail',
      found: 'the last restore drill failed',
    });
    const place = (name: string, state = 'current') =>
      ({ place: name, state }) as { place: string; state: 'current' };
    expect(box.checkCopies([place('/none/a'), place('/none/b')], folder)).toMatchObject({ state: 'ok' });
    expect(box.checkCopies([place('/none/a')], folder)).toMatchObject({
      state: 'fail',
      found: expect.stringContaining('two are needed'),
    });
    expect(box.checkCopies([place('/none/a'), place(folder)], folder)).toMatchObject({
      state: 'fail',
      found: expect.stringContaining('disk of the data'),
    });
    expect(box.checkCopies([place('/none/a'), place('/none/b', 'unreachable')], folder)).toMatchObject({
      state: 'fail',
    });
  });

  test('a damaged audit log', () => {
    expect(box.checkAuditLog({ valid: true, lines: 4 })).toMatchObject({
      state: 'ok',
      found: 'whole, 4 lines',
    });
    expect(box.checkAuditLog({ valid: false, lines: 4 })).toMatchObject({
      state: 'fail',
      found: expect.stringContaining('DAMAGED'),
    });
  });
});
