import type { Schemas } from '../../../sdk/admin/client.ts';

export type Administrator = Schemas['Administrator'];

export function factorOf({ passkeys, factorDueAt }: Administrator): string {
  if (passkeys > 0) return passkeys === 1 ? '1 passkey' : `${passkeys} passkeys`;
  return factorDueAt === undefined ? 'none' : `none, due ${factorDueAt}`;
}

export function stateOf({ altered, disabledAt }: Administrator): string {
  if (altered) return 'REFUSED: another program wrote or changed its row in the database';
  return disabledAt === undefined ? 'active' : `disabled ${disabledAt}`;
}

export const codeLines = (code: string): string[] => [
  `one-time code    ${code}`,
  '',
  'It works for 24 hours and is not shown again: give it to that person alone, not by e-mail.',
];

export const passwordSteps = (email: string): string[] => [
  `On the sign-in page of the console (/console/ at the address of this appliance) choose the one-time code, and give`,
  `${email}, the code and a new password of at least 12 characters. A passkey is required within 7 days.`,
];

export const factorSteps = (email: string): string[] => [
  `On the sign-in page of the console (/console/ at the address of this appliance) sign in as ${email} with the`,
  'password. The page then asks for the code, and lets a new passkey be enrolled.',
];
