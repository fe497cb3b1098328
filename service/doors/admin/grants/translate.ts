import { describeGrant, type Grant } from '../../../engine/destinations/index.ts';
import { time } from '../../../lib/time.ts';
import type { GrantReply } from './wire.ts';

export const fromGrant = (grant: Grant): GrantReply => ({
  id: grant.id,
  to: describeGrant(grant),
  kind: grant.to.is,
  reach: grant.reach === 'public' ? 'public' : undefined,
  note: grant.note,
  createdAt: time(grant.createdAt),
  createdBy: grant.createdBy,
  revoked: grant.revoked && { at: time(grant.revoked.at), by: grant.revoked.by },
});
