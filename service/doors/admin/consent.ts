import { z } from 'zod';
import { Organization, type Organizations, textOwner } from '../../engine/accounts/index.ts';
import {
  ConsentReceipt,
  type ConsentReceipts,
  ConsentRecord,
  type ConsentState,
  type Consents,
  channels,
  consentStates,
  consentTextOf,
  ListedConsent,
  OwnConsentText,
  type Person,
  purposes,
  requireText,
  type TextOwner,
  WithdrawalRecord,
} from '../../engine/consent/index.ts';
import { pageConsent } from '../../engine/live/index.ts';
import type { Subjects } from '../../engine/people/index.ts';
import type { OrganizationId } from '../../lib/id.ts';
import { moment, time } from '../../lib/record-fields.ts';
import { lineOfText } from '../../lib/text-fields.ts';
import { idOf, personParams } from './ids.ts';
import { listRoute } from './lists.ts';
import { byManagers, byOperators, byReaders } from './may-call.ts';
import { createPersonOf } from './realm.ts';
import { type AdminRoute, route } from './route.ts';

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
const NewAttestation = z.strictObject(consent).meta({ id: 'NewAttestation', examples: [example] });

export const NewConsent = z
  .strictObject({
    ...consent,
    expiresAt: moment().optional().describe('Expiry; absent: after the term of the organization, if any'),
    shown: z
      .literal(true)
      .optional()
      .describe(
        'The person read the text of the box before the caller: `textVersion` is its `version` and the language, such as `own-3-off-1095-365.de`',
      ),
  })
  .meta({ id: 'NewConsent', description: 'A consent of a person.', examples: [example] });

const Withdrawal = z
  .strictObject({ purposes: somePurposes.describe('Purposes to withdraw') })
  .meta({ id: 'ConsentWithdrawal', examples: [{ purposes: ['identification'] }] });

const state = {
  userId: z.string().describe('Id of the person'),
  policy: z
    .enum(['attested', 'with-call'])
    .describe('Policy without a recorded consent: attested by the organization, or nothing is allowed'),
  consents: z.array(ConsentRecord).describe('Consents, the oldest first'),
  withdrawals: z.array(WithdrawalRecord).describe('Withdrawals, the oldest first'),
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

const ConsentReply = z.strictObject(state).meta({
  id: 'ConsentState',
  description: 'Consents and withdrawals of a person, and the uses allowed by them.',
  examples: [stateExample],
});

const WithdrawnReply = z
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
const paragraphsByLanguage = z.strictObject({ en: paragraphs, de: paragraphs }).describe('By language');
const lineByLanguage = z.strictObject({
  en: z.string().describe('In English'),
  de: z.string().describe('In German'),
});
const enrollmentText = {
  version: z.string().describe('Version of these texts'),
  text: paragraphsByLanguage,
  purposes: z.array(z.enum(purposes)).describe('What the text asks for'),
  languages: z.array(z.enum(['en', 'de'])).describe('In which it is written'),
  apart: z.boolean().describe('Each purpose is a choice of its own'),
};
const page = z
  .strictObject({
    version: z.string().describe('Version of these texts'),
    text: paragraphsByLanguage,
    retention: lineByLanguage.describe('How long the result is kept'),
    withdraw: lineByLanguage.describe('How to take the consent back'),
  })
  .describe('Of a live session that finds out who the person is');

const ConsentTextReply = z.strictObject({ ...enrollmentText, page }).meta({
  id: 'ConsentText',
  description: 'What people are asked to agree to at an enrollment, and on the page of a live session.',
  examples: [
    {
      version: 'gatehouse-kiosk-4-off-1095-365',
      purposes: ['verification', 'identification'],
      languages: ['en', 'de'],
      apart: false,
      text: {
        en: ['Museum of Bern wants to recognize you by your face.'],
        de: ['Museum of Bern möchte Sie an Ihrem Gesicht erkennen.'],
      },
      page: {
        version: 'gatehouse-live-2-match-365',
        text: {
          en: ['Museum of Bern wants to confirm that a real person is in front of the camera.'],
          de: ['Museum of Bern möchte bestätigen, dass ein echter Mensch vor der Kamera ist.'],
        },
        retention: {
          en: 'The result is kept for 365 days.',
          de: 'Das Ergebnis wird 365 Tage lang aufbewahrt.',
        },
        withdraw: { en: 'Ask Museum of Bern.', de: 'Wenden Sie sich an Museum of Bern.' },
      },
    },
  ],
});

const PublishedConsentText = z
  .strictObject({ ...OwnConsentText.shape, version: z.int().describe('Number of the version') })
  .meta({
    id: 'PublishedConsentText',
    examples: [{ version: 2, contact: 'privacy@museum.example', apart: false }],
  });

const ConsentTextPreview = z
  .strictObject({ kiosk: z.strictObject(enrollmentText).describe('Of an enrollment'), page })
  .meta({ id: 'ConsentTextPreview' });

function previewOf(owner: Organization & TextOwner): z.input<typeof ConsentTextPreview> {
  const { version, text, retention, withdraw } = pageConsent(owner, 'any');
  return { kiosk: consentTextOf(owner), page: { version, text, retention, withdraw } };
}

const shown = ({ subject }: Person, { legalBasis, ...state }: ConsentState) => ({
  ...state,
  userId: subject,
  policy: legalBasis.is,
  allowed: purposes.filter((purpose) => !state.withheld.includes(purpose)),
});

export interface ShownTextDeps {
  organizations: Pick<Organizations, 'asTextOwner'>;
}

/** What is said to be the text of the box is it. Throws CONFLICT for another one, INVALID_REQUEST for a purpose that it does not name. */
export async function requireShownText(
  { organizations }: ShownTextDeps,
  organization: OrganizationId,
  given: z.output<typeof NewConsent> | undefined,
): Promise<void> {
  if (given?.shown) requireText(consentTextOf(await organizations.asTextOwner(organization)), given);
}

export interface ConsentRouteDeps {
  subjects: Pick<Subjects, 'get'>;
  consents: Pick<Consents, 'read' | 'give' | 'takesAway' | 'withdraw' | 'withdrewMany'>;
  consentReceipts: ConsentReceipts;
  organizations: Pick<
    Organizations,
    'attestConsent' | 'get' | 'asTextOwner' | 'publishedText' | 'publishConsentText'
  >;
}

const about = {
  tag: 'consent',
  within: 'world',
  keyRefusal:
    'No API key may see or change recorded consent: on the box run "gatehouse consent". A key sends consent with POST /api/enroll.',
} as const;

/** What people agreed to and withdrew. */
export function consentRoutes({
  subjects,
  consents,
  consentReceipts,
  organizations,
}: ConsentRouteDeps): AdminRoute[] {
  const personOf = createPersonOf(subjects);
  const approval = async ({ organization }: { organization: OrganizationId }) =>
    (await consents.withdrewMany(organization)) ? ('consent.withdraw' as const) : undefined;
  return [
    listRoute({
      ...about,
      url: '/consents',
      operationId: 'listConsents',
      effect: 'reads-personal',
      summary: 'List consents',
      description:
        'Consents of the people who are enrolled, each with the text that was agreed to; its receipt has a URL of its own. The access is recorded in the audit log.',
      may: byReaders,
      item: ListedConsent,
      items: 'Consents, the newest first',
      page: 'ConsentPage',
      filter: {
        person: z.string().min(1).max(254).optional().describe('Id or e-mail address of the person'),
        state: z
          .enum(consentStates)
          .optional()
          .describe('`withdrawn`: something of it was withdrawn since; `expired`: its term is over'),
        purpose: z.enum(purposes).optional().describe('Only consents to this use'),
        through: z.enum(channels).optional().describe('Only consents from this source'),
        textVersion: lineOfText(80).optional().describe('Version of the text, or how it begins'),
        from: moment().optional().describe('Start of the range, inclusive, ISO 8601'),
        until: moment().optional().describe('End of the range, exclusive, ISO 8601'),
      },
      key: idOf('consent'),
      refuses: ['SUBJECT_NOT_FOUND'],
      async rows({ realm, who, request }, { person, ...part }) {
        const subject = person === undefined ? undefined : (await personOf(realm, person)).subject;
        return consentReceipts.page(realm, { ...part, subject }, who, request);
      },
    }),
    route('GET /subjects/:id/consent', {
      ...about,
      operationId: 'getConsent',
      effect: 'reads-personal',
      summary: 'Show the consent of a person',
      description:
        'Every consent and withdrawal, and the uses allowed by them. The access is recorded in the audit log.',
      may: byReaders,
      params: personParams,
      reply: ConsentReply,
      refuses: ['SUBJECT_NOT_FOUND'],
      async handle({ realm, params: { id }, who, request }) {
        const person = await personOf(realm, id);
        return shown(person, await consents.read(person, who, request));
      },
    }),
    route('POST /subjects/:id/consent', {
      ...about,
      operationId: 'recordConsent',
      effect: 'weakens-protection',
      harmless: async ({ realm, params: { id }, body }) =>
        !(await consents.takesAway(await personOf(realm, id), body)),
      approval,
      summary: 'Record a consent',
      description:
        'Records a consent given without a picture. It restores withdrawn purposes. Where the organization attested the consent until now, purposes that it does not name count as withdrawn (`deduplication` only where the organization counts people), and all of them where the call names an end more than a day sooner than a year or than the term of the organization, whichever is shorter. As for withdrawals, a second administrator has to confirm it from the eleventh person within a day.',
      may: byOperators,
      params: personParams,
      body: NewConsent,
      status: 201,
      reply: ConsentReply,
      refuses: ['SUBJECT_NOT_FOUND', 'APPROVAL_REQUIRED', 'CONFLICT', 'STORAGE_FULL'],
      async handle({ realm, params: { id }, body, who, request, guardedAs, alerts }) {
        const person = await personOf(realm, id);
        await requireShownText({ organizations }, realm.organization, body);
        const confirmed = guardedAs === 'consent.withdraw';
        return shown(
          person,
          await consents.give(person, body, who, { request, confirmed, takesAway: alerts }),
        );
      },
    }),
    route('POST /subjects/:id/consent/withdrawals', {
      ...about,
      operationId: 'withdrawConsent',
      effect: 'destroys',
      approval,
      summary: 'Record a withdrawal of consent',
      description:
        'The purposes are refused from the next call on. A purpose that is withdrawn already is not recorded again. Where no purpose is left, a sweep erases the person: at once after a withdrawal at the box, after seven days where an administrator recorded it. From the eleventh person within a day a second administrator has to confirm it.',
      may: byOperators,
      params: personParams,
      body: Withdrawal,
      status: 201,
      reply: WithdrawnReply,
      refuses: ['SUBJECT_NOT_FOUND', 'APPROVAL_REQUIRED', 'STORAGE_FULL'],
      async handle({ realm, params: { id }, body, who, request, guardedAs }) {
        const person = await personOf(realm, id);
        const confirmed = guardedAs === 'consent.withdraw';
        const state = await consents.withdraw(person, body.purposes, who, { request, confirmed });
        return { ...shown(person, state), withdrawn: state.withdrawn };
      },
    }),
    route('GET /subjects/:id/consent/:consent/receipt', {
      ...about,
      operationId: 'getConsentReceipt',
      effect: 'reads-personal',
      summary: 'Show the receipt of a consent',
      description:
        'Text version, language, purposes, controller and contact, signed by the box: for the person, and to be checked without the box. The access is recorded in the audit log.',
      may: byReaders,
      params: personParams.extend({
        consent: z.string().min(1).max(64).describe('Id of the consent'),
      }),
      reply: ConsentReceipt,
      refuses: ['SUBJECT_NOT_FOUND', 'NOT_FOUND', 'CONFLICT'],
      async handle({ realm, params: { id, consent }, who, request }) {
        return consentReceipts.receipt(await personOf(realm, id), consent, who, request);
      },
    }),
    ...organizationRoutes(organizations),
  ];
}

/** What the organization says of the consent of its people. */
function organizationRoutes(organizations: ConsentRouteDeps['organizations']): AdminRoute[] {
  return [
    route('GET /consent-text', {
      ...about,
      within: 'organization',
      operationId: 'getConsentText',
      effect: 'none',
      summary: 'Show the consent text',
      description:
        'That people read at an enrollment and on the page of a live session, with the name of the organization, in every language.',
      may: byReaders,
      reply: ConsentTextReply,
      refuses: ['NOT_FOUND'],
      async handle({ organization }) {
        const { kiosk, page } = previewOf(await organizations.asTextOwner(organization));
        return { ...kiosk, page };
      },
    }),
    route('GET /consent-text/versions/:version', {
      ...about,
      within: 'organization',
      operationId: 'getConsentTextVersion',
      effect: 'none',
      summary: 'Show a version of the consent text',
      description: 'As the organization published it. Versions are numbered from 1; 0 is the newest.',
      may: byReaders,
      params: z.object({
        version: z.coerce.number().int().min(0).describe('Number of the version; 0: the newest'),
      }),
      reply: PublishedConsentText,
      refuses: ['NOT_FOUND'],
      handle: ({ organization, params: { version } }) =>
        organizations.publishedText(organization, version === 0 ? undefined : version),
    }),
    route('POST /consent-text/preview', {
      ...about,
      within: 'organization',
      operationId: 'previewConsentText',
      effect: 'none',
      summary: 'Preview a consent text',
      description: 'What people would read at a kiosk and on the page of a live session. Nothing is stored.',
      may: byManagers,
      body: OwnConsentText,
      reply: ConsentTextPreview,
      refuses: ['NOT_FOUND'],
      async handle({ organization, body }) {
        const found = await organizations.get(organization);
        const own = { ...body, version: (found.consentText?.version ?? 0) + 1 };
        return previewOf(textOwner(found, own));
      },
    }),
    route('PUT /consent-text', {
      ...about,
      within: 'organization',
      operationId: 'publishConsentText',
      effect: 'weakens-protection',
      summary: 'Publish a consent text',
      description:
        'A new version, shown from the next visit on; earlier versions stay readable. What is left out is said by the built-in text.',
      may: byManagers,
      body: OwnConsentText,
      reply: Organization,
      refuses: ['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'],
      handle: ({ organization, body, who }) => organizations.publishConsentText(organization, body, who),
    }),
    route('PUT /organization/attestation', {
      ...about,
      within: 'organization',
      operationId: 'attestConsent',
      effect: 'weakens-protection',
      summary: 'Attest consent',
      description:
        'The organization states that all people without a consent of their own have agreed. It replaces an earlier attestation.',
      may: byManagers,
      body: NewAttestation,
      reply: Organization,
      refuses: ['NOT_FOUND', 'STORAGE_FULL'],
      handle: ({ organization, body, who }) => organizations.attestConsent(organization, body, who),
    }),
  ];
}
