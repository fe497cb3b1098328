import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readUnattended } from './init.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-unattended-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const elin = { email: 'elin@example.com', name: 'Elin', password: 'wet gravel under pines' };

test('everything comes from flags, from the environment, and from files that the environment names', () => {
  const password = file('password', `${elin.password}\n`);
  const whole = { org: 'Acme', owner: elin, hostName: 'gatehouse.home.arpa', matchOnly: true };
  const flags = {
    org: 'Acme',
    ownerEmail: elin.email,
    ownerName: elin.name,
    ownerPasswordFile: password,
    hostName: 'gatehouse.home.arpa',
    matchOnly: true,
  };
  expect(readUnattended(flags, {})).toEqual(whole);
  const { hostName: _, ...withoutName } = whole;
  expect(
    readUnattended(
      {},
      {
        GATEHOUSE_ORG: 'Acme',
        GATEHOUSE_OWNER_EMAIL: elin.email,
        GATEHOUSE_OWNER_NAME: elin.name,
        GATEHOUSE_OWNER_PASSWORD: elin.password,
        GATEHOUSE_MATCH_ONLY: 'yes',
        // A setting of the service: no need to write it down.
        GATEHOUSE_HOST_NAME: 'gatehouse.home.arpa',
      },
    ),
  ).toEqual(withoutName);
  expect(
    readUnattended(
      {},
      {
        GATEHOUSE_ORG_FILE: file('org', 'Acme\n'),
        GATEHOUSE_OWNER_EMAIL_FILE: file('email', elin.email),
        GATEHOUSE_OWNER_NAME_FILE: file('name', `${elin.name}\r\n`),
        GATEHOUSE_OWNER_PASSWORD_FILE: password,
        GATEHOUSE_HOST_NAME_FILE: file('host', 'gatehouse.home.arpa\n'),
        GATEHOUSE_MATCH_ONLY_FILE: file('match', 'true\n'),
      },
    ),
  ).toEqual(whole);
  expect(readUnattended({ org: 'Flag' }, { GATEHOUSE_ORG: 'Environment' })).toEqual({
    org: 'Flag',
    matchOnly: false,
  });
});

test.each([
  [{}, {}, '--org <name>'],
  [{ org: 'A', ownerEmail: 'a@b.c' }, {}, 'missing: --owner-name, --owner-password-file'],
  [{ org: 'A' }, { GATEHOUSE_OWNER_PASSWORD: 'x' }, 'missing: --owner-email, --owner-name'],
  [{ org: 'A' }, { GATEHOUSE_MATCH_ONLY: 'perhaps' }, 'neither true nor false'],
  [{}, { GATEHOUSE_ORG: 'A', GATEHOUSE_ORG_FILE: '/b' }, 'both set'],
  [{}, { GATEHOUSE_ORG_FILE: '/nowhere/org' }, 'cannot be read'],
])('%j with %j is refused', (options, env, sentence) => {
  expect(() => readUnattended(options, env)).toThrow(sentence);
});

test('an empty file is refused', () => {
  expect(() => readUnattended({}, { GATEHOUSE_ORG_FILE: file('empty', '\n') })).toThrow('is empty');
});
