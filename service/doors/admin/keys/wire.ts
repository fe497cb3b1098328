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
    env: z.enum(worlds).describe('World it sees: real people or trials'),
    scopes: z.array(z.enum(scopes)).min(1).describe('What it may do'),
    prefix: z.enum(keyPrefixes).optional().describe('How it begins; `gh` when absent'),
    name: lineOfText(120).optional().describe('To recognize it in the list'),
    expiresAt: moment.optional().describe('Last moment it works, ISO 8601'),
    browser: z.boolean().optional().describe('For page code: bound to origins, with few rights'),
    origins: z
      .array(z.url({ protocol: /^https?$/ }))
      .optional()
      .describe('Origins a browser may send it from'),
    cidrs: networks.optional().describe('Networks it may be sent from; anywhere when absent'),
    profiles: slugs
      .optional()
      .describe('Profiles it may name; those that the organization allows when absent'),
  })
  .meta({ id: 'NewKey', examples: [{ env: 'live', scopes: ['identity:verify'], name: 'door camera' }] });

export const KeyRestriction = z
  .strictObject({
    scopes: z.array(z.enum(scopes)).optional().describe('The scopes it keeps'),
    origins: z.array(z.string().max(300)).max(100).optional().describe('The origins it keeps'),
    cidrs: networks.optional().describe('The networks it may be sent from'),
    profiles: slugs.optional().describe('The profiles it may name'),
    expiresAt: moment.optional().describe('An earlier end, ISO 8601'),
  })
  .refine(
    (change) => Object.values(change).some((value) => value !== undefined),
    'Name at least one restriction.',
  )
  .meta({ id: 'KeyRestriction', examples: [{ cidrs: ['10.20.0.0/16'] }] });

export const KeyRotation = z
  .strictObject({ overlapSeconds: z.int().min(0).max(YEAR).describe('How long the old key still works') })
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
    name: z.string().describe('Its name; empty where it has none'),
    prefix: z.enum(keyPrefixes).describe('How it begins'),
    env: z.enum(worlds).describe('World it sees'),
    hint: z.string().describe('Its last characters'),
    scopes: z.array(z.enum(scopes)).describe('What it may do'),
    origins: z.array(z.string()).describe('Origins a browser may send it from'),
    browser: z.boolean().describe('Whether it is for page code'),
    cidrs: z.array(z.string()).describe('Networks it may be sent from; empty: anywhere'),
    profiles: z.array(z.string()).describe('Profiles it may name; empty: those that the organization allows'),
    lineage: z.string().describe('Id of the first key of those that succeeded one another'),
    successor: z.string().optional().describe('The key it was rotated to'),
    createdAt: time('When it was made'),
    expiresAt: time('When it ends').optional(),
    revokedAt: time('When it was revoked').optional(),
    lastUsedAt: time('When it was last used, to the minute').optional(),
    lastUsedAddress: z.string().optional().describe('From where'),
    altered: z
      .literal(true)
      .optional()
      .describe('It is refused: something else than this service made or changed its row in the database'),
  })
  .meta({ id: 'Key', description: 'An API key, without its secret.', examples: [example] });

const shownOnce = z.string().describe('The key itself. Shown this once');

export const NewKeyReply = KeyReply.extend({ key: shownOnce }).meta({
  id: 'KeyWithSecret',
  description: 'The key, and its secret this once.',
  examples: [{ ...example, key: 'gh_live_5uPq0zY3mVw8kR1tB6nXhD9sC2fJ4gLa' }],
});

export const RotatedKeyReply = NewKeyReply.extend({ old: KeyReply.describe('The key it succeeds') }).meta({
  id: 'RotatedKey',
  description: 'The successor, its secret this once, and the key it succeeds.',
  examples: [],
});

export const KeyPage = pageReply(KeyReply, 'API keys, the newest first', 'KeyPage');

export type NewKey = z.output<typeof NewKey>;
export type KeyRestriction = z.output<typeof KeyRestriction>;
export type KeyReply = z.output<typeof KeyReply>;
