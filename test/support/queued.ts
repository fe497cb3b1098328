import type { Insertable } from 'kysely';
import type { Schema } from '../../service/storage/schema.ts';

/** A mail in the queue, as a service that has ended left it; ids sort by `seq`. */
export const queuedRow = (
  seq: number,
  row: Partial<Insertable<Schema['delivery']>> & { organization: string },
): Insertable<Schema['delivery']> => ({
  id: `dlv_${String(seq).padStart(26, '0')}`,
  seq,
  kind: 'mail',
  world: 'live',
  endpoint: null,
  event: `alr_${seq}`,
  event_name: 'mail.0',
  subject: null,
  origin: 'alert',
  url_sealed: null,
  lane: 'mail',
  state: 'waiting',
  state_reason: null,
  attempts: 0,
  tries: 0,
  next_at: 1,
  claimed_by: null,
  claimed_until: null,
  created_at: 1,
  finished_at: null,
  mac: null,
  ...row,
});
