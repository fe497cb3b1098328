import { expect, test } from 'vitest';
import { recordedAccess } from '../../../test/support/recorded-access.ts';
import type { Role } from '../../engine/accounts/index.ts';
import type { MomentKind } from '../../engine/audit/index.ts';
import type { Timelines } from '../../engine/people/index.ts';
import { createServer } from '../../http/server.ts';
import { systemClock } from '../../lib/clock.ts';
import { type AdministratorId, createIds, type OrganizationId } from '../../lib/id.ts';
import { silentLog } from '../../lib/log.ts';
import { type AdminDeps, createAdminDoor } from './index.ts';

const organization = { id: 'org_recorded' as OrganizationId, name: 'Recorded' };
const id = '0'.repeat(26);

/** The kinds that the engine was asked for, by an administrator with this role. */
async function kindsFor(role: Role, path: string) {
  const asked: (readonly MomentKind[])[] = [];
  const answer = async (_: unknown, __: unknown, { kinds }: { kinds: readonly MomentKind[] }) => {
    asked.push(kinds);
    return { items: [], more: false };
  };
  const timelines: Timelines = { ofPerson: answer, ofVerification: answer };
  const app = createServer({
    ids: createIds(systemClock),
    log: silentLog,
    access: recordedAccess(),
    sessions: {
      byCookie: async () => undefined,
      byToken: async () => ({
        is: 'administrator',
        administrator: 'adm_1' as AdministratorId,
        session: 'ses_1',
        organization: organization.id,
        role,
        applianceOwner: false,
      }),
      checkCsrf: () => false,
      hasFreshFactor: () => false,
      goesOn: async () => true,
    },
  });
  const deps = { organizations: { get: async () => organization }, timelines };
  await app.register(
    createAdminDoor(
      new Proxy(deps, { get: (all, room) => Reflect.get(all, room) ?? {} }) as unknown as AdminDeps,
    ),
  );
  const reply = await app.inject({
    url: `/api/admin${path}?env=test`,
    headers: { authorization: 'Bearer eyJ.e30.s' },
  });
  await app.close();
  return { status: reply.statusCode, kinds: asked[0] };
}

const paths = [`/subjects/sub_${id}/timeline`, `/verifications/ver_${id}/timeline`];

test.each(paths)('%s has what the role may read elsewhere', async (path) => {
  const has = async (role: Role) => {
    const { status, kinds } = await kindsFor(role, path);
    expect(status).toBe(200);
    return [kinds!.includes('verdict'), kinds!.includes('audit'), kinds!.includes('review')];
  };
  expect(await has('owner')).toEqual([true, true, true]);
  expect(await has('auditor')).toEqual([true, true, true]);
  expect(await has('operator')).toEqual([true, false, false]);
});

test.each(paths)('%s is refused to a role that reads no people', async (path) => {
  expect(await kindsFor('reviewer', path)).toMatchObject({ status: 403, kinds: undefined });
});
