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
    .describe('`false`: only grants that hold now; `true`: only those that were revoked'),
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
        "Where to: host, `*.host` for any below, address or network, each with `:port` where it is not the scheme's own, or `public-https`",
      ),
    note: lineOfText(300).optional().describe('For people: why'),
  })
  .meta({ id: 'NewGrant', examples: [{ to: 'hooks.example.org', note: 'order system' }] });

export const GrantReply = z
  .strictObject({
    id: z.string().describe('Id'),
    to: z
      .string()
      .describe(
        "Where to, as it was granted: host, `*.host` for any below, network, each with `:port` where it is not the scheme's own, or `public-https` for any public address at https",
      ),
    kind: z.enum(['name', 'cidr', 'preset']).describe('Of what kind that is'),
    note: z.string().describe('For people: why'),
    createdAt: time('When it was granted'),
    createdBy: actor,
    revoked: z
      .strictObject({ at: time('When'), by: actor })
      .optional()
      .describe('Absent while the grant holds'),
  })
  .meta({
    id: 'Grant',
    description: 'Where may be sent to.',
    examples: [
      {
        id: 'grt_01m7w3p2d8k6x4v0q9r1t7c5yz',
        to: 'hooks.example.org',
        kind: 'name',
        note: 'order system',
        createdAt: '2026-11-20T11:58:00.000Z',
        createdBy: 'operator:ada',
      },
    ],
  });

export const GrantPage = pageReply(
  GrantReply,
  'Grants, the revoked ones too where they are not left out, the newest first',
  'GrantPage',
);

export type GrantReply = z.output<typeof GrantReply>;
