import { z } from 'zod';
import type { OrganizationId, SubjectId, World } from '../../lib/id.ts';
import { actor, time } from '../../lib/record-fields.ts';
import type { Actor } from '../audit/index.ts';

/** What a face may be used for, each on its own: 1:1, 1:N, and the search for a second address of one person. */
export const purposes = ['verification', 'identification', 'deduplication'] as const;
export type Purpose = (typeof purposes)[number];

export interface Consent {
  textVersion: string;
  purposes: Purpose[];
  method: string;
  legalBasis: string;
  /** Ms since 1970. Absent: the organization's term, if it has one. */
  expiresAt?: number;
  /** Whether a member of the organization recorded it, or the person gave it directly. Absent: only the sender is known. */
  through?: 'operator' | 'self';
}

/** A consent of the whole organization for people without a record of their own. */
export const Attestation = z.object({
  textVersion: z.string().describe('Version of the text that people agreed to'),
  purposes: z.array(z.enum(purposes)).describe('Purposes'),
  method: z.string().describe('Method of the consent'),
  legalBasis: z.string().describe('Legal basis'),
  attestedBy: actor,
  attestedAt: time('When'),
});
export type Attestation = z.output<typeof Attestation>;

/** The source of a record: an API key (unspecified), a member of the organization, or the person concerned. */
const through = z
  .enum(['integrator', 'operator', 'self'])
  .describe('Source of the consent: an API key, the organization, or the person');
export type Through = z.output<typeof through>;

export const ConsentRecord = z.object({
  id: z.string().describe('Id'),
  at: time('When'),
  textVersion: z.string().describe('Version of the text'),
  purposes: z.array(z.enum(purposes)).describe('Purposes'),
  method: z.string().describe('Method'),
  legalBasis: z.string().describe('Legal basis'),
  by: actor,
  through,
  expiresAt: time('Expiry').optional(),
});
export type ConsentRecord = z.output<typeof ConsentRecord>;

export const WithdrawalRecord = z.object({
  id: z.string().describe('Id'),
  purpose: z.enum(purposes).describe('Purpose'),
  at: time('When'),
  by: actor,
  through,
});
export type Withdrawal = z.output<typeof WithdrawalRecord>;

/** The person of a record. */
export interface Person {
  organization: OrganizationId;
  world: World;
  subject: SubjectId;
}

export const throughOf = (actor: Actor): Through => (actor.is === 'key' ? 'integrator' : 'operator');

/** Version of these texts; a changed text needs a new version. */
export const consentTextVersion = 'gatehouse-kiosk-2';

/** What a person agrees to at a kiosk or before an administrator, by language; `{organization}` asks. */
const texts = {
  en: [
    '{organization} wants to recognize you by your face, so that you can confirm who you are without a card or a password.',
    'A few pictures are taken now. Gatehouse, a box in the network of {organization}, turns them into numbers (templates) and deletes the pictures, with the one exception below. The templates, your name and your e-mail address are kept there, encrypted, and are not passed on.',
    'The templates are compared with your face when you confirm who you are, and with other people’s, so that each person is enrolled once. If your face is like another person’s, a cut-out of one picture is kept encrypted for the people who decide, at most 30 days, and erased 24 hours after their decision.',
    'You decide freely. There is another way without the camera, and nothing is worse for you if you take it. You can take your consent back at any time at a desk of {organization}: then your templates are erased.',
  ],
  de: [
    '{organization} möchte Sie an Ihrem Gesicht erkennen, damit Sie ohne Karte und Passwort zeigen können, wer Sie sind.',
    'Dafür werden jetzt einige Bilder aufgenommen. Gatehouse, ein Gerät im Netz von {organization}, macht daraus Zahlen (Templates) und löscht die Bilder, mit der einen Ausnahme unten. Die Templates, Ihr Name und Ihre E-Mail-Adresse werden dort verschlüsselt aufbewahrt und an niemanden weitergegeben.',
    'Die Templates werden mit Ihrem Gesicht verglichen, wenn Sie zeigen, wer Sie sind, und mit denen anderer Personen, damit jede Person nur einmal erfasst ist. Ähnelt Ihr Gesicht dem einer anderen Person, wird ein Ausschnitt eines Bildes für die, die darüber entscheiden, verschlüsselt aufbewahrt, höchstens 30 Tage, und 24 Stunden nach ihrer Entscheidung gelöscht.',
    'Sie entscheiden frei. Es gibt einen anderen Weg ohne Kamera, und Sie haben dadurch keinen Nachteil. Sie können Ihre Einwilligung jederzeit an einem Schalter von {organization} widerrufen: Dann werden Ihre Templates gelöscht.',
  ],
} as const;

export const consentText = (language: keyof typeof texts, organization: string): string[] =>
  texts[language].map((text) => text.replaceAll('{organization}', organization));
