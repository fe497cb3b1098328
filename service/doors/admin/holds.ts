import { z } from 'zod';
import type { Holds } from '../../engine/consent/index.ts';
import type { Subjects } from '../../engine/people/index.ts';
import { actor, time } from '../../lib/record-fields.ts';
import { lineOfText } from '../../lib/text-fields.ts';
import { idOf, personParams } from './ids.ts';
import { listRoute } from './lists.ts';
import { byManagers, byReaders } from './may-call.ts';
import { createPersonOf } from './realm.ts';
import { type AdminRoute, route } from './route.ts';

const NewHold = z
  .strictObject({ reason: lineOfText(500).describe('Reason; stored sealed') })
  .meta({ id: 'NewHold', examples: [{ reason: 'Case 2026/114' }] });

const HoldRelease = z
  .strictObject({
    hold: z.string().max(64).optional().describe('Id of the hold, if the person has several'),
  })
  .meta({ id: 'HoldRelease', examples: [{}] });

const hold = 'hold_01m7w3hb8hbf355he5zqwjztdk';
const userId = 'sub_01m7w3ayykpzv1m774b6g68g31';
const person = z.string().describe('Id of the person');

const NewHoldReply = z
  .strictObject({ hold: z.string().describe('Id of the hold'), userId: person })
  .meta({ id: 'HoldPlaced', description: 'A new hold.', examples: [{ hold, userId }] });

const ReleasedReply = z
  .strictObject({ released: z.string().describe('Id of the hold'), userId: person })
  .meta({ id: 'HoldReleased', description: 'The released hold.', examples: [{ released: hold, userId }] });

const HoldReply = z
  .object({
    id: z.string().describe('Id'),
    userId: person,
    placedAt: time('Time of the change'),
    placedBy: actor,
    reason: z.string().optional().describe('Reason; absent once the key of the person is destroyed'),
    unreadable: z
      .literal(true)
      .optional()
      .describe('The reason is damaged on the disk: release the hold, and place it again'),
  })
  .meta({
    id: 'Hold',
    description: 'A legal hold in force.',
    examples: [
      {
        id: hold,
        userId,
        placedAt: '2026-11-20T12:00:00.000Z',
        placedBy: 'operator:ada',
        reason: 'Case 2026/114',
      },
    ],
  });

export interface HoldRouteDeps {
  subjects: Pick<Subjects, 'get'>;
  holds: Pick<Holds, 'page' | 'place' | 'release'>;
}

const about = {
  tag: 'consent',
  within: 'world',
  keyRefusal: 'No API key may see or change legal holds: on the box run "gatehouse hold".',
} as const;

/** Legal holds: what is kept of a person, whatever the terms say. */
export function holdRoutes({ subjects, holds }: HoldRouteDeps): AdminRoute[] {
  const personOf = createPersonOf(subjects);
  return [
    listRoute({
      ...about,
      url: '/holds',
      operationId: 'listHolds',
      effect: 'reads-personal',
      summary: 'List legal holds',
      description: 'People under a hold, and the reasons. The access is recorded in the audit log.',
      may: byReaders,
      item: HoldReply,
      items: 'Holds in force, the newest first',
      page: 'HoldPage',
      key: idOf('hold'),
      rows: async ({ realm, query: { limit, cursor: before }, who, request }) => {
        const { holds: items, next } = await holds.page(realm, { limit, before }, who, request);
        return { items: items.map((hold) => ({ ...hold, userId: hold.subject })), next };
      },
    }),
    route('POST /subjects/:id/holds', {
      ...about,
      operationId: 'placeHold',
      effect: 'none',
      summary: 'Place a legal hold',
      description:
        'No sweep and no operator erases the person until it is released, and no picture is dropped.',
      may: byManagers,
      params: personParams,
      body: NewHold,
      status: 201,
      reply: NewHoldReply,
      refuses: ['SUBJECT_NOT_FOUND', 'STORAGE_FULL'],
      async handle({ realm, params: { id }, body: { reason }, who, request }) {
        const person = await personOf(realm, id);
        return { hold: await holds.place(person, reason, who, request), userId: person.subject };
      },
    }),
    route('POST /subjects/:id/holds/release', {
      ...about,
      operationId: 'releaseHold',
      effect: 'destroys',
      approval: 'hold.release',
      summary: 'Release a legal hold',
      description: 'The retention terms of the organization apply again.',
      may: byManagers,
      params: personParams,
      body: HoldRelease,
      reply: ReleasedReply,
      refuses: ['SUBJECT_NOT_FOUND', 'NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'],
      async handle({ realm, params: { id }, body: { hold }, who, request }) {
        const person = await personOf(realm, id);
        return { released: await holds.release(person, hold, who, request), userId: person.subject };
      },
    }),
  ];
}
