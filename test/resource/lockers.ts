import { z } from 'zod';
import { listRoute } from '../../service/doors/admin/lists.ts';
import { managers, readers } from '../../service/doors/admin/may-call.ts';
import { type AdminRoute, route } from '../../service/doors/admin/route.ts';
import type { Lockers } from './locker.ts';
import { Locker, NewLocker } from './locker-store.ts';

export interface LockerRouteDeps {
  lockers: Lockers;
}

const about = {
  tag: 'organizations',
  within: 'organization',
  keyRefusal: 'No API key may see or change lockers.',
} as const;
const changing = { operator: true, administrator: managers, key: false } as const;

export const lockerRoutes = ({ lockers }: LockerRouteDeps): AdminRoute[] => [
  listRoute({
    ...about,
    url: '/lockers',
    operationId: 'listLockers',
    effect: 'none',
    summary: 'List lockers',
    description: 'The lockers of the organization.',
    may: { operator: true, administrator: readers, key: false },
    item: Locker,
    items: 'Lockers, the newest first',
    page: 'LockerPage',
    key: z.string(),
    rows: ({ organization }, part) => lockers.page(organization, part),
  }),
  route('POST /lockers', {
    ...about,
    operationId: 'addLocker',
    effect: 'none',
    summary: 'Add a locker',
    description: 'Visitors may use it at once.',
    may: changing,
    body: NewLocker,
    status: 201,
    reply: Locker,
    refuses: ['STORAGE_FULL'],
    handle: ({ organization, body, who }) => lockers.add(organization, body, who),
  }),
  route('DELETE /lockers/:id', {
    ...about,
    operationId: 'removeLocker',
    effect: 'none',
    summary: 'Remove a locker',
    description: 'Visitors may not use it any more.',
    may: changing,
    params: z.strictObject({ id: z.string().describe('Id of the locker') }),
    refuses: ['NOT_FOUND', 'STORAGE_FULL'],
    handle: ({ organization, params: { id }, who }) => lockers.remove(organization, id, who),
  }),
];
