import { z } from 'zod';
import { roles } from '../../../engine/access/index.ts';
import { pageReply, shortListQuery } from '../../../http/cursor.ts';
import { lineOfText } from '../../../http/text-fields.ts';
import { idOf } from '../ids.ts';
import { time } from '../reply-fields.ts';

const email = z.string().min(1).max(1024).describe('E-mail address, unique on the appliance');
const name = lineOfText(120).describe('Name');
const role = z.enum(roles).describe('Role');
const applianceOwner = z
  .boolean()
  .describe(
    'Whether the account may change the whole appliance with a fresh second factor; only an appliance owner can grant this',
  );

export const NewAdministrator = z
  .strictObject({ email, name, role, applianceOwner: applianceOwner.optional() })
  .meta({
    id: 'NewAdministrator',
    examples: [{ email: 'grace@example.com', name: 'Grace', role: 'operator' }],
  });

export const AdministratorChange = z
  .strictObject({
    name: name.optional(),
    role: role.optional(),
    applianceOwner: applianceOwner.optional(),
    disabled: z.boolean().optional().describe('Refuses every sign-in and ends all sessions'),
  })
  .refine((change) => Object.values(change).some((value) => value !== undefined), 'Name at least one change.')
  .meta({ id: 'AdministratorChange', examples: [{ role: 'auditor' }] });

export const AdministratorReset = z
  .strictObject({
    password: z.boolean().optional().describe('Removes the password; the code sets a new one'),
    factors: z.boolean().optional().describe('Removes all passkeys, the face and recovery codes'),
  })
  .refine(({ password, factors }) => password || factors, 'Say what to reset: password, factors, or both.')
  .meta({ id: 'AdministratorReset', examples: [{ password: true }] });

const example = {
  id: 'adm_01m7w3hb8hbf355he5zqwjztdk',
  email: 'grace@example.com',
  name: 'Grace',
  role: 'operator' as const,
  applianceOwner: false,
  createdAt: '2026-11-21T09:00:00.000Z',
  lastSignInAt: '2026-11-21T09:15:00.000Z',
  passkeys: 1,
  recoveryCodes: 10,
};
const codeExample = 'k7dm-2xqp-9rtw-m4hz';

export const AdministratorReply = z
  .strictObject({
    id: idOf('administrator').describe('Id of the administrator'),
    email,
    name: z.string().describe('Name'),
    role,
    applianceOwner,
    createdAt: time('Time of creation of the account'),
    disabledAt: time('Time since when sign-in is refused').optional(),
    lastSignInAt: time('Last sign-in').optional(),
    passkeys: z.int().describe('Number of passkeys'),
    recoveryCodes: z.int().describe('Number of unused recovery codes'),
    factorDueAt: time(
      'Time until which the password alone is accepted; absent with a second factor',
    ).optional(),
    altered: z
      .literal(true)
      .optional()
      .describe('The row was changed by another program: sign-in is refused'),
  })
  .meta({ id: 'Administrator', description: 'An administrator.', examples: [example] });

export const AdministratorsQuery = z.strictObject(shortListQuery);
export const AdministratorsReply = pageReply(
  AdministratorReply,
  'Administrators, the oldest first',
  'Administrators',
);

const code = z
  .string()
  .describe('One-time code to hand to the administrator; valid for 24 hours and not shown again');

export const NewAdministratorReply = AdministratorReply.extend({ code }).meta({
  id: 'AdministratorWithCode',
  description: 'The new administrator and the one-time code to set a password.',
  examples: [{ ...example, code: codeExample }],
});

export const ResetReply = z.strictObject({ code }).meta({
  id: 'AdministratorCode',
  description: 'With the code the person sets a password or enrolls a second factor.',
  examples: [{ code: codeExample }],
});

export const UnlockReply = z
  .strictObject({ failures: z.int().describe('Number of cleared failed sign-ins') })
  .meta({ id: 'AdministratorUnlocked', examples: [{ failures: 12 }] });

export const FaceFactor = z
  .strictObject({
    allowed: z
      .boolean()
      .describe(
        'Whether administrators may enroll a face as a second factor; false removes the faces that are enrolled',
      ),
  })
  .meta({ id: 'FaceFactor', examples: [{ allowed: true }] });

export const FaceFactorReply = FaceFactor.extend({
  removed: z.int().describe('Number of faces that were removed'),
}).meta({ id: 'FaceFactorState', examples: [{ allowed: false, removed: 2 }] });

export type NewAdministrator = z.output<typeof NewAdministrator>;
export type AdministratorChange = z.output<typeof AdministratorChange>;
export type AdministratorReset = z.output<typeof AdministratorReset>;
