import { needed, person, value } from '../flag.ts';
import { call, list, noun } from '../operation-command.ts';

export const hold = noun('legal holds: these people cannot be erased until the hold is released', {
  place: call('POST /api/admin/subjects/{id}/holds', {
    on: 'world',
    args: { id: person },
    about: 'prevent the erasure of a person; all their pictures are kept from now on',
    fields: {
      reason: needed(value('<text>', 'reason; stored sealed, in the person’s record and the audit log')),
    },
    text: (made) => `${made.userId} is under the legal hold ${made.hold}.`,
    examples: ['hold place ada@example.com --reason "Case 2026/114"'],
  }),
  release: call('POST /api/admin/subjects/{id}/holds/release', {
    on: 'world',
    args: { id: person },
    about: 'release a hold; the retention terms apply again',
    fields: { hold: value('<id>', 'id of the hold, if the person has several') },
    text: (reply) => `The legal hold ${reply.released} of ${reply.userId} is released.`,
    examples: ['hold release ada@example.com'],
  }),
  list: list('GET /api/admin/holds', {
    on: 'world',
    about: 'people under a hold and the reasons, the newest first (audited)',
    limit: 1000,
    rows: { hold: 'id', person: 'userId', since: 'placedAt', by: 'placedBy', reason: 'reason' },
    empty: 'No person is under a legal hold.',
    examples: ['hold list'],
  }),
});
