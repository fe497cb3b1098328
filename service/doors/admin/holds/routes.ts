import type { Hold, Holds } from '../../../engine/consent/index.ts';
import type { Subjects } from '../../../engine/subjects/index.ts';
import { pageOf } from '../../../http/cursor.ts';
import { defined } from '../../../lib/defined.ts';
import { time } from '../../../lib/time.ts';
import { personParams } from '../ids.ts';
import { managers, readers } from '../may-call.ts';
import { createPersonOf } from '../person-of.ts';
import { type AdminRoute, route } from '../route.ts';
import { HoldPage, HoldQuery, HoldRelease, NewHold, PlacedReply, ReleasedReply } from './wire.ts';

export interface HoldRouteDeps {
  subjects: Pick<Subjects, 'get'>;
  holds: Pick<Holds, 'page' | 'place' | 'release'>;
}

const about = {
  tag: 'consent',
  within: 'world',
  keyRefusal: 'No API key may see or change legal holds: on the box run "gatehouse hold".',
} as const;
const changing = { operator: true, administrator: managers, key: false } as const;

const fromHold = ({ id, subject, placedAt, placedBy, reason }: Hold) => ({
  id,
  userId: subject,
  placedAt: time(placedAt),
  placedBy,
  reason,
});

/** Legal holds: what is kept of a person, whatever the terms say. */
export function holdRoutes({ subjects, holds }: HoldRouteDeps): AdminRoute[] {
  const personOf = createPersonOf(subjects);
  return [
    route({
      ...about,
      method: 'GET',
      url: '/holds',
      operationId: 'listHolds',
      effect: 'reads-personal',
      summary: 'List legal holds',
      description: 'People under a hold, and the reasons. The access is recorded in the audit log.',
      may: { operator: true, administrator: readers, key: false },
      query: HoldQuery,
      reply: HoldPage,
      async handle({ realm, query: { limit, cursor }, who, request }) {
        const page = await holds.page(realm, defined({ limit, before: cursor }), who, request);
        return pageOf(page.holds.map(fromHold), page.next);
      },
    }),
    route({
      ...about,
      method: 'POST',
      url: '/subjects/:id/holds',
      operationId: 'placeHold',
      effect: 'none',
      summary: 'Place a legal hold',
      description:
        'No sweep and no operator erases the person until it is released, and no picture is dropped.',
      may: changing,
      params: personParams,
      body: NewHold,
      status: 201,
      reply: PlacedReply,
      refuses: ['SUBJECT_NOT_FOUND', 'STORAGE_FULL'],
      async handle({ realm, params: { id }, body: { reason }, who, request }) {
        const person = await personOf(realm, id);
        return { hold: await holds.place(person, reason, who, request), userId: person.subject };
      },
    }),
    route({
      ...about,
      method: 'POST',
      url: '/subjects/:id/holds/release',
      operationId: 'releaseHold',
      effect: 'destroys',
      approval: 'hold.release',
      summary: 'Release a legal hold',
      description: 'The retention terms of the organization apply again.',
      may: changing,
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
