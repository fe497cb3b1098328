import { z } from 'zod';
import { pageQuery, pageReply } from '../../../http/cursor.ts';
import { lineOfText } from '../../../http/text-fields.ts';
import { idOf } from '../ids.ts';
import { actor, time } from '../reply-fields.ts';

export const GrantQuery = z.strictObject({
  revoked: z
    .enum(['true', 'false'])
    .transform((revoked) => revoked === 'true')
    .optional()
    .describe('`false`: only grants in force; `true`: only revoked grants'),
  ...pageQuery(idOf('grant')),
});

/** The engine says how a destination is written. */
export const NewGrant = z
  .strictObject({
    to: z
      .string()
      .min(1)
      .max(300)
      .describe(
        'The destination: host, `*.host` for any below, address or network, each with `:port` if it is not the default, or `public-https`',
      ),
    note: lineOfText(300).optional().describe('Note for people'),
  })
  .meta({ id: 'NewGrant', examples: [{ to: 'hooks.example.org', note: 'order system' }] });

export const GrantReply = z
  .strictObject({
    id: z.string().describe('Id'),
    to: z
      .string()
      .describe(
        'The granted destination: host, `*.host` for any below, network, each with `:port` if it is not the default, or `public-https` for any public address at https',
      ),
    kind: z.enum(['name', 'cidr', 'preset']).describe('Kind of the destination'),
    reach: z
      .literal('public')
      .optional()
      .describe('Public addresses only, whatever the destination resolves to; absent: every address of it'),
    note: z.string().describe('Note for people'),
    createdAt: time('Time of the grant'),
    createdBy: actor,
    revoked: z
      .strictObject({ at: time('When'), by: actor })
      .optional()
      .describe('The revocation; absent while the grant is in force'),
  })
  .meta({
    id: 'Grant',
    description: 'A granted destination.',
    examples: [
      {
        id: 'grt_01m7w3p2d8k6x4v0q9r1t7c5yz',
        to: 'hooks.example.org',
        kind: 'name',
        reach: 'public',
        note: 'order system',
        createdAt: '2026-11-20T11:58:00.000Z',
        createdBy: 'administrator:adm_01m7w3hb8hbf355he5zqwjztdk',
      },
    ],
  });

export const GrantPage = pageReply(
  GrantReply,
  'Grants, also revoked ones unless filtered, the newest first',
  'GrantPage',
);

export type GrantReply = z.output<typeof GrantReply>;
