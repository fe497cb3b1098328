import { expect, test } from 'vitest';
import { createAdminClient } from '../../sdk/admin/client.ts';
import { chooseOrganization } from './organization.ts';

const answering = (items: object[]) => ({ admin: createAdminClient(async () => Response.json({ items })) });
const erased = { id: 'org_1', name: 'Museum', erasedAt: '2026-11-20T12:00:00.000Z' };
const school = { id: 'org_2', name: 'School' };

test('an organization that was erased does not count, and is found where it is named or the only one', async () => {
  const control = answering([erased, school]);
  expect(await chooseOrganization(control, undefined)).toEqual(school);
  expect(await chooseOrganization(control, 'Museum')).toEqual(erased);
  expect(await chooseOrganization(answering([erased]), undefined)).toEqual(erased);
  await expect(chooseOrganization(answering([]), undefined)).rejects.toThrow('no organization yet');
  const several = answering([erased, school, { id: 'org_3', name: 'Port' }]);
  await expect(chooseOrganization(several, undefined)).rejects.toThrow(
    'name one with --org ID:\n  org_2  School\n  org_3  Port',
  );
});
