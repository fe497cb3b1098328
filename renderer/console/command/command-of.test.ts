import { expect, test } from 'vitest';
import { type ShownRequest, toCli, toCurl } from './command-of.ts';

const org = 'org_1';
const request = (method: string, path: string, body?: unknown): ShownRequest => ({
  method,
  url: new URL(path, 'https://box.example'),
  ...(body !== undefined && { body }),
});

test('a list with its filters', () => {
  const list = request('GET', '/api/admin/sites?limit=50');
  expect(toCurl(list)).toBe(
    'curl -sS \'https://box.example/api/admin/sites?limit=50\' \\\n  -H "authorization: Bearer $GATEHOUSE_TOKEN"',
  );
  expect(toCli(list, org)).toBe('gatehouse site list --org org_1');
});

test('an operation with a body, quoted for the shell', () => {
  const made = request('POST', '/api/admin/administrators', {
    email: 'o@x.org',
    name: "Ada O'Hara; rm -rf $HOME",
    role: 'owner',
    applianceOwner: true,
  });
  expect(toCli(made, org)).toBe(
    `gatehouse admin create --email o@x.org --name 'Ada O'\\''Hara; rm -rf $HOME' --role owner --appliance-owner --org org_1`,
  );
  expect(toCurl(made)).toContain(`-d '{"email":"o@x.org","name":"Ada O'\\''Hara; rm -rf $HOME"`);
});

test('secrets and files are never printed', () => {
  const secrets = {
    password: 'hunter2',
    code: '123456',
    pin: '4711',
    passphrase: 'x y',
    nested: { secret: 's3cret' },
  };
  const shown = toCurl({ ...request('POST', '/api/admin/x', secrets), file: true });
  for (const value of ['hunter2', '123456', '4711', 'x y', 's3cret']) expect(shown).not.toContain(value);
  expect(shown).toContain(`"password":"'"$PASSWORD"'"`);
  const marked = { 'a\uE000$(id)\uE001': 'Ann \uE000$(id)\uE001' };
  expect(toCurl(request('POST', '/api/admin/x', marked))).toContain(`-d '{"a$(id)":"Ann $(id)"}'`);
  const webhook = request('POST', '/api/admin/webhooks', { headers: { 'X-Auth': 'Bearer abc' } });
  expect(toCurl(webhook)).toContain(`-d '{"headers":{"X-Auth":"'"$X_AUTH"'"}}'`);
  expect(shown).toContain('-F file=@FILE');
  expect(toCurl(request('POST', '/api/admin/x', { image: 'A'.repeat(5000) }))).toContain('"image":"…"');
});

test('what the command line cannot say has no command', () => {
  expect(toCli(request('POST', '/api/admin/administrators', { unknown: 1 }), org)).toBeUndefined();
  expect(toCli(request('POST', '/api/admin/nothing'), org)).toBeUndefined();
  expect(toCli(request('GET', '/api/admin/sites/x/y'), org)).toBeUndefined();
});

test('a picture to enroll or verify is a file of the reader', () => {
  const consent = {
    textVersion: 'v3',
    method: 'signed form',
    legalBasis: 'explicit consent',
    purposes: ['verification', 'identification'],
  };
  const path = '/api/admin/subjects?env=test';
  const enroll = {
    ...request('POST', path, { email: 'ada@x.org', name: 'Ada Lind', consent }),
    file: true,
  };
  expect(toCli(enroll, org)).toBe(
    "gatehouse subject enroll --email ada@x.org --name 'Ada Lind' --consent 'v3,signed form,explicit consent,verification+identification' --org org_1 --env test FILE",
  );
  expect(toCurl(enroll)).toContain('-F file=@FILE');
  expect(toCli({ ...enroll, many: { domain: 'x.org' } }, org)).toBe(
    "gatehouse subject import --domain x.org --consent 'v3,signed form,explicit consent,verification+identification' --org org_1 --env test FOLDER",
  );
  // Signed on the screen, and a comma that would part it.
  for (const other of [{ shown: true }, { method: 'form, signed' }])
    expect(
      toCli({ ...enroll, body: { email: 'ada@x.org', consent: { ...consent, ...other } } }, org),
    ).toBeUndefined();
  const verify = { ...request('POST', '/api/admin/verifications?env=live', {}), file: true };
  expect(toCli(verify, org)).toBe('gatehouse verify --org org_1 --env live FILE');
  expect(toCli({ ...request('POST', '/api/admin/models/files', { name: 'x' }), file: true }, org)).toBe(
    undefined,
  );
});
