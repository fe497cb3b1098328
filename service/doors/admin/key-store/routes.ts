import type { KeyPlaces } from '../../../engine/keys/index.ts';
import { pageOfShort } from '../../../http/cursor.ts';
import { defined } from '../../../lib/defined.ts';
import { ofAppliance } from '../may-call.ts';
import { type AdminRoute, route } from '../route.ts';
import { fromPlace } from './translate.ts';
import {
  AttestedReply,
  DestroyedPlace,
  NewPlace,
  OldPlace,
  PlaceReply,
  PlacesReply,
  ShortQuery,
} from './wire.ts';

export interface KeyPlaceRouteDeps {
  keyPlaces: KeyPlaces;
}

const about = {
  tag: 'key-store',
  within: 'appliance',
  may: ofAppliance,
} as const;

/** The places where copies of the key store are kept. */
export const keyPlaceRoutes = ({ keyPlaces }: KeyPlaceRouteDeps): AdminRoute[] => [
  route({
    ...about,
    method: 'GET',
    url: '/key-store/places',
    operationId: 'listKeyPlaces',
    effect: 'none',
    summary: 'List the copies of the key store',
    description: 'Folders with a copy of the key store, and whether each copy is up to date.',
    query: ShortQuery,
    reply: PlacesReply,
    handle: async ({ query }) =>
      pageOfShort((await keyPlaces.list()).map(fromPlace), query, ({ place }) => place),
  }),
  route({
    ...about,
    method: 'POST',
    url: '/key-store/places',
    operationId: 'addKeyPlace',
    effect: 'opens-the-box',
    summary: 'Keep a copy of the key store in a folder',
    description: 'The copy is updated with every write. An existing copy is only brought up to date.',
    body: NewPlace,
    status: 201,
    reply: PlaceReply,
    refuses: ['CONFLICT', 'STORAGE_FULL'],
    handle: async ({ body: { folder }, who }) => fromPlace(await keyPlaces.add(folder, who)),
  }),
  route({
    ...about,
    method: 'POST',
    url: '/key-store/places/remove',
    operationId: 'removeKeyPlace',
    effect: 'weakens-protection',
    summary: 'Remove a copy of the key store',
    description: 'The copy is no longer updated. With `wipe` it is destroyed too, and must be reachable.',
    body: OldPlace,
    reply: PlaceReply,
    refuses: ['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'],
    handle: async ({ body: { folder, wipe }, who }) =>
      fromPlace(await keyPlaces.remove(folder, { wipe }, who)),
  }),
  route({
    ...about,
    method: 'POST',
    url: '/key-store/places/destroyed',
    operationId: 'attestDestroyedKeyPlace',
    effect: 'weakens-protection',
    summary: 'State that the medium of a copy is destroyed',
    description:
      'Completes the erasures that wait for the copy; their receipts name the operator who attested it.',
    body: DestroyedPlace,
    reply: AttestedReply,
    refuses: ['NOT_FOUND', 'CONFLICT', 'CONFIRMATION_REQUIRED', 'STORAGE_FULL'],
    handle: ({ body: { folder, ...options }, who }) => keyPlaces.attest(folder, defined(options), who),
  }),
  route({
    ...about,
    method: 'POST',
    url: '/key-store/sync',
    operationId: 'syncKeyPlaces',
    effect: 'none',
    summary: 'Bring every copy of the key store up to date',
    description: 'Updates all copies that can be reached.',
    reply: PlacesReply,
    handle: async () => ({ items: (await keyPlaces.sync()).map(fromPlace) }),
  }),
];
