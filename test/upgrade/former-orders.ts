import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import type { OrganizationId, SubjectId } from '../../service/lib/id.ts';
import { hashLinkToken } from '../../service/lib/link-token.ts';
import { silentLog } from '../../service/lib/log.ts';
import { openKeyStore } from '../../service/storage/keys/key-store.ts';
import { masterKeyFile } from '../../service/storage/master/master-key-file.ts';
import { createSealer } from '../../service/storage/sealing/sealed.ts';

const clock = { now: () => Date.now() };

/** Links that were given out, as 0.1 wrote them. */
export interface FormerOrders {
  hosted: string;
  registration: string;
  presence: string;
}

/** A link of each kind in the data directory, which no process has open; sealed under its keys. */
export async function writeFormerOrders(
  data: string,
  { organization, email }: { organization: string; email: string },
): Promise<FormerOrders> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-former-orders-'));
  // This release would bring the key store itself forward.
  copyFileSync(join(data, 'keys.db'), join(folder, 'keys.db'));
  const keys = await openKeyStore({ kind: 'sqlite', path: join(folder, 'keys.db') }, { clock });
  const master = await masterKeyFile(join(data, 'master.key')).open('current');
  const sealer = await createSealer({ keys, master, clock, log: silentLog });
  const owner = { organization: organization as OrganizationId, version: 1 };
  const database = new Sqlite(join(data, 'gatehouse.db'));
  const { id: subject } = database
    .prepare('select id from subject where organization = ? and world = ? and email_hash = ?')
    .get(organization, 'live', sealer.emailHash(owner.organization, email)) as { id: SubjectId };
  const bytes = (value: object) => new TextEncoder().encode(JSON.stringify(value));

  const tokens = { hosted: newToken(), registration: newToken(), presence: newToken() };
  const row = { organization, world: 'live', created_by: 'operator:ada', created_at: clock.now() };
  const insert = (table: string, values: object) => {
    const names = Object.keys(values);
    database
      .prepare(`insert into ${table} (${names}) values (${names.map((name) => `@${name}`)})`)
      .run(values);
  };
  const expires_at = clock.now() + 3_600_000;
  const page = { texts: { en: { title: 'From before' }, de: { title: 'Von früher' } }, redirects: {} };
  insert('hosted_link', {
    ...row,
    id: 'ver_former',
    token_hash: hashLinkToken(tokens.hosted),
    product: 'verifyhuman',
    page_sealed: sealer.sealOwn({ ...owner, field: 'hosted_link.page/ver_former' }, bytes(page)),
    expires_at,
    status: 'PENDING',
    reasons: '[]',
  });
  insert('registration', {
    ...row,
    id: 'reg_former',
    token_hash: hashLinkToken(tokens.registration),
    reference_hash: 'former',
    request_sealed: sealer.sealOwn(
      { ...owner, field: 'registration.request/reg_former' },
      bytes({ reference: 'user_1' }),
    ),
    region: 'survey_42',
    data_request: 'humanness-and-id',
    expires_at,
    status: 'pending',
  });
  insert('presence_session', {
    ...row,
    id: 'prs_former',
    lineage: 'key_1',
    link_hash: hashLinkToken(tokens.presence),
    state: 'pending',
    subject,
    request_sealed: await sealer.seal(
      { ...owner, subject, world: 'live', field: 'presence_session.request/prs_former' },
      bytes({ purpose: 'Authorize what was asked before' }),
    ),
    ttl_seconds: 60,
    single_use: 0,
    expires_at,
  });
  database.close();
  await keys.close();
  rmSync(folder, { recursive: true });
  return tokens;
}

const newToken = () => randomBytes(32).toString('base64url');
