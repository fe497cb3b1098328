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
        '`closed`: the box has an owner. `open`: the token can be used. `claimed`: a browser has used the token',
      ),
    token: z.string().optional().describe('Token for `/console/setup`; only while it is valid'),
    expiresAt: time('Expiry of the token, or of the browser that used it').optional(),
    file: z.string().describe('File with the token while it is valid'),
  })
  .meta({ id: 'Setup', description: 'State of the setup of the first owner.', examples });
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
