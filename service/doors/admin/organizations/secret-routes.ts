import type { OrganizationErasure as Erasures } from '../../../engine/erasure/index.ts';
import type { KeyCustody, TemplateRenewals } from '../../../engine/keys/index.ts';
import type { Organizations } from '../../../engine/organizations/index.ts';
import { defined } from '../../../lib/defined.ts';
import { Problem } from '../../../lib/problem.ts';
import { managers, ofAppliance, readers } from '../may-call.ts';
import { type AdminRoute, route } from '../route.ts';
import { ErasedReply, OrganizationErasure, ProgressReply, RenewalOrder, StartedReply } from './wire.ts';

export interface SecretRouteDeps {
  organizations: Pick<Organizations, 'get'>;
  organizationErasure: Erasures;
  custody: Pick<KeyCustody, 'rotateOrganization' | 'organizationRotation'>;
  renewals: Pick<TemplateRenewals, 'start' | 'state'>;
}

const about = {
  tag: 'organizations',
  within: 'organization',
  keyRefusal: 'No API key may see or change the secrets of the organization: on the box run "gatehouse org".',
} as const;
const looking = { operator: true, administrator: readers, key: false } as const;

/** New secrets for the organization, and their end. */
export function secretRoutes(deps: SecretRouteDeps): AdminRoute[] {
  const { organizationErasure, custody } = deps;
  return [
    route({
      ...about,
      method: 'POST',
      url: '/organization/erase',
      operationId: 'eraseOrganization',
      effect: 'destroys',
      approval: 'organization.erase',
      summary: 'Erase the organization',
      description:
        'Revokes every API key, erases people page by page, then the sites, webhooks, rules, grants and the secrets of the organization. Call it until it is `done`.',
      may: ofAppliance,
      lasting: 'followed',
      body: OrganizationErasure,
      reply: ErasedReply,
      refuses: ['NOT_FOUND', 'CONFIRMATION_REQUIRED', 'APPROVAL_REQUIRED', 'LEGAL_HOLD', 'STORAGE_FULL'],
      handle: ({ organization, body: { confirm, limit }, who, request }) =>
        organizationErasure.erase(organization, {
          limit,
          actor: who,
          request,
          ...defined({ confirm }),
        }),
    }),
    route({
      ...about,
      method: 'GET',
      url: '/organization/key/rotation',
      operationId: 'getKeyRotation',
      effect: 'none',
      summary: 'Show the progress of a key rotation',
      description: 'The key of every person is wrapped again.',
      may: looking,
      quiet: true,
      reply: ProgressReply,
      refuses: ['NOT_FOUND'],
      handle: ({ organization }) => custody.organizationRotation(organization),
    }),
    route({
      ...about,
      method: 'POST',
      url: '/organization/key/rotation',
      operationId: 'rotateOrganizationKey',
      effect: 'destroys',
      daily: true,
      summary: 'Rotate the key of the organization',
      description:
        'Wraps the key of every person with a new key in the background, then removes the old one.',
      may: { operator: true, administrator: managers, key: false },
      // It counts the keys of all people first.
      lasting: 'followed',
      status: 202,
      reply: StartedReply,
      refuses: ['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'],
      handle: ({ organization, who }) => custody.rotateOrganization(organization, who),
    }),
    ...renewalRoutes(deps),
  ];
}

/** A new secret for the templates of the organization. */
function renewalRoutes({
  organizations,
  renewals,
}: Pick<SecretRouteDeps, 'organizations' | 'renewals'>): AdminRoute[] {
  return [
    route({
      ...about,
      method: 'GET',
      url: '/organization/templates/renewal',
      operationId: 'getTemplateRenewal',
      effect: 'none',
      summary: 'Show the progress of a renewal of templates',
      description: 'Covers templates and stored probes.',
      may: looking,
      quiet: true,
      reply: ProgressReply,
      refuses: ['NOT_FOUND'],
      handle: ({ organization }) => renewals.state(organization),
    }),
    route({
      ...about,
      method: 'POST',
      url: '/organization/templates/renewal',
      operationId: 'renewTemplates',
      effect: 'destroys',
      summary: 'Renew the secret of the templates',
      description:
        'Runs in the background. The old secret is destroyed at the end: templates in earlier backups cannot be used any more.',
      may: { operator: true, administrator: ['owner'], key: false },
      // It counts the templates of all people first.
      lasting: 'followed',
      body: RenewalOrder,
      status: 202,
      reply: StartedReply,
      refuses: ['NOT_FOUND', 'CONFIRMATION_REQUIRED', 'CONFLICT', 'STORAGE_FULL'],
      async handle({ organization, body: { confirm }, who }) {
        const { name } = await organizations.get(organization);
        if (confirm === name) return renewals.start(organization, who);
        throw new Problem(
          'CONFIRMATION_REQUIRED',
          `Nothing was renewed. The secret of now is destroyed at the end, and no backup of before serves any more. Confirm with the name of the organization: {"confirm": ${JSON.stringify(name)}}.`,
        );
      },
    }),
  ];
}
