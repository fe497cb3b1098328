import { expect, test } from 'vitest';
import type { Organization } from '../organization.ts';
import { checkConsent, checkKeyStore, checkMasterKey } from './service.ts';

const stick = [{ place: '/media/stick' }];

test.each([
  ['in the data directory', { kind: 'file', path: '/srv/data/master.key' }, 'warn', 'in the data directory'],
  ['beside a copy of the key store', { kind: 'file', path: '/media/stick/m.key' }, 'warn', 'beside a copy'],
  ['on a medium of its own', { kind: 'file', path: '/media/safe/m.key' }, 'ok', '/media/safe/m.key'],
  ['in a folder that only begins alike', { kind: 'file', path: '/srv/data-keys/m.key' }, 'ok', '/srv/data-'],
  ['behind a passphrase', { kind: 'passphrase', path: '/srv/data/p.json' }, 'ok', 'passphrase'],
] as const)('the master key %s', (_where, master, state, found) => {
  const finding = checkMasterKey(master, '/srv/data', stick);
  expect(finding).toMatchObject({ state, found: expect.stringContaining(found) });
  expect(finding.remedy === undefined).toBe(state === 'ok');
});

test('an organization without attested consent is named, until it attests or asks each person', () => {
  const silent = { name: 'Museum', consentPolicy: 'attested' } as const;
  const attestation: Organization['attestation'] = {
    textVersion: 'v1',
    purposes: ['verification'],
    method: 'form',
    legalBasis: 'consent',
    attestedBy: 'operator:ada',
    attestedAt: '2026-11-20',
  };
  expect(checkConsent([silent, { ...silent, name: 'School' }])).toMatchObject({
    state: 'warn',
    found: expect.stringContaining('Museum and 1 more'),
  });
  expect(checkConsent([{ ...silent, erasedAt: '2026-11-20' }])).toMatchObject({ state: 'ok' });
  expect(checkConsent([{ ...silent, attestation }])).toMatchObject({ state: 'ok' });
  expect(checkConsent([{ name: 'Museum', consentPolicy: 'with-call' }])).toMatchObject({ state: 'ok' });
});

test('keys in the data directory of people in PostgreSQL are reported, until there is a copy', () => {
  const data = '/srv/data';
  const databaseUrl = 'postgresql://ada:secret@db.example/people';
  const finding = checkKeyStore({ data, databaseUrl }, []);
  expect(finding).toMatchObject({
    state: 'warn',
    found: expect.stringContaining('/srv/data/keys.db'),
    remedy: expect.stringContaining('--keys-database-url'),
  });
  expect(JSON.stringify(finding)).not.toContain('secret');
  expect(checkKeyStore({ data, databaseUrl }, stick)).toMatchObject({ state: 'ok' });
  expect(checkKeyStore({ data }, [])).toMatchObject({ state: 'ok', found: '/srv/data/keys.db' });
  expect(
    checkKeyStore({ data, databaseUrl, keysDatabaseUrl: 'postgresql://ada:secret@db.example/keys' }, []),
  ).toEqual({ what: 'key store', state: 'ok', found: 'a second database, PostgreSQL db.example:5432/keys' });
});
