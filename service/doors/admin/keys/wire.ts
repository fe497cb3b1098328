import { z } from 'zod';
import { keyPrefixes, scopes } from '../../../engine/access/index.ts';
import { pageQuery, pageReply } from '../../../http/cursor.ts';
import { lineOfText } from '../../../http/text-fields.ts';
import { idOf } from '../ids.ts';
import { time } from '../reply-fields.ts';

const worlds = ['live', 'test'] as const;
const YEAR = 366 * 86_400;

const moment = z.iso.datetime({ offset: true });
const networks = z.array(z.string().max(64)).max(100);
const slugs = z.array(z.string().min(1).max(63)).max(100);

export const KeyQuery = z.strictObject(pageQuery(idOf('key')));

export const NewKey = z
  .strictObject({
    env: z.enum(worlds).describe('World: real people or trials'),
    scopes: z.array(z.enum(scopes)).min(1).describe('Scopes'),
    prefix: z.enum(keyPrefixes).optional().describe('Prefix; `gh` when absent'),
    name: lineOfText(120).optional().describe('Name for the list'),
    expiresAt: moment.optional().describe('Expiry, ISO 8601'),
    browser: z.boolean().optional().describe('Browser key: bound to origins, with few scopes'),
    origins: z
      .array(z.url({ protocol: /^https?$/ }))
      .optional()
      .describe('Allowed origins of browsers'),
    cidrs: networks.optional().describe('Allowed networks; any when absent'),
    profiles: slugs.optional().describe('Allowed profiles; those of the organization when absent'),
  })
  .meta({ id: 'NewKey', examples: [{ env: 'live', scopes: ['identity:verify'], name: 'door camera' }] });

export const KeyRestriction = z
  .strictObject({
    scopes: z.array(z.enum(scopes)).optional().describe('Scopes to keep'),
    origins: z.array(z.string().max(300)).max(100).optional().describe('Origins to keep'),
    cidrs: networks.optional().describe('Networks to keep'),
    profiles: slugs.optional().describe('Profiles to keep'),
    expiresAt: moment.optional().describe('An earlier expiry, ISO 8601'),
  })
  .refine(
    (change) => Object.values(change).some((value) => value !== undefined),
    'Name at least one restriction.',
  )
  .meta({ id: 'KeyRestriction', examples: [{ cidrs: ['10.20.0.0/16'] }] });

export const KeyRotation = z
  .strictObject({
    overlapSeconds: z.int().min(0).max(YEAR).describe('Time for which the old key keeps working'),
  })
  .meta({ id: 'KeyRotation', examples: [{ overlapSeconds: 604_800 }] });

const example = {
  id: 'key_01m7w2z9c0h2rb1yq7j5t8k3nd',
  name: 'door camera',
  prefix: 'gh' as const,
  env: 'live' as const,
  hint: 'x7Qa',
  scopes: ['identity:verify' as const],
  origins: [],
  browser: false,
  cidrs: ['10.20.0.0/16'],
  profiles: [],
  lineage: 'key_01m7w2z9c0h2rb1yq7j5t8k3nd',
  createdAt: '2026-11-20T12:00:00.000Z',
};

export const KeyReply = z
  .strictObject({
    id: z.string().describe('Id'),
    name: z.string().describe('Name; may be empty'),
    prefix: z.enum(keyPrefixes).describe('Prefix'),
    env: z.enum(worlds).describe('World'),
    hint: z.string().describe('Last characters of the key'),
    scopes: z.array(z.enum(scopes)).describe('Scopes'),
    origins: z.array(z.string()).describe('Allowed origins of browsers'),
    browser: z.boolean().describe('Whether it is a browser key'),
    cidrs: z.array(z.string()).describe('Allowed networks; empty: any'),
    profiles: z.array(z.string()).describe('Allowed profiles; empty: those of the organization'),
    lineage: z.string().describe('Id of the first key of its lineage'),
    successor: z.string().optional().describe('Id of its successor'),
    createdAt: time('Time of creation'),
    expiresAt: time('Expiry').optional(),
    revokedAt: time('Time of the revocation').optional(),
    lastUsedAt: time('Time of the last use, to the minute').optional(),
    lastUsedAddress: z.string().optional().describe('Address of the last use'),
    altered: z
      .literal(true)
      .optional()
      .describe('The row was changed by another program: the key is refused'),
  })
  .meta({ id: 'Key', description: 'An API key, without its secret.', examples: [example] });

const shownOnce = z.string().describe('The key itself. Shown only once');

export const NewKeyReply = KeyReply.extend({ key: shownOnce }).meta({
  id: 'KeyWithSecret',
  description: 'The key and its secret, which is shown only once.',
  examples: [{ ...example, key: 'gh_live_5uPq0zY3mVw8kR1tB6nXhD9sC2fJ4gLa' }],
});

export const RotatedKeyReply = NewKeyReply.extend({ old: KeyReply.describe('The rotated key') }).meta({
  id: 'RotatedKey',
  description: 'The successor, its secret (shown only once), and the key that it succeeds.',
  examples: [],
});

export const KeyPage = pageReply(KeyReply, 'API keys, the newest first', 'KeyPage');

export type NewKey = z.output<typeof NewKey>;
export type KeyRestriction = z.output<typeof KeyRestriction>;
export type KeyReply = z.output<typeof KeyReply>;
