import { z } from 'zod';
import type { Organizations } from '../../engine/accounts/index.ts';
import type { KeyCustody, TemplateRenewals } from '../../engine/appliance/index.ts';
import { CopyOfReceipt, type OrganizationErasure as Erasures } from '../../engine/people/index.ts';
import { defined } from '../../lib/defined.ts';
import { Problem } from '../../lib/problem.ts';
import { byManagers, byReaders, ofAppliance } from './may-call.ts';
import { type AdminRoute, route } from './route.ts';

const OrganizationErasure = z
  .strictObject({
    confirm: z.string().max(120).optional().describe('The name of the organization, as a confirmation'),
    limit: z.int().min(1).max(1000).default(100).describe('Maximum number of people to erase in this call'),
  })
  .meta({ id: 'OrganizationErasure', examples: [{ confirm: 'Museum of Bern' }] });

const ErasedReply = z
  .strictObject({
    erased: z.array(z.string()).describe('Ids of the people erased by this call'),
    left: z.int().min(0).describe('People left in both worlds'),
    done: z.boolean().describe('All people are erased, and the secrets of the organization are destroyed'),
    copies: z
      .array(
        CopyOfReceipt.extend({
          state: CopyOfReceipt.shape.state.describe('`unreachable`: the copy still holds the secrets'),
        }),
      )
      .describe('Copies of the key store, once `done`'),
  })
  .meta({
    id: 'OrganizationErased',
    description: 'Progress of the erasure of an organization.',
    examples: [{ erased: [], left: 0, done: true, copies: [] }],
  });

const RenewalRequest = z
  .strictObject({
    confirm: z.string().max(120).optional().describe('The name of the organization, as a confirmation'),
  })
  .meta({ id: 'TemplateRenewalOrder', examples: [{ confirm: 'Museum of Bern' }] });

const StartedReply = z
  .strictObject({
    generation: z.int().describe('Number of the new key or secret'),
    total: z.int().min(0).describe('Total items'),
  })
  .meta({
    id: 'RotationStarted',
    description: 'A rotation that runs in the background.',
    examples: [{ generation: 2, total: 1200 }],
  });

const done = z.int().min(0).describe('Completed items');

const total = z.int().min(0).describe('Total items');

const ProgressReply = z
  .discriminatedUnion('is', [
    z.strictObject({
      is: z.literal('none').describe('Nothing is running: it is finished, or was never started'),
    }),
    z.strictObject({ is: z.literal('running').describe('Running'), done, total }),
    z.strictObject({
      is: z.literal('stopped').describe('Interrupted; it continues at the next start or the next call'),
      done,
      total,
      reason: z.string().describe('Why'),
    }),
  ])
  .meta({
    id: 'RotationProgress',
    description: 'Progress of a rotation in the background.',
    examples: [{ is: 'running', done: 400, total: 1200 }],
  });

export interface SecretRouteDeps {
  organizations: Pick<Organizations, 'get'>;
  organizationErasure: Erasures;
  custody: Pick<KeyCustody, 'rotateOrganization' | 'organizationRotation'>;
  renewals: Pick<TemplateRenewals, 'start' | 'anywhere'>;
}

const about = {
  tag: 'organizations',
  within: 'organization',
  keyRefusal: 'No API key may see or change the secrets of the organization: on the box run "gatehouse org".',
} as const;

/** New secrets for the organization, and their end. */
export function secretRoutes(deps: SecretRouteDeps): AdminRoute[] {
  const { organizationErasure, custody } = deps;
  return [
    route('POST /organization/erase', {
      ...about,
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
    route('GET /organization/key/rotation', {
      ...about,
      operationId: 'getKeyRotation',
      effect: 'none',
      summary: 'Show the progress of a key rotation',
      description: 'The key of every person is wrapped again.',
      may: byReaders,
      quiet: true,
      reply: ProgressReply,
      refuses: ['NOT_FOUND'],
      handle: ({ organization }) => custody.organizationRotation(organization),
    }),
    route('POST /organization/key/rotation', {
      ...about,
      operationId: 'rotateOrganizationKey',
      effect: 'destroys',
      daily: true,
      summary: 'Rotate the key of the organization',
      description:
        'Wraps the key of every person with a new key in the background, then removes the old one.',
      may: byManagers,
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
    route('GET /organization/templates/renewal', {
      ...about,
      operationId: 'getTemplateRenewal',
      effect: 'none',
      summary: 'Show the progress of a renewal of templates',
      description: 'Covers templates and stored probes.',
      may: byReaders,
      quiet: true,
      reply: ProgressReply,
      refuses: ['NOT_FOUND'],
      handle: ({ organization }) => renewals.anywhere(organization),
    }),
    route('POST /organization/templates/renewal', {
      ...about,
      operationId: 'renewTemplates',
      effect: 'destroys',
      summary: 'Renew the secret of the templates',
      description:
        'Runs in the background. The old secret is destroyed at the end: templates in earlier backups cannot be used any more.',
      may: { operator: true, administrator: ['owner'], key: false },
      // It counts the templates of all people first.
      lasting: 'followed',
      body: RenewalRequest,
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
