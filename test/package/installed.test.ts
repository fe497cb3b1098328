import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get, request } from 'node:http';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../../installers/run.ts';
import { captureStrings } from '../../renderer/capture/capture-strings.ts';
import { makeHome, missingForTrust } from '../browser/browser-home.ts';
import { addAuthenticator, openChromium, watchPages } from '../browser/chromium.ts';
import { signOutAndIn, walkThroughSetup } from '../browser/setup-walk.ts';
import { portrait } from '../cli/portraits.ts';
import { writeFakeCamera } from '../support/fake-camera.ts';
import { freePort } from '../support/free-port.ts';
import { type BootedSystem, bootSystem } from './booted-system.ts';
import { makeBootableRoot, objection, packageFile, put } from './debian-root.ts';
import { DATA, type InstalledService, installedService } from './installed-service.ts';
import { clockError, setClockError } from './kernel-clock.ts';

// From an empty Debian 12 without network: the package, its console and capture page in Chromium over HTTPS, and the checklist of the
// hardening guide, first fulfilled and then undone line by line. Each test goes on where the one before it ended.

const reason = objection() ?? missingForTrust;
const name = 'gatehouse.home.arpa';
const second = { name: 'Nils Berg', email: 'nils@nordlys.example', password: 'slow rivers under ice' };
const STORED = '/etc/gatehouse/passphrase';
const CREDENTIAL = '/run/credentials/gatehouse.service/master-passphrase';
const MANIFEST = '/usr/lib/gatehouse/models/manifest.json';

interface Finding {
  id: string;
  state: 'ok' | 'warn' | 'fail';
  found: string;
  why: string;
  remedy?: string;
}

describe.skipIf(reason !== undefined)(`the installed service${reason ? ` (${reason})` : ''}`, () => {
  let work: string;
  let root: string;
  let spaces: BootedSystem;
  let service: InstalledService;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let door: Server;
  let port: number;
  let base: string;
  let organization: string;

  const settings = (more: object = {}) =>
    writeFileSync(
      join(root, 'etc/gatehouse/gatehouse.json'),
      JSON.stringify({ host: '0.0.0.0', port, hostName: name, passphraseFile: CREDENTIAL, ...more }),
    );
  const sign = (file: string) =>
    run('minisign', ['-S', '-s', join(work, 'key'), '-t', 'models', '-m', join(root, file)], { cwd: work });

  beforeAll(async () => {
    work = mkdtempSync(join(tmpdir(), 'gatehouse-installed-'));
    root = join(work, 'root');
    port = await freePort();
    base = `https://${name}:${port}`;
    await makeBootableRoot(root);
    // a boot empties /tmp
    spaces = await bootSystem(root);
    put(root, packageFile(), 'tmp/gatehouse.deb');
    await run('minisign', ['-G', '-W', '-p', join(work, 'key.pub'), '-s', join(work, 'key')], { cwd: work });
    service = installedService(root, spaces);
    await spaces.must('dpkg -i /tmp/gatehouse.deb');
    await spaces.must(
      'for disk in stick safe; do mkdir -p /mnt/$disk; mount -t tmpfs -o mode=777 tmpfs /mnt/$disk; done',
    );
    put(root, join(work, 'key.pub'), 'etc/gatehouse/release-keys/release.pub');
    // as a package that was built with a key has it
    await sign(MANIFEST);
    settings();
  });
  const clockBefore = reason === undefined ? clockError() : 0;
  afterAll(async () => {
    if (reason === undefined) setClockError(clockBefore);
    await browser?.close();
    door?.close();
    await spaces?.end();
    if (work) rmSync(work, { recursive: true, force: true });
  });

  test('a data directory behind a passphrase, which the service gets as a credential', async () => {
    writeFileSync(join(root, STORED), 'a passphrase of seven words for one machine\n', { mode: 0o600 });
    const made = JSON.parse(await service.as('init --org "Nordlys Bank" --json')) as {
      organizationId: string;
    };
    organization = made.organizationId;
    await spaces.must(`install -m 0600 -o gatehouse ${STORED} /run/own`);
    await service.as('master set-passphrase --passphrase-file /run/own');
    await spaces.must('rm /run/own');
    await spaces.must(
      'mkdir -p /etc/systemd/system/gatehouse.service.d; printf "[Service]\nRestrictAddressFamilies=\nRestrictAddressFamilies=AF_UNIX AF_INET AF_INET6\n" > /etc/systemd/system/gatehouse.service.d/x.conf; systemctl daemon-reload',
    );
    await expect(service.start()).rejects.toThrow(/allow AF_NETLINK in RestrictAddressFamilies=/);
    await spaces.must('rm -r /etc/systemd/system/gatehouse.service.d; systemctl daemon-reload');
    await service.start();
    expect(await fetchInside('/ready')).toBe(200);
    const { of } = await examine();
    expect(of('setup').found).toContain('there is no owner yet');
  });

  /** The status of a page, asked from inside. */
  async function fetchInside(path: string): Promise<number> {
    const program = `process.env.NODE_TLS_REJECT_UNAUTHORIZED='0';fetch('https://127.0.0.1:${port}${path}').then(({status})=>console.log(status))`;
    return Number(await spaces.must(`/usr/lib/gatehouse/bin/node -e "${program}" 2> /dev/null`));
  }

  test('setup, passkey and sign-in in Chromium over HTTPS, by the authority of the box', async () => {
    door = await service.openDoor(port);
    const camera = join(work, 'ada.y4m');
    await writeFakeCamera(camera, await portrait('ada', 92));
    browser = await openChromium({
      names: name,
      camera,
      home: await makeHome(work, join(root, DATA, 'tls/authority.pem')),
    });
    context = await browser.newContext({ locale: 'en-GB', reducedMotion: 'reduce', permissions: ['camera'] });
    context.setDefaultTimeout(120_000);
    const watched = await watchPages(context, [`${name}:${port}`]);
    context.on('console', (message) => {
      // a browser reports the answer to a visitor who is not signed in
      const visitor = message.location().url === `${base}/api/auth/session` && message.text().includes('401');
      if (message.type() === 'error' && !visitor)
        watched.push(`console: ${message.text()} ${message.location().url}`);
    });
    page = await context.newPage();
    await addAuthenticator(page);
    const { token } = JSON.parse(await service.as('admin setup-token --json')) as { token: string };
    const opened = await page.goto(`${base}/console/`);
    expect((await opened?.securityDetails())?.subjectName).toBe(name);
    await walkThroughSetup(page, `${base}/console/setup#token=${token}`);
    await signOutAndIn(page);
    expect(watched).toEqual([]);
  });

  test('a capture page of the package takes the camera after consent, and a photograph held to it is not confirmed', async () => {
    const { key } = JSON.parse(
      await service.as('key create --name shop --env test --scopes sessions --json'),
    ) as { key: string };
    // by the browser, which alone finds the name
    const ordered = await page.evaluate<{ status: number; verifyUrl: string }>(`fetch('/api/v1/sessions', {
      method: 'POST', credentials: 'omit', body: '{}',
      headers: { authorization: 'Bearer ${key}', 'content-type': 'application/json' },
    }).then(async (reply) => ({ status: reply.status, ...await reply.json() }))`);
    expect(ordered).toMatchObject({ status: 201, verifyUrl: expect.stringContaining(`${base}/verify`) });
    const errors: string[] = [];
    const capture = await context.newPage();
    capture.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    capture.on('pageerror', (error) => errors.push(error.message));
    await capture.goto(ordered.verifyUrl);
    await capture.getByRole('heading', { level: 1, name: captureStrings.en.consentTitle }).waitFor();
    await capture.getByText('Nordlys Bank').first().waitFor();
    await capture.getByRole('button', { name: captureStrings.en.agree }).click();
    await capture.locator('video').waitFor();
    // the nets of the package have judged frames of every step that came
    await capture.getByRole('heading', { level: 1, name: captureStrings.en.againTitle }).waitFor();
    await capture.close();
    expect(errors).toEqual([]);
  });

  /** An order of the operator of the box, which the command line does not have. */
  const operate = (method: string, path: string, body: object): Promise<number> =>
    new Promise((answer, refuse) => {
      const asked = request(
        {
          method,
          path: `/api/admin${path}?organization=${organization}`,
          socketPath: join(root, DATA, 'control.sock'),
          headers: { 'content-type': 'application/json' },
        },
        (reply) => answer(reply.resume().statusCode ?? 0),
      );
      asked.on('error', refuse).end(JSON.stringify(body));
    });
  const setFourEyes = (required: boolean) => operate('PUT', '/organization/four-eyes', { required });

  /** The checklist, by id, and how the command ended. */
  async function examine() {
    const { code, stdout } = await service.gatehouse('doctor --hardening --json');
    const { findings } = JSON.parse(stdout) as { findings: Finding[] };
    const red = findings.filter(({ state }) => state !== 'ok').map(({ id }) => id);
    return { code, red, findings, of: (id: string) => findings.find((one) => one.id === id)! };
  }

  test('a report is printed as PDF, with the fonts of the package', async () => {
    const reply = await new Promise<{ status?: number; bytes: Buffer }>((answer, refuse) => {
      const socketPath = join(root, DATA, 'control.sock');
      get({ path: `/api/admin/evidence?format=pdf&organization=${organization}`, socketPath }, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () => answer({ status: response.statusCode!, bytes: Buffer.concat(parts) }));
      }).on('error', refuse);
    });
    expect([reply.status, reply.bytes.toString('latin1', 0, 5)]).toEqual([200, '%PDF-']);
  });

  test('a box without a second administrator, backups and copies is red in these lines', async () => {
    const { code, red, of } = await examine();
    expect(code).toBe(1);
    expect(red).toEqual(['four-eyes', 'backups', 'drill', 'key-copies', 'clock']);
    expect(of('backups').found).toBe('there is no backup');
    expect(of('drill').found).toBe('no backup was ever restored for a test');
    expect(of('key-copies').found).toContain('two are needed');
    expect(of('clock')).toMatchObject({ state: 'fail', found: 'the clock is not synchronized' });
    expect(of('four-eyes').found).toContain(
      'one administrator alone may erase and export people, and weaken protections, in Nordlys Bank',
    );
  });

  test('what the guide asks for makes every line green', async () => {
    await addSecondAdministrator();
    expect(await setFourEyes(true)).toBe(200);
    for (const disk of ['stick', 'safe']) await service.as(`keystore add /mnt/${disk}`);
    await service.as('backup /mnt/safe --keys-to /mnt/safe');
    await service.as('backup schedule /mnt/safe --every 24h --keep 7');
    setClockError(0);
    const { code, red, findings } = await examine();
    expect(findings.filter(({ state }) => state !== 'ok')).toEqual([]);
    expect([code, red, findings.length]).toEqual([0, [], 25]);
    const { stdout } = await service.gatehouse('doctor --hardening');
    expect(stdout.trimEnd()).toMatch(/25 ok, 0 warnings, 0 failed; exit code 0$/);
  });

  async function addSecondAdministrator(): Promise<void> {
    const created = await service.as(
      `admin create --email ${second.email} --name "${second.name}" --role owner --json`,
    );
    const { code } = JSON.parse(created) as { code: string };
    const own = await browser.newContext({ locale: 'en-GB', reducedMotion: 'reduce' });
    own.setDefaultTimeout(120_000);
    const tab = await own.newPage();
    await addAuthenticator(tab);
    const button = (text: string) => tab.getByRole('button', { name: text, exact: true });
    const enter = (label: string, text: string) => tab.getByLabel(label, { exact: true }).fill(text);
    await tab.goto(`${base}/console/`);
    await button('I have a one-time code').click();
    await enter('E-mail address', second.email);
    await enter('One-time code', code);
    await enter('New password', second.password);
    await tab.keyboard.press('Enter');
    await tab.getByText('Your password is set').waitFor();
    await enter('Password', second.password);
    await tab.keyboard.press('Enter');
    await tab.getByRole('link', { name: 'Add passkey' }).click();
    await enter('Name of the passkey', 'Laptop');
    await button('Add passkey').click();
    await button('I have stored the codes').click();
    await own.close();
  }

  /** Rewrites a line of the audit log, as the account of the service could. */
  const firstLine = (action: string) =>
    `setpriv --reuid gatehouse --regid gatehouse --clear-groups /usr/lib/gatehouse/bin/node -e 'require("/usr/lib/gatehouse/node_modules/better-sqlite3")("${DATA}/gatehouse.db").prepare("update audit set action = ? where seq = 1").run("${action}")'`;

  /** By shell, undone and put right again. */
  const inShell: readonly (readonly [id: string, undo: string, redo: string, found: RegExp])[] = [
    [
      'account',
      'usermod -s /bin/bash gatehouse',
      'usermod -s /usr/sbin/nologin gatehouse',
      /its shell is \/bin\/bash/,
    ],
    [
      'unit',
      'mkdir -p /etc/systemd/system/gatehouse.service.d; printf "[Service]\nPrivateTmp=no\n" > /etc/systemd/system/gatehouse.service.d/x.conf',
      'rm -r /etc/systemd/system/gatehouse.service.d',
      /does not restrict the service as it should: PrivateTmp=no/,
    ],
    ['data-modes', `chmod 0750 ${DATA}`, `chmod 0700 ${DATA}`, /others may read \/var\/lib\/gatehouse/],
    [
      'settings-modes',
      'chmod 0644 /etc/gatehouse/gatehouse.json',
      'chmod 0640 /etc/gatehouse/gatehouse.json',
      /every account may read .*gatehouse\.json/,
    ],
    [
      'passphrase',
      `chmod 0644 ${STORED}`,
      `chmod 0600 ${STORED}`,
      /may read the passphrase in \/etc\/gatehouse\/passphrase/,
    ],
    [
      'core-pattern',
      'echo "|/opt/collect %p" > /tmp/pattern; mount --bind /tmp/pattern /proc/sys/kernel/core_pattern',
      'umount /proc/sys/kernel/core_pattern',
      /hands the memory of the service to \/opt\/collect, whatever its limit/,
    ],
    [
      'swap',
      'printf "Filename Type Size Used Priority\n/swapfile file 1 0 -2\n" > /tmp/swaps; mount --bind /tmp/swaps /proc/swaps',
      'umount /proc/swaps',
      /may be written to \/swapfile, not encrypted/,
    ],
    [
      'release-keys',
      'chown gatehouse /etc/gatehouse/release-keys/release.pub',
      'chown root /etc/gatehouse/release-keys/release.pub',
      /and so what counts as a release/,
    ],
    [
      'models',
      `mv ${MANIFEST}.minisig /tmp/`,
      `mv /tmp/manifest.json.minisig ${MANIFEST}.minisig`,
      /is not signed/,
    ],
    [
      'models',
      `sed -i 's/"version": 1/"version":  1/' ${MANIFEST}`,
      `sed -i 's/"version":  1/"version": 1/' ${MANIFEST}`,
      /does not match .*manifest\.json\.minisig/,
    ],
    ['audit', firstLine('organization.erase'), firstLine('organization.create'), /DAMAGED/],
    [
      'updates',
      "sed -i 's/Date.UTC(2026/Date.UTC(2025/' /usr/lib/gatehouse/dist/service/lib/version.js",
      "sed -i 's/Date.UTC(2025/Date.UTC(2026/' /usr/lib/gatehouse/dist/service/lib/version.js",
      /is \d+ days old/,
    ],
    [
      'clock',
      `touch -d "+1 hour" ${DATA}/gatehouse.db`,
      `touch ${DATA}/gatehouse.db`,
      /lies before the last write to the database/,
    ],
  ];

  test.each(inShell)('%s undone by: %s', async (id, undo, redo, found) => {
    await spaces.must(undo);
    const undone = await examine();
    await spaces.must(redo);
    expect([undone.red, undone.of(id)]).toEqual([
      [id],
      {
        ...undone.of(id),
        found: expect.stringMatching(found),
        why: expect.stringMatching(/\.$/),
        remedy: expect.stringMatching(/./),
      },
    ]);
    expect(undone.code).toBe(undone.of(id).state === 'fail' ? 1 : 0);
  });

  test('a clock that no time server keeps is named', async () => {
    setClockError(16_000_000);
    const { code, red, of } = await examine();
    setClockError(0);
    expect([code, red, of('clock').found]).toEqual([1, ['clock'], 'the clock is not synchronized']);
  });

  test('a copy of the key store that is gone, and four eyes that were switched off, are named', async () => {
    await service.as('keystore remove /mnt/stick');
    const { red, of } = await examine();
    expect([red, of('key-copies').found]).toEqual([
      ['key-copies'],
      expect.stringContaining('two are needed'),
    ]);
    await service.as('keystore add /mnt/stick');
    expect(await setFourEyes(false)).toBe(200);
    expect((await examine()).red).toEqual(['four-eyes']);
    expect(await setFourEyes(true)).toBe(200);
  });

  test.each([
    [
      'privileges',
      {
        as: 'setpriv --reuid gatehouse --regid gatehouse --clear-groups --bounding-set=-all --inh-caps=-all',
        filter: '',
      },
      ['privileges', 'system-calls'],
      /NoNewPrivs is 0/,
    ],
    ['system-calls', { filter: '' }, ['system-calls'], /Seccomp is 0/],
    ['umask', { umask: '022' }, ['umask'], /its umask is 0022/],
    ['core-limit', { cores: 'unlimited' }, ['core-limit'], /limit of core files is unlimited/],
    ['log', { output: '2> /dev/null' }, ['log'], /thrown away/],
    [
      'log',
      { output: '2> /tmp/service.log', umask: '026' },
      ['umask', 'log'],
      /others may read the log \/tmp\/service\.log/,
    ],
  ] as const)('a service that was started without its unit: %s', async (id, how, red, found) => {
    await service.stop();
    await service.start(how);
    const undone = await examine();
    expect([undone.red, undone.of(id).found]).toEqual([red, expect.stringMatching(found)]);
  });

  test('plain HTTP beyond this machine, and a passphrase that is no credential', async () => {
    await service.stop();
    settings({ insecureHttp: true, passphraseFile: '/etc/gatehouse/own-passphrase' });
    await spaces.must(`install -m 0600 -o gatehouse ${STORED} /etc/gatehouse/own-passphrase`);
    await service.start();
    const { red, of } = await examine();
    expect(red).toEqual(['passphrase', 'tls']);
    expect(of('tls').found).toContain('pictures of faces and API keys can be read on the way');
    expect(of('passphrase').found).toContain('/etc/gatehouse/own-passphrase, not from a credential');
    await service.stop();
    settings();
    await service.start();
  });

  test('an account without a second factor is named, and a service that does not run', async () => {
    await service.as(`admin reset ${second.email} --factors`);
    const { red, of } = await examine();
    expect([red, of('second-factor').found]).toEqual([
      ['second-factor'],
      `${second.email} has no second factor`,
    ]);
    await service.stop();
    const stopped = await examine();
    expect(stopped.code).toBe(1);
    expect(stopped.of('account').found).toBe('The service does not run, so this cannot be seen.');
  });

  test('a start is refused where the manifest of the models, or a model, was altered', async () => {
    const manifest = readFileSync(join(root, MANIFEST));
    const altered = Buffer.from(manifest);
    altered[altered.length >> 1]! ^= 1;
    writeFileSync(join(root, MANIFEST), altered);
    await expect(service.start()).rejects.toThrow(
      /manifest\.json is not used: it does not match .*manifest\.json\.minisig/,
    );
    writeFileSync(join(root, MANIFEST), manifest);
    const model = join(root, '/usr/lib/gatehouse/models/built/blazeface.onnx');
    const bytes = readFileSync(model);
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(model, bytes);
    await expect(service.start()).rejects.toThrow(/blazeface\.onnx differs from its manifest/);
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(model, bytes);
    await service.start();
    await service.stop();
  });
});
