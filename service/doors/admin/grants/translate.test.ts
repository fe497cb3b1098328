import { expect, test } from 'vitest';
import type { Grant } from '../../../engine/destinations/index.ts';
import { fromGrant } from './translate.ts';
import { GrantReply } from './wire.ts';

const grant: Grant = {
  id: 'grt_1' as never,
  organization: 'org_secret' as never,
  to: { is: 'cidr', cidr: 'fd00::/8' },
  reach: 'any',
  port: 8443,
  note: '',
  createdAt: 0,
  createdBy: 'operator:ada',
  revoked: { at: 1, by: 'operator:bea' },
};

test('a grant is shown as written, without its organization', () => {
  expect(GrantReply.parse(fromGrant(grant))).toEqual({
    id: 'grt_1',
    to: '[fd00::/8]:8443',
    kind: 'cidr',
    note: '',
    createdAt: '1970-01-01T00:00:00.000Z',
    createdBy: 'operator:ada',
    revoked: { at: '1970-01-01T00:00:00.001Z', by: 'operator:bea' },
  });
  expect(JSON.stringify(fromGrant({ ...grant, revoked: undefined }))).not.toMatch(/revoked|org_secret/);
});
