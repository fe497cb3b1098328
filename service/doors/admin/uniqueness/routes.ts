import type { Scopes } from '../../../engine/uniqueness/index.ts';
import { pageOf } from '../../../http/cursor.ts';
import { defined } from '../../../lib/defined.ts';
import { paramsOf } from '../ids.ts';
import { managers, readers } from '../may-call.ts';
import { type AdminRoute, route } from '../route.ts';
import { fromScope, toSettings } from './translate.ts';
import { ConfirmRequest, ScopePage, ScopeQuery, ScopeReply, ScopeRequest } from './wire.ts';

export interface UniquenessRouteDeps {
  uniquenessScopes: Scopes;
}

const about = {
  tag: 'uniqueness',
  within: 'world',
  keyRefusal: 'No API key may see or change uniqueness scopes: that takes an administrator.',
} as const;
const looking = { operator: true, administrator: readers, key: false } as const;
const changing = { operator: true, administrator: managers, key: false } as const;
const params = paramsOf('scope');

/** Scopes in which each human counts once. */
export const uniquenessRoutes = ({ uniquenessScopes: scopes }: UniquenessRouteDeps): AdminRoute[] => [
  route({
    ...about,
    method: 'GET',
    url: '/uniqueness/scopes',
    operationId: 'listUniquenessScopes',
    effect: 'none',
    summary: 'List uniqueness scopes',
    description: 'The organization’s own scope and its regions, with the number of humans in each.',
    may: looking,
    query: ScopeQuery,
    reply: ScopePage,
    async handle({ realm, query: { cursor, limit, name } }) {
      const page = await scopes.page(realm, { limit, ...defined({ before: cursor, name }) });
      return pageOf(page.scopes.map(fromScope), page.next);
    },
  }),
  route({
    ...about,
    method: 'GET',
    url: '/uniqueness/scopes/:id',
    operationId: 'getUniquenessScope',
    effect: 'none',
    summary: 'Show a uniqueness scope',
    description: 'Settings, epoch and number of members.',
    may: looking,
    params,
    reply: ScopeReply,
    refuses: ['NOT_FOUND'],
    handle: async ({ realm, params: { id } }) => fromScope(await scopes.get(realm, id)),
  }),
  route({
    ...about,
    method: 'PUT',
    url: '/uniqueness/scopes',
    operationId: 'setUniquenessScope',
    effect: 'weakens-protection',
    summary: 'Set up a uniqueness scope',
    description:
      'Creates the scope of this name or changes it. A region that a caller names is otherwise made with its first person, by the rates of the organization’s scope. An ended scope begins its next epoch. Refused with CONFLICT if the present members consented to something else: rotate the scope first.',
    may: changing,
    body: ScopeRequest,
    reply: ScopeReply,
    refuses: ['CONFLICT', 'STORAGE_FULL'],
    handle: async ({ realm, body, who }) =>
      fromScope(await scopes.configure(realm, body.name, toSettings(body), who)),
  }),
  ...endingRoutes(scopes),
];

/** The end of an epoch, and of a scope. */
const endingRoutes = (scopes: Scopes): AdminRoute[] => [
  route({
    ...about,
    method: 'POST',
    url: '/uniqueness/scopes/:id/rotate',
    operationId: 'rotateUniquenessScope',
    effect: 'destroys',
    summary: 'Begin the next epoch of a scope',
    description:
      'Every human counts anew, with another id. The key of the epoch is destroyed, so that its ids are never made again, and its members are erased within minutes.',
    may: changing,
    params,
    body: ConfirmRequest,
    reply: ScopeReply,
    refuses: ['NOT_FOUND', 'CONFIRMATION_REQUIRED', 'CONFLICT', 'STORAGE_FULL'],
    handle: async ({ realm, params: { id }, body: { confirm }, who }) =>
      fromScope(await scopes.rotate(realm, id, confirm, who)),
  }),
  route({
    ...about,
    method: 'POST',
    url: '/uniqueness/scopes/:id/end',
    operationId: 'endUniquenessScope',
    effect: 'destroys',
    summary: 'End a uniqueness scope',
    description:
      'The scope admits no person any more. Its key is destroyed and its members are erased within minutes.',
    may: changing,
    params,
    body: ConfirmRequest,
    reply: ScopeReply,
    refuses: ['NOT_FOUND', 'CONFIRMATION_REQUIRED', 'STORAGE_FULL'],
    handle: async ({ realm, params: { id }, body: { confirm }, who }) =>
      fromScope(await scopes.end(realm, id, confirm, who)),
  }),
];
