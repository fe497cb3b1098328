import { z } from 'zod';

/** Ours: the first owner of a box (`/api/setup`). */

export const SetupClaim = z
  .strictObject({
    token: z.string().min(1).max(256).describe('The setup token from the terminal or the file'),
  })
  .meta({ id: 'SetupClaim', examples: [{ token: 'mXb3p0pT2v7oQ4n0xk3G8W1u5Jr9yZs6dLq2cVt7hEa' }] });

export const SetupOrganization = z
  .strictObject({ name: z.string().trim().min(1).max(200).describe('Name of the organization') })
  .meta({ id: 'SetupOrganization', examples: [{ name: 'Nordlys Bank' }] });

export const SetupOwner = z
  .strictObject({
    name: z.string().min(1).max(1024).describe('Name of the owner'),
    email: z.string().min(1).max(1024).describe('E-mail address of the owner for sign-in'),
    password: z.string().min(1).max(4096).describe('Password, at least 12 characters'),
  })
  .meta({
    id: 'SetupOwner',
    examples: [
      { name: 'Elin Sandström', email: 'elin@nordlys.example', password: 'correct horse battery staple' },
    ],
  });

export type SetupClaim = z.output<typeof SetupClaim>;
export type SetupOrganization = z.output<typeof SetupOrganization>;
export type SetupOwner = z.output<typeof SetupOwner>;

export const SetupState = z
  .strictObject({
    state: z
      .enum(['closed', 'open', 'expired', 'claimed', 'mine'])
      .describe(
        '`closed`: the box has an owner. `open`: the token can be used. `expired`: a new token is needed. `claimed`: another browser has used the token. `mine`: this browser has used it',
      ),
    expiresAt: z.iso.datetime().optional().describe("Expiry of the token, or of this browser's claim"),
    organization: z
      .strictObject({
        id: z.string().describe('Id of the organization'),
        name: z.string().describe('Its name'),
        mayRename: z.boolean().describe('Whether it is the only one and has no people in the live world yet'),
      })
      .optional()
      .describe('The organization of the future owner; only for the browser that used the token'),
  })
  .meta({
    id: 'SetupState',
    description: 'State of the setup.',
    examples: [{ state: 'open', expiresAt: '2026-11-22T09:10:00.000Z' }],
  });
