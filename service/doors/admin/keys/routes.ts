import type { Access } from '../../../engine/access/index.ts';
import type { Checks } from '../../../engine/verification/index.ts';
import { toPage } from '../../../http/cursor.ts';
import { defined } from '../../../lib/defined.ts';
import type { KeyId } from '../../../lib/id.ts';
import { paramsOf } from '../ids.ts';
import { managers, readers } from '../may-call.ts';
import { type AdminRoute, route } from '../route.ts';
import { fromKey, fromNewKey, toNarrowing, toNewKey } from './translate.ts';
import {
  KeyPage,
  KeyQuery,
  KeyReply,
  KeyRestriction,
  KeyRotation,
  NewKey,
  NewKeyReply,
  RotatedKeyReply,
} from './wire.ts';

export interface KeyRouteDeps {
  access: Pick<Access, 'pageKeys' | 'createKey' | 'restrictKey' | 'rotateKey' | 'revokeKey'>;
  checks: Pick<Checks, 'getProfile'>;
}

const params = paramsOf('key');
const about = {
  tag: 'keys',
  within: 'organization',
  keyRefusal: 'No API key may see or change API keys: on the box run "gatehouse key".',
} as const;
const looking = { operator: true, administrator: readers, key: false } as const;
const changing = { operator: true, administrator: managers, key: false } as const;

/** The API keys of an organization. No key may mint another. */
export const keyRoutes = (deps: KeyRouteDeps): AdminRoute[] => [
  ...collectionRoutes(deps),
  ...singleKeyRoutes(deps.access),
];

/** `/keys`. */
function collectionRoutes({ access, checks }: KeyRouteDeps): AdminRoute[] {
  return [
    route({
      ...about,
      method: 'GET',
      url: '/keys',
      operationId: 'listKeys',
      effect: 'none',
      summary: 'List API keys',
      description: 'The keys of both worlds, also revoked ones, without their secrets.',
      may: looking,
      query: KeyQuery,
      reply: KeyPage,
      async handle({ organization, query: { limit, cursor } }) {
        const found = await access.pageKeys(organization, defined({ before: cursor, limit: limit + 1 }));
        return toPage(found.map(fromKey), limit, ({ id }) => id);
      },
    }),
    route({
      ...about,
      method: 'POST',
      url: '/keys',
      operationId: 'createKey',
      effect: 'opens-the-box',
      summary: 'Create an API key',
      description: 'The reply has the key itself, which is shown only once.',
      may: changing,
      body: NewKey,
      status: 201,
      shownOnce: true,
      reply: NewKeyReply,
      refuses: ['NOT_FOUND', 'CONFLICT', 'PROFILE_NOT_FOUND', 'STORAGE_FULL'],
      async handle({ organization, body, who }) {
        for (const slug of body.profiles ?? []) await checks.getProfile(organization, slug);
        return fromNewKey(await access.createKey(toNewKey(organization, body), who));
      },
    }),
  ];
}

/** `/keys/:id`. */
function singleKeyRoutes(access: KeyRouteDeps['access']): AdminRoute[] {
  return [
    route({
      ...about,
      method: 'PATCH',
      url: '/keys/:id',
      operationId: 'restrictKey',
      effect: 'none',
      summary: 'Restrict an API key',
      description: 'Removes rights from the next request on. Rights cannot be added: create a new key.',
      may: changing,
      params,
      body: KeyRestriction,
      reply: KeyReply,
      refuses: ['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'],
      handle: async ({ organization, params: { id }, body, who }) =>
        fromKey(await access.restrictKey(organization, id as KeyId, toNarrowing(body), who)),
    }),
    route({
      ...about,
      method: 'POST',
      url: '/keys/:id/rotate',
      operationId: 'rotateKey',
      effect: 'opens-the-box',
      summary: 'Rotate an API key',
      description:
        'Creates a successor with the same rights, whose secret is shown only once; the old key keeps working for `overlapSeconds`.',
      may: changing,
      params,
      body: KeyRotation,
      status: 201,
      shownOnce: true,
      reply: RotatedKeyReply,
      refuses: ['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'],
      async handle({ organization, params: { id }, body, who }) {
        const made = await access.rotateKey(organization, id as KeyId, body.overlapSeconds * 1000, who);
        return { ...fromNewKey(made), old: fromKey(made.old) };
      },
    }),
    route({
      ...about,
      method: 'POST',
      url: '/keys/:id/revoke',
      operationId: 'revokeKey',
      effect: 'none',
      summary: 'Revoke an API key',
      description:
        'The key is refused permanently from the next request on. A repeated call changes nothing.',
      may: changing,
      params,
      reply: KeyReply,
      refuses: ['NOT_FOUND', 'STORAGE_FULL'],
      handle: async ({ organization, params: { id }, who }) =>
        fromKey(await access.revokeKey(organization, id as KeyId, who)),
    }),
  ];
}
