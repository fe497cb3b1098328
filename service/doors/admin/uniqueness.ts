import { z } from 'zod';
import { CountedScope, type Scopes } from '../../engine/uniqueness/index.ts';
import { moment } from '../../lib/record-fields.ts';
import { idOf, paramsOf } from './ids.ts';
import { listRoute } from './lists.ts';
import { byManagers, byReaders } from './may-call.ts';
import { type AdminRoute, route } from './route.ts';

const ScopeRequest = z
  .strictObject({
    name: z
      .string()
      .max(128)
      .describe('Name of the region (`uniqueness_region_id`); empty: the scope of the organization'),
    falseFlagRate: z
      .number()
      .optional()
      .describe('Chance that a person who is no member is taken for one, 0.00001 to 0.1'),
    reviewRate: z
      .number()
      .optional()
      .describe(
        'The same, of a person who has to be compared by a reviewer; at least `falseFlagRate`, at most 0.3',
      ),
    onErasure: CountedScope.shape.onErasure.optional(),
    retentionDays: z
      .int()
      .min(1)
      .max(3650)
      .nullable()
      .optional()
      .describe('Days after the last visit until a member is erased; null: at the end of the scope'),
    endsAt: moment()
      .nullable()
      .optional()
      .describe('Time when the scope ends by itself, required with `hold`; null: it does not'),
  })
  .meta({
    id: 'UniquenessScopeRequest',
    description: 'Fields that are absent stay as they are.',
    examples: [{ name: 'survey-2026', falseFlagRate: 0.01, retentionDays: 90 }],
  });

const ConfirmRequest = z
  .strictObject({
    confirm: z
      .string()
      .max(128)
      .optional()
      .describe('Name of the region, or of the organization for its own scope, as a confirmation'),
  })
  .meta({ id: 'UniquenessScopeConfirmation', examples: [{ confirm: 'survey-2026' }] });

export interface UniquenessRouteDeps {
  uniquenessScopes: Scopes;
}

const about = {
  tag: 'uniqueness',
  within: 'world',
  keyRefusal: 'No API key may see or change uniqueness scopes: that takes an administrator.',
} as const;
const params = paramsOf('scope');

/** Scopes in which each human counts once. */
export const uniquenessRoutes = ({ uniquenessScopes: scopes }: UniquenessRouteDeps): AdminRoute[] => [
  listRoute({
    ...about,
    url: '/uniqueness/scopes',
    operationId: 'listUniquenessScopes',
    effect: 'none',
    summary: 'List uniqueness scopes',
    description: 'The organization’s own scope and its regions, with the number of humans in each.',
    may: byReaders,
    item: CountedScope,
    items: 'Scopes, the newest first',
    page: 'UniquenessScopePage',
    filter: {
      name: z
        .string()
        .max(128)
        .optional()
        .describe('Only the scope of this name; empty: the scope of the organization'),
    },
    key: idOf('scope'),
    rows: async ({ realm, query: { limit } }, part) => {
      const { scopes: items, next } = await scopes.page(realm, { ...part, limit });
      return { items, next };
    },
  }),
  route('GET /uniqueness/scopes/:id', {
    ...about,
    operationId: 'getUniquenessScope',
    effect: 'none',
    summary: 'Show a uniqueness scope',
    description: 'Settings, epoch and number of members.',
    may: byReaders,
    params,
    reply: CountedScope,
    refuses: ['NOT_FOUND'],
    handle: ({ realm, params: { id } }) => scopes.get(realm, id),
  }),
  route('PUT /uniqueness/scopes', {
    ...about,
    operationId: 'setUniquenessScope',
    effect: 'weakens-protection',
    summary: 'Set up a uniqueness scope',
    description:
      'Creates the scope of this name or changes it. A region that a caller names is otherwise made with its first person, by the rates of the organization’s scope. An ended scope begins its next epoch. Refused with CONFLICT if the present members consented to something else: rotate the scope first.',
    may: byManagers,
    body: ScopeRequest,
    reply: CountedScope,
    refuses: ['CONFLICT', 'STORAGE_FULL'],
    handle: ({ realm, body: { name, ...change }, who }) => scopes.configure(realm, name, change, who),
  }),
  ...endingRoutes(scopes),
];

/** The end of an epoch, and of a scope. */
const endingRoutes = (scopes: Scopes): AdminRoute[] => [
  route('POST /uniqueness/scopes/:id/rotate', {
    ...about,
    operationId: 'rotateUniquenessScope',
    effect: 'destroys',
    summary: 'Begin the next epoch of a scope',
    description:
      'Every human counts anew, with another id. The key of the epoch is destroyed, so that its ids are never made again, and its members are erased within minutes.',
    may: byManagers,
    params,
    body: ConfirmRequest,
    reply: CountedScope,
    refuses: ['NOT_FOUND', 'CONFIRMATION_REQUIRED', 'CONFLICT', 'STORAGE_FULL'],
    handle: ({ realm, params: { id }, body: { confirm }, who }) => scopes.rotate(realm, id, confirm, who),
  }),
  route('POST /uniqueness/scopes/:id/end', {
    ...about,
    operationId: 'endUniquenessScope',
    effect: 'destroys',
    summary: 'End a uniqueness scope',
    description:
      'The scope admits no person any more. Its key is destroyed and its members are erased within minutes.',
    may: byManagers,
    params,
    body: ConfirmRequest,
    reply: CountedScope,
    refuses: ['NOT_FOUND', 'CONFIRMATION_REQUIRED', 'STORAGE_FULL'],
    handle: ({ realm, params: { id }, body: { confirm }, who }) => scopes.end(realm, id, confirm, who),
  }),
];
