import type { FastifyPluginAsync } from 'fastify';
import type { FlowProduct, Hosted } from '../../engine/live/index.ts';
import { respelled, type WireErrors } from '../../http/default-errors.ts';
import { KeyListQuery, keyListPage } from '../../http/key-lists.ts';
import { ownOrigin } from '../../http/listening/own-hosts.ts';
import { ordering, reading, relyingParty, toRealm, WorldQuery } from '../../http/sign-in/relying-party.ts';
import { fromCompleted, fromLink, fromNewLink, toAsker, toNewLink } from './translate.ts';
import {
  CompleteReply,
  CompleteRequest,
  GenerateReply,
  GenerateRequest,
  HostedPage,
  StatusParams,
  StatusReply,
  TokenParams,
} from './wire.ts';

export { hostedWebhooks } from './webhook-events.ts';

export interface HostedDoorDeps {
  hosted: Pick<Hosted, 'generate' | 'complete' | 'status' | 'page'>;
}

const tags = ['hosted'];

const wireErrors: WireErrors = {
  INVALID_REQUEST: {
    status: 400,
    extra: respelled({
      'redirects.success': 'redirect_url',
      'redirects.failure': 'failure_redirect_url',
      minimumAge: 'minimum_age',
      testOutcome: 'test_outcome',
    }),
  },
  // A profile is named by a field of the body, so an unknown one is an invalid field, not a missing page.
  PROFILE_NOT_FOUND: { status: 400 },
};

/** Part of the status path -> product (hosted.txt, "Status polling"; VerifyTrust is called verifycompliance there). */
const statusPaths = {
  verifyhuman: 'verifyhuman',
  verifyage: 'verifyage',
  verifyidentity: 'verifyidentity',
  verifycompliance: 'verifytrust',
} as const satisfies Record<string, FlowProduct>;

/** `/hosted/generate`, `/hosted/complete/:token` and the status paths (contracts/hosted.txt). The page has a door of its own. */
export function createHostedDoor({ hosted }: HostedDoorDeps): FastifyPluginAsync {
  return async (app) => {
    app.decorate('wireErrors', wireErrors);
    app.post(
      '/hosted/generate',
      {
        config: {
          access: ordering('hosted'),
          metered: true,
          idempotent: true,
          refuses: [
            'PROFILE_NOT_FOUND',
            'PROFILE_NOT_ALLOWED',
            'KIOSK_REQUIRED',
            'MONTHLY_LIMIT_EXCEEDED',
            'STORAGE_FULL',
          ],
        },
        schema: {
          operationId: 'generateHostedLink',
          summary: 'Make a link for one verification',
          description:
            'Give `hosted_url` to one person: the page leads them through the verification and back to your app. The link is for one use; opening it changes nothing, the consent on the page does. Redirects have to be among the redirect targets of the organization. The result comes by the webhook `verification.completed`, or by the status path of the product. A link of a test key runs in the test world and uses no quota.',
          tags,
          querystring: WorldQuery,
          body: GenerateRequest,
          response: { 200: GenerateReply },
        },
      },
      async (request) => {
        const caller = relyingParty(request);
        const made = await hosted.generate(
          toRealm(caller),
          toNewLink(request.body),
          toAsker(caller, request.id),
        );
        return fromNewLink(made, ownOrigin(request));
      },
    );

    app.post(
      '/hosted/complete/:token',
      {
        config: { access: 'public', refuses: ['NOT_FOUND', 'CONFLICT', 'SESSION_EXPIRED', 'STORAGE_FULL'] },
        schema: {
          operationId: 'completeHostedLink',
          summary: 'The result of a link, for its page',
          description:
            'Answers the result and where the page leads. 409 while there is no result. It is no proof for your application; use the webhook or the status path.',
          tags,
          params: TokenParams,
          body: CompleteRequest,
          response: { 200: CompleteReply },
        },
      },
      async (request) =>
        fromCompleted(
          await hosted.complete(request.params.token, {
            denied: request.body?.denied ?? false,
            request: request.id,
          }),
        ),
    );

    app.get(
      '/hosted/verifications',
      {
        config: { access: 'hosted' },
        schema: {
          operationId: 'listHostedVerifications',
          summary: 'List verifications',
          description:
            'Those of links, and of visits of published flows, of the organization in the world of the key, the newest first.',
          tags,
          querystring: KeyListQuery,
          response: { 200: HostedPage },
        },
      },
      async (request) => {
        const realm = toRealm(relyingParty(request));
        return keyListPage(request.query, (part) => hosted.page(realm, part), fromLink);
      },
    );

    for (const [path, product] of Object.entries(statusPaths))
      app.get(
        `/api/mobile/v1/${path}/status/:id`,
        {
          config: { access: reading('hosted'), quiet: true, refuses: ['NOT_FOUND'] },
          schema: {
            operationId: `${path}Status`,
            summary: `State of a ${product} verification`,
            description: `State of a verification with the product \`${product}\`, of a link or of a visit of a published flow. Prefer the webhook; poll every second or slower.`,
            tags,
            params: StatusParams,
            querystring: WorldQuery,
            response: { 200: StatusReply },
          },
        },
        async (request) =>
          fromLink(await hosted.status(toRealm(relyingParty(request)), product, request.params.id)),
      );
  };
}
