import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ErasureReceipt } from '../../service/engine/erasure/index.ts';
import { createSubjectStore, type SealedValue } from '../../service/engine/subjects/subject-store.ts';
import { systemClock } from '../../service/lib/clock.ts';
import type { OrganizationId, SubjectId } from '../../service/lib/id.ts';
import { silentLog } from '../../service/lib/log.ts';
import { openDatabase } from '../../service/storage/connection.ts';
import { openVault } from '../../service/storage/vault.ts';
import { type Cli, createCli } from '../cli/gatehouse.ts';
import { portrait } from '../cli/portraits.ts';

const PEOPLE = 10;

let cli: Cli;
beforeEach(() => {
  cli = createCli();
});
afterEach(() => cli.clean());

/** Works on the data directory while no service has it. */
async function inside<T>(
  work: (parts: {
    store: ReturnType<typeof createSubjectStore>;
    db: Awaited<ReturnType<typeof openDatabase>>['db'];
    vault: Awaited<ReturnType<typeof openVault>>;
  }) => Promise<T>,
): Promise<T> {
  const deps = { clock: systemClock, log: silentLog };
  const { db, close } = await openDatabase({ kind: 'sqlite', path: join(cli.data, 'gatehouse.db') }, deps);
  const vault = await openVault(cli.data, { db, ...deps });
  try {
    return await work({ store: createSubjectStore({ db, sealer: vault.sealer }), db, vault });
  } finally {
    await vault.close();
    await close();
  }
}

/** Asks for the erasure and does not wait: whoever is killed answers nobody. */
function askToErase(organization: string, email: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const body = JSON.stringify({ world: 'test', confirm: email });
    const call = request(
      {
        socketPath: join(cli.data, 'control.sock'),
        method: 'DELETE',
        path: `/organizations/${organization}/subjects/${encodeURIComponent(email)}`,
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      },
      (reply) => {
        reply.resume();
        resolve(reply.statusCode);
      },
    );
    call.on('error', () => resolve(undefined));
    call.end(body);
  });
}

function* filesUnder(folder: string): Generator<string> {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const kind = statSync(path);
    if (kind.isDirectory() && name !== 'models') yield* filesUnder(path);
    else if (kind.isFile()) yield path;
  }
}

test('a service killed in the middle of erasures finishes them at its next start', async () => {
  await cli.json('init', '--org', 'Museum');
  await cli.json('org', 'set', '--uniqueness', 'off');
  const list = join(cli.data, 'people.csv');
  writeFileSync(join(cli.data, 'ada.jpg'), await portrait('ada'));
  const emails = Array.from({ length: PEOPLE }, (_, i) => `person${i}@example.com`);
  writeFileSync(list, `email,file\n${emails.map((email) => `${email},ada.jpg`).join('\n')}\n`);
  await cli.json('subject', 'import', list, '--test');
  const { subjects } = await cli.json<{ subjects: { userId: SubjectId; email: string }[] }>(
    'subject',
    'list',
    '--test',
  );
  expect(subjects).toHaveLength(PEOPLE);
  const [{ id: organization }] = (await cli.json<{ organizations: { id: OrganizationId }[] }>('org', 'list'))
    .organizations as [{ id: OrganizationId }];
  const realm = { organization, world: 'test' as const };
  const kept = new Map<SubjectId, SealedValue[]>(
    await inside(async ({ store }) =>
      Promise.all(
        subjects.map(async ({ userId }) => [userId, await store.sealedValues(realm, userId)] as const),
      ),
    ),
  );

  const acknowledged = new Set<SubjectId>();
  for (const [i, { userId, email }] of subjects.entries()) {
    const service = await cli.serve();
    const answer = askToErase(organization, email);
    // From before the first commit to after the last one, as far as this machine's speed allows.
    await wait(i * 4);
    await service.end('SIGKILL');
    if ((await answer) === 200) acknowledged.add(userId);
  }
  const service = await cli.serve();
  const { receipts } = await cli.json<{ receipts: ErasureReceipt[] }>('receipt', 'list');
  const left = await cli.json<{ subjects: { userId: SubjectId; enrollments: number }[] }>(
    'subject',
    'list',
    '--test',
  );
  await service.end();

  const erased = new Set(receipts.map(({ subject }) => subject));
  expect([...acknowledged].filter((id) => !erased.has(id))).toEqual([]);
  expect(receipts.filter(({ state }) => state !== 'done')).toEqual([]);
  expect(left.subjects.map(({ userId }) => userId).sort()).toEqual(
    subjects
      .map(({ userId }) => userId)
      .filter((id) => !erased.has(id))
      .sort(),
  );
  expect(left.subjects.every(({ enrollments }) => enrollments === 1)).toBe(true);
  // The kills met erasures at work, or this test shows nothing.
  expect(erased.size).toBeGreaterThan(0);

  await inside(async ({ db, vault }) => {
    for (const [subject, values] of kept) {
      const opened = await vault.sealer.openMany(values);
      expect(new Set(opened.map(({ is }) => is))).toEqual(new Set([erased.has(subject) ? 'erased' : 'open']));
    }
    const rows = await db.selectFrom('template').select('subject').execute();
    expect(rows.filter(({ subject }) => erased.has(subject as SubjectId))).toEqual([]);
    expect(await vault.keys.erasureLedger()).toHaveLength(erased.size);
  });
  expect(existsSync(join(cli.data, 'imports', `${organization}-test.txt`))).toBe(false);
  const journals = [list, join(cli.data, 'ada.jpg')];
  for (const file of filesUnder(cli.data)) {
    if (journals.includes(file)) continue;
    const bytes = readFileSync(file);
    for (const email of emails) expect([file, bytes.includes(email)]).toEqual([file, false]);
  }
  expect((await cli.run('audit', 'verify')).code).toBe(0);
});
