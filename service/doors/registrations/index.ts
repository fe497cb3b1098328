import type { FastifyPluginAsync, FastifyRequest, RouteShorthandOptions } from 'fastify';
import type { Registrations } from '../../engine/live/index.ts';
import { defaultErrors, respelled, type WireErrors } from '../../http/default-errors.ts';
import { KeyListQuery, keyListPage } from '../../http/key-lists.ts';
import { ownOrigin } from '../../http/listening/own-hosts.ts';
import { ordering, reading, relyingParty, toRealm, WorldQuery } from '../../http/sign-in/relying-party.ts';
import { type Problem, problemCodes } from '../../lib/problem.ts';
import { fromListed, fromRegistered, fromRegistration, toRegistration } from './translate.ts';
import { RegisterReply, RegisterRequest, RegistrationPage, StatusReply, StatusRequest } from './wire.ts';

export { registrationsWebhooks } from './webhook-events.ts';

export interface RegistrationsDoorDeps {
  registrations: Pick<Registrations, 'register' | 'status' | 'page'>;
}

const tags = ['registrations'];

const details = respelled({
  'redirects.success': 'redirect_url',
  dataRequest: 'data_request.type',
  testOutcome: 'test_outcome',
});

/** Every error has `failure_code`; it is null but for a user who is not registered. */
const wireErrors: WireErrors = Object.fromEntries(
  problemCodes.map((code) => [
    code,
    {
      status: defaultErrors[code].status,
      extra: (problem: Problem) => ({
        ...(code === 'INVALID_REQUEST' && details(problem)),
        failure_code: code === 'SUBJECT_NOT_FOUND' ? 'DOES_NOT_EXIST' : null,
      }),
    },
  ]),
);

/** Asked in two ways. */
const status = {
  config: { access: reading('registrations'), quiet: true, refuses: ['SUBJECT_NOT_FOUND'] },
  schema: {
    summary: 'State and data of a user',
    description:
      'The newest registration of the user. 404 with `failure_code: "DOES_NOT_EXIST"` for one who was never registered, or was erased.',
    tags,
    response: { 200: StatusReply },
  },
} satisfies RouteShorthandOptions;

/** `/register` and `/get_status` (contracts/registrations.txt). The page of an invitation has a door of its own. */
export function createRegistrationsDoor({ registrations }: RegistrationsDoorDeps): FastifyPluginAsync {
  async function answer(request: FastifyRequest, { reference_user_id }: StatusRequest) {
    const caller = relyingParty(request);
    const by = { actor: caller.who, request: request.id };
    const found = await registrations.status(toRealm(caller), reference_user_id, by);
    return fromRegistration(found, reference_user_id);
  }

  return async (app) => {
    app.decorate('wireErrors', wireErrors);
    app.post(
      '/register',
      {
        config: {
          access: ordering('registrations'),
          metered: true,
          idempotent: true,
          refuses: ['CONFLICT', 'KIOSK_REQUIRED', 'MONTHLY_LIMIT_EXCEEDED', 'STORAGE_FULL'],
        },
        schema: {
          operationId: 'registerUser',
          summary: 'Invite a user to show that they are human',
          description:
            'Send `invite_url` to the user, who has seven days. Each person counts once in a region, or in the organization: a person who comes again under another reference ends with `NOT_UNIQUE`. Registering a user again ends an invitation that waits; 409 for a user who has completed it in the region. The result comes by the webhook `USER_VERIFICATION_COMPLETED`, or by `/get_status`.',
          tags,
          querystring: WorldQuery,
          body: RegisterRequest,
          response: { 200: RegisterReply },
        },
      },
      async (request) => {
        const caller = relyingParty(request);
        const made = await registrations.register(toRealm(caller), toRegistration(request.body), {
          actor: caller.who,
          request: request.id,
        });
        return fromRegistered(made, request.body.reference_user_id, ownOrigin(request));
      },
    );
    app.get(
      '/registrations',
      {
        config: { access: 'registrations' },
        schema: {
          operationId: 'listRegistrations',
          summary: 'List registrations',
          description: 'Those of the organization in the world of the key, the newest first.',
          tags,
          querystring: KeyListQuery,
          response: { 200: RegistrationPage },
        },
      },
      async (request) => {
        const realm = toRealm(relyingParty(request));
        return keyListPage(request.query, (part) => registrations.page(realm, part), fromListed);
      },
    );
    app.post(
      '/get_status',
      {
        ...status,
        schema: {
          ...status.schema,
          operationId: 'getRegistration',
          querystring: WorldQuery,
          body: StatusRequest,
        },
      },
      (request) => answer(request, request.body),
    );
    app.get(
      '/get_status',
      {
        ...status,
        schema: {
          ...status.schema,
          operationId: 'getRegistrationByQuery',
          querystring: StatusRequest.extend(WorldQuery.shape),
        },
      },
      (request) => answer(request, request.query),
    );
  };
}
