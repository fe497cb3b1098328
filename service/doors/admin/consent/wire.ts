import { z } from 'zod';
import { purposes } from '../../../engine/consent/index.ts';
import { lineOfText } from '../../../http/text-fields.ts';
import { actor, time } from '../reply-fields.ts';

const somePurposes = z.array(z.enum(purposes)).min(1).max(purposes.length);

const consent = {
  textVersion: lineOfText(80).describe('Version of the text that was agreed to'),
  purposes: somePurposes.describe('Purposes'),
  method: lineOfText(80).describe('Method, such as `signed form`'),
  legalBasis: lineOfText(120).describe('Legal basis'),
};
const example = {
  textVersion: 'v3',
  purposes: ['verification' as const],
  method: 'signed form',
  legalBasis: 'explicit consent',
};

/** Consent attested by the organization, for people without a consent of their own. */
export const NewAttestation = z.strictObject(consent).meta({ id: 'NewAttestation', examples: [example] });

export const NewConsent = z
  .strictObject({
    ...consent,
    expiresAt: z.iso
      .datetime({ offset: true })
      .optional()
      .describe('Expiry; absent: after the term of the organization, if any'),
  })
  .meta({ id: 'NewConsent', description: 'A consent of a person.', examples: [example] });

export const Withdrawal = z
  .strictObject({ purposes: somePurposes.describe('Purposes to withdraw') })
  .meta({ id: 'ConsentWithdrawal', examples: [{ purposes: ['identification'] }] });

const through = z
  .enum(['integrator', 'operator', 'self'])
  .describe('Source of the consent: an API key, the organization, or the person');

const state = {
  userId: z.string().describe('Id of the person'),
  policy: z
    .enum(['attested', 'with-call'])
    .describe('Policy without a recorded consent: attested by the organization, or nothing is allowed'),
  consents: z
    .array(
      z.strictObject({
        id: z.string().describe('Id'),
        at: time('When'),
        textVersion: z.string().describe('Version of the text'),
        purposes: z.array(z.enum(purposes)).describe('Purposes'),
        method: z.string().describe('Method'),
        legalBasis: z.string().describe('Legal basis'),
        by: actor,
        through,
        expiresAt: time('Expiry').optional(),
      }),
    )
    .describe('Consents, the oldest first'),
  withdrawals: z
    .array(
      z.strictObject({
        id: z.string().describe('Id'),
        purpose: z.enum(purposes).describe('Purpose'),
        at: time('When'),
        by: actor,
        through,
      }),
    )
    .describe('Withdrawals, the oldest first'),
  allowed: z.array(z.enum(purposes)).describe('Purposes allowed now'),
  withheld: z.array(z.enum(purposes)).describe('Purposes refused now'),
  ended: z.boolean().describe('No purpose is left: a sweep erases the person'),
  erasedFrom: time('Before then no sweep erases the person; absent: the next one does').optional(),
};

const stateExample = {
  userId: 'sub_01m7w3ayykpzv1m774b6g68g31',
  policy: 'attested' as const,
  consents: [],
  withdrawals: [],
  allowed: [...purposes],
  withheld: [],
  ended: false,
};

export const ConsentReply = z.strictObject(state).meta({
  id: 'ConsentState',
  description: 'Consents and withdrawals of a person, and the uses allowed by them.',
  examples: [stateExample],
});

export const WithdrawnReply = z
  .strictObject({
    ...state,
    withdrawn: z.array(z.enum(purposes)).describe('Purposes withdrawn by this call'),
  })
  .meta({
    id: 'ConsentWithdrawn',
    description: 'The withdrawn purposes, and the state of consent.',
    examples: [{ ...stateExample, withdrawn: [] }],
  });

const paragraphs = z.array(z.string()).describe('Paragraphs');

export const ConsentTextReply = z
  .strictObject({
    version: z.string().describe('Version of these texts'),
    text: z.strictObject({ en: paragraphs, de: paragraphs }).describe('By language'),
  })
  .meta({
    id: 'ConsentText',
    description: 'What people are asked to agree to.',
    examples: [
      {
        version: 'gatehouse-kiosk-1',
        text: {
          en: ['Museum of Bern wants to recognize you by your face.'],
          de: ['Museum of Bern möchte Sie an Ihrem Gesicht erkennen.'],
        },
      },
    ],
  });

export type NewConsent = z.output<typeof NewConsent>;
export type ConsentReply = z.output<typeof ConsentReply>;
