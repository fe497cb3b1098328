import { z } from 'zod';
import { type Access, ApiKey, exampleOfKey, keyPrefixes, scopes } from '../../engine/accounts/index.ts';
import type { Checks } from '../../engine/verification/index.ts';
import { env, inEnv, moment } from '../../lib/record-fields.ts';
import { lineOfText } from '../../lib/text-fields.ts';
import { idOf, paramsOf } from './ids.ts';
import { listRoute } from './lists.ts';
import { byManagers, byReaders } from './may-call.ts';
import { namesSome } from './request-fields.ts';
import { type AdminRoute, route } from './route.ts';

const YEAR = 366 * 86_400;

const networks = z.array(z.string().max(64)).max(100);
const slugs = z.array(z.string().min(1).max(63)).max(100);

const NewKey = z
  .strictObject({
    env: env('World: real people or trials'),
    scopes: z.array(z.enum(scopes)).min(1).describe('Scopes'),
    prefix: z.enum(keyPrefixes).optional().describe('Prefix; `gh` when absent'),
    name: lineOfText(120).optional().describe('Name for the list'),
    expiresAt: moment().optional().describe('Expiry, ISO 8601'),
    browser: z.boolean().optional().describe('Browser key: bound to origins, with few scopes'),
    origins: z
      .array(z.url({ protocol: /^https?$/ }))
      .optional()
      .describe('Allowed origins of browsers'),
    cidrs: networks.optional().describe('Allowed networks; any when absent'),
    profiles: slugs.optional().describe('Allowed profiles; those of the organization when absent'),
  })
  .meta({ id: 'NewKey', examples: [{ env: 'live', scopes: ['identity:verify'], name: 'door camera' }] });

const KeyRestriction = z
  .strictObject({
    scopes: z.array(z.enum(scopes)).optional().describe('Scopes to keep'),
    origins: z.array(z.string().max(300)).max(100).optional().describe('Origins to keep'),
    cidrs: networks.optional().describe('Networks to keep'),
    profiles: slugs.optional().describe('Profiles to keep'),
    expiresAt: moment().optional().describe('An earlier expiry, ISO 8601'),
  })
  .refine(namesSome, 'Name at least one restriction.')
  .meta({ id: 'KeyRestriction', examples: [{ cidrs: ['10.20.0.0/16'] }] });

const KeyRotation = z
  .strictObject({
    overlapSeconds: z.int().min(0).max(YEAR).describe('Time for which the old key keeps working'),
  })
  .meta({ id: 'KeyRotation', examples: [{ overlapSeconds: 604_800 }] });

const shownOnce = z.string().describe('The key itself. Shown only once');

const KeyWithSecret = ApiKey.extend({ key: shownOnce }).meta({
  id: 'KeyWithSecret',
  description: 'The key and its secret, which is shown only once.',
  examples: [{ ...exampleOfKey, key: 'gh_live_5uPq0zY3mVw8kR1tB6nXhD9sC2fJ4gLa' }],
});

const RotatedKey = KeyWithSecret.extend({ old: ApiKey.describe('The rotated key') }).meta({
  id: 'RotatedKey',
  description: 'The successor, its secret (shown only once), and the key that it succeeds.',
  examples: [],
});

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

const shown = ({ record, key }: Awaited<ReturnType<Access['createKey']>>) => ({ ...inEnv(record), key });

/** The API keys of an organization. No key may mint another. */
export const keyRoutes = ({ access, checks }: KeyRouteDeps): AdminRoute[] => [
  listRoute({
    ...about,
    url: '/keys',
    operationId: 'listKeys',
    effect: 'none',
    summary: 'List API keys',
    description: 'The keys of both worlds, also revoked ones, without their secrets.',
    may: byReaders,
    item: ApiKey,
    items: 'API keys, the newest first',
    page: 'KeyPage',
    key: idOf('key'),
    rows: async ({ organization }, part) => (await access.pageKeys(organization, part)).map(inEnv),
  }),
  route('POST /keys', {
    ...about,
    operationId: 'createKey',
    effect: 'opens-the-box',
    summary: 'Create an API key',
    description: 'The reply has the key itself, which is shown only once.',
    may: byManagers,
    body: NewKey,
    status: 201,
    shownOnce: true,
    reply: KeyWithSecret,
    refuses: ['NOT_FOUND', 'CONFLICT', 'PROFILE_NOT_FOUND', 'STORAGE_FULL'],
    async handle({ organization, body, who }) {
      for (const slug of body.profiles ?? []) await checks.getProfile(organization, slug);
      const { env: world, ...wanted } = body;
      return shown(await access.createKey({ organization, world, ...wanted }, who));
    },
  }),
  route('PATCH /keys/:id', {
    ...about,
    operationId: 'restrictKey',
    effect: 'none',
    summary: 'Restrict an API key',
    description: 'Removes rights from the next request on. Rights cannot be added: create a new key.',
    may: byManagers,
    params,
    body: KeyRestriction,
    reply: ApiKey,
    refuses: ['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'],
    handle: async ({ organization, params: { id }, body, who }) =>
      inEnv(await access.restrictKey(organization, id, body, who)),
  }),
  route('POST /keys/:id/rotate', {
    ...about,
    operationId: 'rotateKey',
    effect: 'opens-the-box',
    summary: 'Rotate an API key',
    description:
      'Creates a successor with the same rights, whose secret is shown only once; the old key keeps working for `overlapSeconds`.',
    may: byManagers,
    params,
    body: KeyRotation,
    status: 201,
    shownOnce: true,
    reply: RotatedKey,
    refuses: ['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'],
    async handle({ organization, params: { id }, body, who }) {
      const made = await access.rotateKey(organization, id, body.overlapSeconds * 1000, who);
      return { ...shown(made), old: inEnv(made.old) };
    },
  }),
  route('POST /keys/:id/revoke', {
    ...about,
    operationId: 'revokeKey',
    effect: 'none',
    summary: 'Revoke an API key',
    description: 'The key is refused permanently from the next request on. A repeated call changes nothing.',
    may: byManagers,
    params,
    reply: ApiKey,
    refuses: ['NOT_FOUND', 'STORAGE_FULL'],
    handle: async ({ organization, params: { id }, who }) =>
      inEnv(await access.revokeKey(organization, id, who)),
  }),
];
