import { z } from 'zod';
import { lineOfText } from '../../../http/text-fields.ts';
import { time } from '../reply-fields.ts';

const examples = [
  {
    state: 'open' as const,
    token: 'mXb3p0pT2v7oQ4n0xk3G8W1u5Jr9yZs6dLq2cVt7hEa',
    expiresAt: '2026-11-22T09:10:00.000Z',
    file: '/srv/gatehouse/setup-token',
  },
];

export const SetupReply = z
  .strictObject({
    state: z
      .enum(['closed', 'open', 'claimed'])
      .describe(
        '`closed`: there is an owner. `open`: the token can be used. `claimed`: a browser has used the token',
      ),
    token: z.string().optional().describe('For `/console/setup`; only while it can be used'),
    expiresAt: time('When the token, or the browser that used it, is refused').optional(),
    file: z.string().describe('Where the token lies while it can be used'),
  })
  .meta({ id: 'Setup', description: 'How the first owner of the box is made.', examples });
export type SetupReply = z.output<typeof SetupReply>;

export const FirstOwner = z
  .strictObject({
    email: z.string().min(1).max(1024).describe('E-mail address, with which the owner signs in'),
    name: lineOfText(120).describe('Name'),
    password: z.string().min(1).max(4096).describe('Of at least 12 characters'),
  })
  .meta({
    id: 'FirstOwner',
    examples: [
      { email: 'elin@nordlys.example', name: 'Elin Sandström', password: 'correct horse battery staple' },
    ],
  });
