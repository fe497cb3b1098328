import { type Consents, consentText, consentTextVersion } from '../../../engine/consent/index.ts';
import type { Organizations } from '../../../engine/organizations/index.ts';
import type { Subjects } from '../../../engine/subjects/index.ts';
import { personParams } from '../ids.ts';
import { managers, operators, readers } from '../may-call.ts';
import { fromOrganization } from '../organizations/translate.ts';
import { OrganizationReply } from '../organizations/wire.ts';
import { createPersonOf } from '../person-of.ts';
import { type AdminRoute, route } from '../route.ts';
import { fromConsentState, toConsent } from './translate.ts';
import {
  ConsentReply,
  ConsentTextReply,
  NewAttestation,
  NewConsent,
  Withdrawal,
  WithdrawnReply,
} from './wire.ts';

export interface ConsentRouteDeps {
  subjects: Pick<Subjects, 'get'>;
  consents: Pick<Consents, 'read' | 'give' | 'withdraw' | 'withdrewMany'>;
  organizations: Pick<Organizations, 'attestConsent' | 'get'>;
}

const about = {
  tag: 'consent',
  within: 'world',
  keyRefusal:
    'No API key may see or change recorded consent: on the box run "gatehouse consent". A key sends consent with POST /api/enroll.',
} as const;
const changing = { operator: true, administrator: operators, key: false } as const;

/** What people agreed to and withdrew. */
export function consentRoutes({ subjects, consents, organizations }: ConsentRouteDeps): AdminRoute[] {
  const personOf = createPersonOf(subjects);
  return [
    route({
      ...about,
      method: 'GET',
      url: '/subjects/:id/consent',
      operationId: 'getConsent',
      effect: 'reads-personal',
      summary: 'Show the consent of a person',
      description:
        'Every consent and withdrawal, and the uses allowed by them. The access is recorded in the audit log.',
      may: { operator: true, administrator: readers, key: false },
      params: personParams,
      reply: ConsentReply,
      refuses: ['SUBJECT_NOT_FOUND'],
      async handle({ realm, params: { id }, who, request }) {
        const person = await personOf(realm, id);
        return fromConsentState(person, await consents.read(person, who, request));
      },
    }),
    route({
      ...about,
      method: 'POST',
      url: '/subjects/:id/consent',
      operationId: 'recordConsent',
      effect: 'weakens-protection',
      daily: true,
      summary: 'Record a consent',
      description: 'Records a consent given without a picture. It restores withdrawn purposes.',
      may: changing,
      params: personParams,
      body: NewConsent,
      status: 201,
      reply: ConsentReply,
      refuses: ['SUBJECT_NOT_FOUND', 'STORAGE_FULL'],
      async handle({ realm, params: { id }, body, who, request }) {
        const person = await personOf(realm, id);
        return fromConsentState(person, await consents.give(person, toConsent(body), who, request));
      },
    }),
    route({
      ...about,
      method: 'POST',
      url: '/subjects/:id/consent/withdrawals',
      operationId: 'withdrawConsent',
      effect: 'destroys',
      approval: async ({ organization }) =>
        (await consents.withdrewMany(organization)) ? 'consent.withdraw' : undefined,
      summary: 'Record a withdrawal of consent',
      description:
        'The purposes are refused from the next call on. A purpose that is withdrawn already is not recorded again. Where no purpose is left, a sweep erases the person: at once after a withdrawal at the box, after seven days where an administrator recorded it. From the eleventh person within a day a second administrator has to confirm it.',
      may: changing,
      params: personParams,
      body: Withdrawal,
      status: 201,
      reply: WithdrawnReply,
      refuses: ['SUBJECT_NOT_FOUND', 'APPROVAL_REQUIRED', 'STORAGE_FULL'],
      async handle({ realm, params: { id }, body, who, request }) {
        const person = await personOf(realm, id);
        const { withdrawn, ...state } = await consents.withdraw(person, body.purposes, who, request);
        return { ...fromConsentState(person, state), withdrawn };
      },
    }),
    ...organizationRoutes(organizations),
  ];
}

/** What the organization says of the consent of its people. */
function organizationRoutes(organizations: ConsentRouteDeps['organizations']): AdminRoute[] {
  return [
    route({
      ...about,
      within: 'organization',
      method: 'GET',
      url: '/consent-text',
      operationId: 'getConsentText',
      effect: 'none',
      summary: 'Show the consent text',
      description: 'That people read at a kiosk, with the name of the organization, in every language.',
      may: { operator: true, administrator: readers, key: false },
      reply: ConsentTextReply,
      refuses: ['NOT_FOUND'],
      async handle({ organization }) {
        const { name } = await organizations.get(organization);
        const text = { en: consentText('en', name), de: consentText('de', name) };
        return { version: consentTextVersion, text };
      },
    }),
    route({
      ...about,
      within: 'organization',
      method: 'PUT',
      url: '/organization/attestation',
      operationId: 'attestConsent',
      effect: 'weakens-protection',
      summary: 'Attest consent',
      description:
        'The organization states that all people without a consent of their own have agreed. It replaces an earlier attestation.',
      may: { operator: true, administrator: managers, key: false },
      body: NewAttestation,
      reply: OrganizationReply,
      refuses: ['NOT_FOUND', 'STORAGE_FULL'],
      handle: async ({ organization, body, who }) =>
        fromOrganization(await organizations.attestConsent(organization, body, who)),
    }),
  ];
}
