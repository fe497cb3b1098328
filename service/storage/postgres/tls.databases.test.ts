import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCustomerAuthority, hasOpenssl } from '../../../test/support/certificate-authority.ts';
import { freePort } from '../../../test/support/free-port.ts';
import { findPostgres, nameOf, startPostgres, type TestPostgres } from '../../../test/support/postgres.ts';
import { silentLog } from '../../lib/log.ts';
import { openDatabase } from '../connection.ts';
import { checkPostgres } from './check-postgres.ts';

const binaries = findPostgres();

describe.skipIf(binaries === undefined || !hasOpenssl)(
  'a PostgreSQL that takes encrypted connections only (skipped without PostgreSQL or openssl)',
  () => {
    let server: TestPostgres;
    let plain: TestPostgres;
    let database: string;
    let folder: string;
    const ports = { encrypted: 0, plain: 0 };
    const path = (name: string) => join(folder, name);
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'gatehouse-pg-tls-'));
      const [ours, others] = [createCustomerAuthority(), createCustomerAuthority()];
      const own = ours.requestOf('/CN=database');
      const chain =
        ours.sign(own.request, { extensions: 'subjectAltName=DNS:localhost' }) + ours.intermediate;
      for (const [name, authority, subject] of [
        ['right', ours, 'certified'],
        ['wrong', ours, 'gatehouse'],
        ['foreign', others, 'certified'],
      ] as const) {
        const { request, key } = authority.requestOf(`/CN=${subject}`);
        const extensions = 'extendedKeyUsage=clientAuth';
        writeFileSync(path(`${name}.pem`), authority.sign(request, { extensions }) + authority.intermediate);
        writeFileSync(path(`${name}.key`), key);
      }
      writeFileSync(path('root.pem'), ours.root);
      writeFileSync(path('other-root.pem'), others.root);
      ports.encrypted = await freePort();
      ports.plain = await freePort();
      server = await startPostgres(binaries ?? '', {
        settings: {
          listen_addresses: '127.0.0.1',
          port: String(ports.encrypted),
          ssl: 'on',
          ssl_cert_file: 'server.pem',
          ssl_key_file: 'server.key',
          ssl_ca_file: 'root.pem',
        },
        files: {
          'server.pem': chain,
          'server.key': own.key,
          'root.pem': ours.root,
          'pg_hba.conf':
            'local all all trust\nhostssl all gatehouse 127.0.0.1/32 trust\nhostssl all certified 127.0.0.1/32 cert\n',
        },
      });
      plain = await startPostgres(binaries ?? '', {
        settings: { listen_addresses: '127.0.0.1', port: String(ports.plain) },
      });
      database = nameOf(await server.createDatabase());
      await server.administer((client) =>
        client.query(`create role certified login; alter database ${database} owner to certified`),
      );
      for (const authority of [ours, others]) authority.remove();
    });
    afterAll(async () => {
      await server?.stop();
      await plain?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    const urlOf = (role: string, parameters: Record<string, string>, host = 'localhost') =>
      `postgresql://${role}@${host}:${ports.encrypted}/${database}?${new URLSearchParams(parameters)}`;
    const verified = () => ({ sslmode: 'verify-full', sslrootcert: path('root.pem') });
    const withCertificate = (name: string, key = name) => ({
      ...verified(),
      sslcert: path(`${name}.pem`),
      sslkey: path(`${key}.key`),
    });

    test('without encryption: encryption is named as the cause, and what to add to the URL', async () => {
      await expect(checkPostgres(urlOf('gatehouse', {}))).rejects.toMatchObject({
        code: 'CONFLICT',
        message: expect.stringMatching(
          /takes no unencrypted connection of the role "gatehouse"(?!.*CREATE ROLE).*sslmode=verify-full&sslrootcert=FILE/,
        ),
      });
    });

    test.each(['require', 'prefer', 'verify-ca', 'verify-full'])(
      'sslmode=%s checks the authority, and takes the one of sslrootcert',
      async (sslmode) => {
        await expect(checkPostgres(urlOf('gatehouse', { sslmode }))).rejects.toMatchObject({
          message: expect.stringMatching(/signed by no authority that this machine trusts.*sslrootcert=FILE/),
        });
        await expect(
          checkPostgres(urlOf('gatehouse', { sslmode, sslrootcert: path('other-root.pem') })),
        ).rejects.toMatchObject({ message: expect.stringContaining('signed by no authority') });
        await checkPostgres(urlOf('gatehouse', { ...verified(), sslmode }));
      },
    );

    test('another name than that of the certificate is refused, and no-verify takes it', async () => {
      await expect(checkPostgres(urlOf('gatehouse', verified(), '127.0.0.1'))).rejects.toMatchObject({
        message: expect.stringMatching(/is of another name.*Use a name of the certificate/),
      });
      await checkPostgres(urlOf('gatehouse', { sslmode: 'no-verify' }, '127.0.0.1'));
    });

    test('a server without encryption, asked for it', async () => {
      const url = `postgresql://gatehouse@localhost:${ports.plain}/postgres`;
      await expect(checkPostgres(`${url}?sslmode=require`)).rejects.toMatchObject({
        message: expect.stringMatching(/does not encrypt connections.*ssl_cert_file/),
      });
      await checkPostgres(url);
    });

    test('an address that no line of pg_hba.conf takes', async () => {
      await expect(checkPostgres(urlOf('stranger', verified()))).rejects.toMatchObject({
        message: expect.stringMatching(/adds to pg_hba.conf.*hostssl "t[0-9a-f]+" "stranger" ADDRESS/),
      });
    });

    test.each([
      ['none', () => verified(), /asks the role "certified" for a client certificate.*sslcert=FILE/],
      ['one of another role', () => withCertificate('wrong'), /is not that of the role "certified"/],
      [
        'one of another authority',
        () => withCertificate('foreign'),
        /refused the client certificate.*ssl_ca_file/,
      ],
      ['one with another key', () => withCertificate('right', 'wrong'), /do not belong together/],
      [
        'a file that is not there',
        () => withCertificate('absent'),
        /absent\.pem, which the database URL names/,
      ],
    ])('a client certificate that is asked for: %s', async (_, parameters, says) => {
      await expect(checkPostgres(urlOf('certified', parameters()))).rejects.toMatchObject({
        code: 'CONFLICT',
        message: expect.stringMatching(says),
      });
    });

    test('with the right client certificate everything works: lock, pool and migrations', async () => {
      const url = urlOf('certified', withCertificate('right'));
      await checkPostgres(url);
      const opened = await openDatabase(
        { kind: 'postgres', url },
        { clock: { now: () => 5 }, log: silentLog, writer: 'gatehouse 7' },
      );
      try {
        const { rows } = await server.administer((client) =>
          client.query(
            'select bool_and(ssl) as encrypted from pg_stat_ssl join pg_stat_activity using (pid) where usename = $1',
            ['certified'],
          ),
        );
        expect(rows).toEqual([{ encrypted: true }]);
      } finally {
        await opened.close();
      }
    });
  },
);
