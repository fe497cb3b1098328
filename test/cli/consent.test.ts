import { execFileSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Cli, createCli, type Service } from './gatehouse.ts';
import { portrait } from './portraits.ts';

let cli: Cli;
let service: Service;
let key: string;
const file = (name: string) => join(cli.data, name);

beforeAll(async () => {
  cli = createCli();
  const made = await cli.json<{ keys: { test: string } }>('init', '--org', 'Acme');
  key = made.keys.test;
  writeFileSync(file('ada.jpg'), await portrait('ada'));
  writeFileSync(file('ada2.jpg'), await portrait('ada', 60));
  writeFileSync(file('bea.jpg'), await portrait('bea'));
  service = await cli.serve();
});
afterAll(async () => {
  await service?.end();
  await cli?.clean();
});

async function verify(email?: string) {
  const image = readFileSync(file('ada2.jpg')).toString('base64');
  const reply = await fetch(`${service.url}/api/verify`, {
    method: 'POST',
    headers: { 'x-api-key': key, 'content-type': 'application/json' },
    body: JSON.stringify({ image, ...(email === undefined ? {} : { email }) }),
  });
  return { status: reply.status, body: (await reply.json()) as Record<string, unknown> };
}

test('consent, holds, terms and the export of a person, as an operator uses them', async () => {
  const consent = 'v3,signed form,explicit consent,verification+identification';
  const enrolled = await cli.json<{ userId: string }>(
    ...['subject', 'enroll', '--env', 'test', '--email', 'ada@example.com'],
    ...['--consent', consent, '--consent-until', '2090-01-31', file('ada.jpg')],
  );
  await cli.json('subject', 'enroll', '--env', 'test', '--email', 'bea@example.com', file('bea.jpg'));
  expect((await verify()).body).toMatchObject({ verified: true, userId: enrolled.userId });

  const { consents } = await cli.json<{ consents: { id: string }[] }>(
    ...['consent', 'show', 'ada@example.com', '--env', 'test'],
  );
  const signed = await cli.json('consent', 'receipt', 'ada@example.com', consents[0]!.id, '--env', 'test');
  writeFileSync(file('consent.json'), JSON.stringify(signed, null, 2));
  const pem = await cli.run('receipt', 'key');
  writeFileSync(file('key.pem'), pem.stdout);
  const check = ['receipt', 'verify', file('consent.json'), '--public-key', file('key.pem')];
  expect(await cli.json(...check)).toMatchObject({ valid: true, textVersion: 'v3', withdrawn: [] });
  expect((await cli.run(...check)).stdout).toMatch(/text +v3\n.*purposes +verification, identification/s);
  // By the command of the document, with neither the program nor the box.
  const [, line] = /^node -e '(.+)'$/m.exec(readFileSync('docs/PRIVACY.md', 'utf8')) ?? [];
  const alone = line!
    .replace('receipt.json', file('consent.json'))
    .replace('receipt-key.pem', file('key.pem'));
  expect(execFileSync(process.execPath, ['-e', alone], { encoding: 'utf8' })).toBe('true\n');
  writeFileSync(file('consent.json'), JSON.stringify({ ...(signed as object), textVersion: 'v4' }));
  expect(execFileSync(process.execPath, ['-e', alone], { encoding: 'utf8' })).toBe('false\n');
  const forged = await cli.run(...check);
  expect([forged.code, forged.stdout]).toEqual([1, expect.stringContaining('NOT VALID')]);

  expect(
    await cli.json('consent', 'withdraw', 'ada@example.com', '--env', 'test', '--purpose', 'identification'),
  ).toMatchObject({ withdrawn: ['identification'], allowed: ['verification'], ended: false });
  expect((await verify()).body).toMatchObject({ verified: false });
  expect((await verify('ada@example.com')).body).toMatchObject({ verified: true });
  const all = await cli.run('consent', 'withdraw', 'ada@example.com', '--env', 'test', '--all');
  expect(all.stdout).toContain(
    'subject erase ada@example.com --confirm ada@example.com --reason consent-withdrawn --env test',
  );
  expect(await verify('ada@example.com')).toMatchObject({
    status: 403,
    body: { code: 'CONSENT_WITHDRAWN', requestId: expect.any(String) },
  });
  const neither = await cli.run('consent', 'withdraw', 'ada@example.com', '--env', 'test');
  expect([neither.code, neither.stderr]).toEqual([2, expect.stringContaining('--all')]);
  const unknown = await cli.run(
    'consent',
    'withdraw',
    'ada@example.com',
    '--env',
    'test',
    '--purpose',
    'marketing',
  );
  expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('deduplication')]);

  await cli.json('hold', 'place', 'ada@example.com', '--env', 'test', '--reason', 'Case 114');
  expect(await cli.json('hold', 'list', '--env', 'test')).toMatchObject({
    items: [{ userId: enrolled.userId, reason: 'Case 114' }],
  });
  expect(await cli.json('retention', 'sweep', '--dry-run')).toMatchObject({
    due: { 'consent-withdrawn': 0 },
    held: 1,
    people: 2,
  });

  const out = file('ada.json');
  await cli.json('subject', 'export', 'ada@example.com', '--env', 'test', '--out', out);
  expect(statSync(out).mode & 0o777).toBe(0o600);
  const record = JSON.parse(readFileSync(out, 'utf8'));
  expect(record).toMatchObject({
    format: 'gatehouse-subject-record/1',
    person: { email: 'ada@example.com' },
    consent: { withheld: ['verification', 'identification', 'deduplication'] },
    verifications: [{ verified: true }, { verified: true }],
  });
  const again = await cli.run('subject', 'export', 'ada@example.com', '--env', 'test', '--out', out);
  expect([again.code, again.stderr]).toEqual([2, expect.stringContaining('exists already')]);
  const pdf = file('ada.pdf');
  const print = (...words: string[]) =>
    cli.run('subject', 'export', 'ada@example.com', '--env', 'test', '--pdf', pdf, ...words);
  expect([(await print()).code, readFileSync(pdf, 'latin1').slice(0, 5)]).toEqual([0, '%PDF-']);
  expect(statSync(pdf).mode & 0o777).toBe(0o600);
  for (const [words, fault] of [
    [[], '--pdf'],
    [['--out', out], 'Give one of'],
    [['--with-templates'], 'no vectors'],
  ] as const) {
    const refused = await print(...words);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining(fault)]);
  }
  const none = await cli.run(
    'subject',
    'export',
    'eve@example.com',
    '--env',
    'test',
    '--out',
    file('eve.json'),
  );
  expect(none.code).toBe(1);
  expect(() => statSync(file('eve.json'))).toThrow('ENOENT');

  await cli.json('hold', 'release', 'ada@example.com', '--env', 'test');
  expect(await cli.json('retention', 'set', '--unused', '365', '--consent', '730')).toEqual({
    terms: { unusedDays: 365, consentDays: 730, verificationDays: 365, deliveryDays: 90, auditDays: 3650 },
    set: { unusedDays: 365, consentDays: 730 },
  });
  const tooLong = await cli.run('retention', 'set', '--unused', '1096');
  expect([tooLong.code, tooLong.stderr]).toEqual([1, expect.stringContaining('1095')]);
  const bare = await cli.run('retention', 'sweep');
  expect([bare.code, bare.stderr]).toEqual([1, expect.stringContaining('retention sweep --confirm 1')]);
  expect(await cli.json('retention', 'sweep', '--confirm', '1')).toMatchObject({
    finishedAt: expect.any(String),
    report: { erased: 1, due: { 'consent-withdrawn': 1 }, held: 0 },
  });
  expect(await cli.json('retention', 'reports')).toMatchObject({ items: [{ report: { erased: 1 } }] });
  expect(await cli.json('subject', 'list', '--env', 'test')).toMatchObject({ total: 1 });
  expect(
    (await cli.json<{ person?: object }>('subject', 'export', enrolled.userId, '--env', 'test')).person,
  ).toBe(undefined);

  expect(
    await cli.json('consent', 'attest', '--consent', 'v1,contract,explicit consent,verification'),
  ).toMatchObject({
    attestation: { purposes: ['verification'], attestedBy: expect.stringMatching(/^operator:/) },
  });
  expect(await cli.json('consent', 'show', 'bea@example.com', '--env', 'test')).toMatchObject({
    policy: 'attested',
    allowed: ['verification'],
  });
  expect(
    await cli.json(
      'consent',
      'record',
      'bea@example.com',
      '--env',
      'test',
      '--consent',
      consent,
      '--until',
      '2090-01-31',
    ),
  ).toMatchObject({
    allowed: ['verification', 'identification'],
    consents: [{ expiresAt: '2090-01-31T23:59:59.000Z' }],
  });
});
