import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeHome, missingForTrust } from '../browser/browser-home.ts';
import { addAuthenticator, chromiumPath, openChromium, watchPages } from '../browser/chromium.ts';
import { createHand } from '../browser/counting-hand.ts';
import { walkThroughSetup } from '../browser/setup-walk.ts';
import { portrait } from '../cli/portraits.ts';
import { writeFakeCamera } from '../support/fake-camera.ts';
import { type BootedSystem, bootSystem } from './booted-system.ts';
import { makeBootableRoot, objection, packageFile, put, version } from './debian-root.ts';
import { type Office, openOffice } from './office.ts';

// A fresh Debian 12 with the package, and another computer in a network with it: the console by the printed link, the documents, the client
// library by npm, and a person enrolled by a program. Each test goes on where the one before it ended.

const reason = objection() ?? missingForTrust;
const name = 'gatehouse.home.arpa';
const base = `https://${name}:7300`;
const person = { name: 'Ada Lind', email: 'ada@nordlys.example' };
const patience = { timeout: 600_000 };

describe.skipIf(reason !== undefined)(`a box in a network${reason ? ` (${reason})` : ''}`, () => {
  let work: string;
  let box: BootedSystem;
  let office: Office;
  let browser: Browser;
  let page: Page;
  /** As `init` prints it. */
  let link: string;
  /** The authority of the box, as the office's computer has fetched and compared it. */
  let authority: string;
  /** Of the test world, as the assistant shows it. */
  let key: string;
  const ofOffice = (file: string) => join(work, 'office', file);
  const get = (path: string, accept = '*/*') =>
    office.run('curl', ['-sS', '--fail', '--cacert', authority, '-H', `accept: ${accept}`, `${base}${path}`]);

  beforeAll(async () => {
    work = mkdtempSync(join(tmpdir(), 'gatehouse-network-'));
    const root = join(work, 'root');
    mkdirSync(join(work, 'office'));
    await makeBootableRoot(root);
    box = await bootSystem(root);
    put(root, packageFile(), 'root/gatehouse.deb');
    office = await openOffice(join(work, 'office'), { box: box.first, name });
    writeFileSync(ofOffice('ada.jpg'), await portrait('ada', 71));
    writeFileSync(ofOffice('again.jpg'), await portrait('ada', 60));
  }, 600_000);
  afterAll(async () => {
    await browser?.close();
    await office?.end();
    await box?.end();
    if (work) rmSync(work, { recursive: true, force: true });
  });

  test('installed for the network by its document, it prints a link by its name', patience, async () => {
    await box.must('dpkg -i /root/gatehouse.deb');
    // as docs/OPERATIONS.md has it
    const settings = '{ "host": "0.0.0.0", "hostName": "gatehouse.home.arpa" }';
    expect(readFileSync(join(import.meta.dirname, '../../docs/OPERATIONS.md'), 'utf8')).toContain(settings);
    await box.must(`echo '${settings}' > /etc/gatehouse/gatehouse.json`);
    const printed = await box.must('sudo -u gatehouse gatehouse init --org "My organization"');
    [link = ''] = /https:\S+\/console\/setup#token=\S+/.exec(printed) ?? [printed];
    expect(link).toMatch(new RegExp(`^${base}/console/setup#token=`));
    await box.startUnit('gatehouse');
  });

  test(
    'the other computer gets the authority from the box, and compares its fingerprint',
    patience,
    async () => {
      await expect(office.run('curl', ['-sS', `${base}/console/`])).rejects.toThrow(
        'SSL certificate problem',
      );
      authority = ofOffice('authority.pem');
      await office.run('curl', ['-sS', '--fail', '-k', '-o', authority, `${base}/trust/gatehouse-ca.crt`]);
      const [, fingerprint = ''] = (
        await office.run('openssl', ['x509', '-in', authority, '-noout', '-fingerprint', '-sha256'])
      ).split('=');
      const shown = await box.must('sudo -u gatehouse gatehouse certificate show');
      expect(shown.replaceAll(' ', '')).toContain(fingerprint.trim().replaceAll(':', ''));
      await get('/ready');
    },
  );

  test('the link opens the assistant, which ends with a person verified by camera', patience, async () => {
    const camera = join(work, 'ada.y4m');
    await writeFakeCamera(camera, await portrait('ada', 92));
    browser = await openChromium({
      program: office.starterOf(chromiumPath!),
      camera,
      home: await makeHome(work, authority),
    });
    const context = await browser.newContext({
      locale: 'en-GB',
      reducedMotion: 'reduce',
      permissions: ['camera'],
    });
    context.setDefaultTimeout(120_000);
    const faults = await watchPages(context, [`${name}:7300`]);
    page = await context.newPage();
    await addAuthenticator(page);
    const hand = createHand();
    await walkThroughSetup(
      page,
      link,
      async (step) => {
        if (step === 'keys-made') key = (await page.getByText(/gh_test_\w+/).textContent()) ?? '';
      },
      { hand, camera: true },
    );
    expect(key).toMatch(/^gh_test_\w+$/);
    expect(faults).toEqual([]);
  });

  test('a program enrolls a person and verifies her, with the lines of the README', patience, async () => {
    const ask = async (path: string, ...fields: string[]) =>
      JSON.parse(
        await office.run('curl', [
          ...['-sS', '--cacert', authority, `${base}${path}`, '-H', `x-api-key: ${key}`],
          ...fields.flatMap((field) => ['-F', field]),
        ]),
      );
    const email = `email=${person.email}`;
    const fields = [email, `name=${person.name}`, `image=@${ofOffice('ada.jpg')}`];
    expect(await ask('/api/enroll', ...fields)).toMatchObject({ enrolled: true });
    expect(await ask('/api/verify', email, `image=@${ofOffice('again.jpg')}`)).toMatchObject({
      verified: true,
    });
    await page.goto(`${base}/console/people?env=test`);
    await page.getByRole('link', { name: person.name }).waitFor();
  });

  test('every document of /help is there, with what it links to', patience, async () => {
    const seen = new Set<string>();
    const waiting = ['/help'];
    for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
      if (seen.has(path)) continue;
      seen.add(path);
      const html = await get(path);
      if (!path.startsWith('/help/files/'))
        waiting.push(...[...html.matchAll(/(?:href|src)="(\/help[^"#]*)/g)].map(([, to]) => to!));
    }
    expect(seen).toContain('/help/operations');
    console.log(`${seen.size} pages and pictures of /help`);
    expect(await get('/help/search?q=backup')).toContain('/help/operations#');
  });

  test(
    'npm installs the client library by the line that /sdk/ shows, and it verifies',
    patience,
    async () => {
      const lines = await get('/sdk/', 'text/html');
      const [, shown = ''] = /<pre>npm install (\S+)<\/pre>/.exec(lines) ?? [];
      expect(shown).toBe(`${base}/sdk/gatehouse-sdk-${version}.tgz`);
      const shop = ofOffice('shop');
      mkdirSync(shop);
      writeFileSync(join(shop, 'package.json'), '{"name":"shop","private":true,"type":"module"}');
      const env = { NODE_EXTRA_CA_CERTS: authority, npm_config_cache: ofOffice('npm-cache') };
      const install = ['--prefix', shop, 'install', shown];
      await expect(
        office.run('npm', install, { env: { ...env, NODE_EXTRA_CA_CERTS: '' } }),
      ).rejects.toThrow();
      const from = performance.now();
      await office.run('npm', [...install, '--legacy-peer-deps'], { env });
      console.log(`npm install without a registry: ${((performance.now() - from) / 1000).toFixed(1)} s`);
      expect(existsSync(join(shop, 'node_modules/@gatehouse/sdk/package.json'))).toBe(true);
      const { files } = JSON.parse(await get('/sdk/', 'application/json'));
      const file = ofOffice('file');
      for (const { url, sha256 } of files as { url: string; sha256: string }[]) {
        await office.run('curl', ['-sS', '--fail', '--cacert', authority, '-o', file, `${base}${url}`]);
        const own = createHash('sha256').update(readFileSync(file)).digest('hex');
        expect([url, own]).toEqual([url, sha256]);
      }
      writeFileSync(
        join(shop, 'verify.mjs'),
        `import { readFileSync } from 'node:fs';
      import { ProofClient } from '@gatehouse/sdk/proof';
      const proof = new ProofClient({ baseUrl: '${base}', apiKey: '${key}' });
      const image = readFileSync('${ofOffice('again.jpg')}').toString('base64');
      const { verified, email } = await proof.verify({ image, email: '${person.email}' });
      console.log(JSON.stringify({ verified, email }));`,
      );
      const verify = (more: NodeJS.ProcessEnv) =>
        office.run(process.execPath, [join(shop, 'verify.mjs')], { env: more });
      await expect(verify({ NODE_EXTRA_CA_CERTS: '' })).rejects.toThrow('CERTIFICATE_NOT_TRUSTED');
      const answer = await verify(env).catch((error: Error) => error.message);
      expect(answer).toContain('"verified":true');
    },
  );
});
