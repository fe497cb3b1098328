import { X509Certificate } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createCustomerAuthority, hasOpenssl } from '../../test/support/certificate-authority.ts';
import { silentLog } from '../lib/log.ts';
import { createBoxCertificate } from './box-certificate.ts';
import { boxNames } from './box-names.ts';
import { createCustomerCertificate } from './customer-certificate.ts';

const DAY = 86_400_000;
let pki: ReturnType<typeof createCustomerAuthority>;
let data: string;
let now: number;
let hostName: string | undefined;
beforeAll(() => {
  if (hasOpenssl) pki = createCustomerAuthority();
});
afterAll(() => pki?.remove());
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'gatehouse-customer-'));
  // OpenSSL signs by the clock of the machine, in whole seconds: what it makes during a test begins before this.
  now = Date.now() + 3_600_000;
  hostName = 'gatehouse.example.org';
});
afterEach(() => rmSync(data, { recursive: true, force: true }));

function open() {
  const machine = {
    hostName: 'gate',
    interfaces: [{ address: '192.168.1.17', cidr: '192.168.1.17/24' }],
  };
  const clock = { now: () => now };
  const box = createBoxCertificate({
    folder: join(data, 'tls'),
    names: () => boxNames({ hostName, allowedHosts: ['face.example.org'] }, machine),
    clock,
    log: silentLog,
  });
  const customer = createCustomerCertificate(box, clock);
  return {
    box,
    customer: {
      ...customer,
      async request(how: Parameters<typeof customer.request>[0]) {
        const { keep, ...made } = await customer.request(how);
        keep();
        return made;
      },
      install(chain: string, key: string | undefined) {
        const { keep, ...checked } = customer.check(chain, key);
        keep();
        return checked;
      },
    },
  };
}
const plain = { again: false, addresses: false };

describe.skipIf(!hasOpenssl)('a certificate of the customer’s own authority', () => {
  test('is requested with every name, installed with its chain, and served', async () => {
    const { box, customer } = open();
    const { request, made } = await customer.request(plain);
    const leaf = pki.sign(request);
    expect(new X509Certificate(leaf).subjectAltName).toBe(
      'DNS:gatehouse.example.org, DNS:gatehouse.local, DNS:face.example.org',
    );
    // A bundle in another order, with the root.
    expect(customer.install(pki.root + pki.intermediate + leaf, undefined)).toEqual({
      uncovered: [],
      notes: [],
    });
    expect(box.read()).toMatchObject({
      is: 'usable',
      selfIssued: false,
      subject: 'CN=gatehouse.example.org',
    });
    const served = readFileSync(box.paths.installed, 'utf8').match(/-----BEGIN [A-Z ]+-----/g);
    expect([made, served]).toEqual([
      true,
      [...Array(3).fill('-----BEGIN CERTIFICATE-----'), '-----BEGIN PRIVATE KEY-----'],
    ]);
    expect(statSync(box.paths.installed).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(data, 'tls'))).toEqual(['installed.pem']);
    customer.discard();
    expect(customer.isInstalled()).toBe(false);
  });

  test('an open request is shown again; a new one has another key, and the former answer no longer fits', async () => {
    const { customer } = open();
    const first = await customer.request(plain);
    expect(await customer.request(plain)).toEqual({ request: first.request, made: false });
    const second = await customer.request({ again: true, addresses: true });
    expect(second.made).toBe(true);
    expect(new X509Certificate(pki.sign(second.request)).subjectAltName).toContain('IP Address:192.168.1.17');
    expect(() => customer.install(pki.sign(first.request) + pki.intermediate, undefined)).toThrow(
      'No certificate of the file belongs to the key',
    );
  });

  test('a renewal with the same key, and a pair that was made elsewhere, are installed', async () => {
    const { box, customer } = open();
    const { request } = await customer.request(plain);
    customer.install(pki.sign(request) + pki.intermediate, undefined);
    const renewed = pki.sign(request, { days: 380 });
    customer.install(renewed + pki.intermediate, undefined);
    expect(box.read()).toMatchObject({ is: 'usable', days: expect.toSatisfy((days) => days > 370) });
    const other = pki.requestOf('/CN=x');
    const extensions = 'subjectAltName=DNS:gatehouse.example.org\n';
    const leaf = pki.sign(other.request, { extensions });
    expect(customer.install(leaf, other.key)).toEqual({
      uncovered: ['gatehouse.local', 'face.example.org'],
      notes: [
        'Browsers refuse it under these names of the box: gatehouse.local, face.example.org.',
        'The file has no intermediate certificate: clients must have CN=Customer sub installed.',
      ],
    });
    customer.install(leaf + other.key, undefined);
  });

  describe('what cannot be served is refused with why, and nothing is changed', () => {
    const refusal = async (over: { sign?: Parameters<typeof pki.sign>[1]; file?: string; key?: string }) => {
      const { box, customer } = open();
      const { request } = await customer.request(plain);
      const before = readFileSync(box.paths.request, 'utf8');
      const file = over.file ?? pki.sign(request, over.sign) + pki.intermediate;
      let message = 'installed';
      try {
        customer.install(file, over.key);
      } catch (error) {
        expect(error).toMatchObject({ code: 'INVALID_REQUEST' });
        message = (error as Error).message;
      }
      expect(existsSync(box.paths.installed)).toBe(false);
      expect(readFileSync(box.paths.request, 'utf8')).toBe(before);
      return message;
    };
    const san = 'subjectAltName=DNS:gatehouse.example.org\n';

    test('no certificate, or one that cannot be read', async () => {
      expect(await refusal({ file: 'hello' })).toContain('holds no certificate in PEM form');
      const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
      expect(await refusal({ file: broken })).toContain('Certificate 1 of the file cannot be read');
      expect(await refusal({ file: pki.root.repeat(11) })).toContain('holds 11 certificates');
    });
    test('another key', async () => {
      expect(await refusal({ file: pki.intermediate })).toContain('No certificate of the file belongs');
      expect(await refusal({ key: 'hello' })).toContain('The private key cannot be read');
    });
    test('another name', async () => {
      expect(await refusal({ sign: { extensions: 'subjectAltName=DNS:other.example.org\n' } })).toContain(
        'is not for gatehouse.example.org, the host name of this box, but for other.example.org.',
      );
      hostName = undefined;
      expect(await refusal({ sign: { extensions: 'subjectAltName=DNS:localhost\n' } })).toContain(
        'for no name or address of this box',
      );
    });
    test('an authority, and a certificate for something else', async () => {
      expect(await refusal({ sign: { extensions: `${san}basicConstraints=CA:TRUE\n` } })).toContain(
        'is that of an authority',
      );
      expect(await refusal({ sign: { extensions: `${san}extendedKeyUsage=clientAuth\n` } })).toContain(
        'is not for servers',
      );
    });
    test('before its time, and after its end', async () => {
      now -= 2 * DAY;
      expect(await refusal({})).toContain('is valid only from');
      now += 400 * DAY;
      expect(await refusal({})).toContain('CN=gatehouse.example.org ended on');
    });
  });
});
