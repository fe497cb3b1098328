import { z } from 'zod';
import { env, id, type OfWorld, time } from '../../lib/record-fields.ts';
import { scopes } from './scope.ts';

export const keyPrefixes = ['gh', 'prf', 'huma', 'hp', 'sk'] as const;
export type KeyPrefix = (typeof keyPrefixes)[number];

export const exampleOfKey = {
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

/** A key as it is listed: never its secret. */
export const ApiKey = z
  .object({
    id: id<'key'>(),
    name: z.string().describe('Name; may be empty'),
    prefix: z.enum(keyPrefixes).describe('Prefix'),
    env: env('World'),
    hint: z.string().describe('Last characters of the key'),
    scopes: z.array(z.enum(scopes)).describe('Scopes'),
    origins: z.array(z.string()).describe('Allowed origins of browsers'),
    browser: z.boolean().describe('Whether it is a browser key'),
    cidrs: z.array(z.string()).describe('Allowed networks; empty: any'),
    profiles: z.array(z.string()).describe('Allowed profiles; empty: those of the organization'),
    lineage: z.string().describe('Id of the first key of its lineage'),
    successor: id<'key'>().optional().describe('Id of its successor'),
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
  .meta({ id: 'Key', description: 'An API key, without its secret.', examples: [exampleOfKey] });
export type ApiKey = OfWorld<typeof ApiKey>;

export function isValid({ revokedAt, expiresAt, altered }: ApiKey, now: number): boolean {
  return !altered && revokedAt === undefined && (expiresAt === undefined || now < expiresAt);
}
