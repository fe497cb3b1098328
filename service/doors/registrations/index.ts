import type { FastifyInstance, FastifyPluginAsync, FastifyRequest } from 'fastify';
import type { Registrations } from '../../engine/registrations/index.ts';
import { ownOrigin } from '../../http/listening/own-origin.ts';
import { ordering, PlaceQuery, reading, relyingParty } from '../../http/sign-in/relying-party.ts';
import { wireErrors } from './errors.ts';
import { fromRegistered, fromRegistration, toRealm, toRegistration } from './translate.ts';
import { RegisterReply, RegisterRequest, StatusReply, StatusRequest } from './wire.ts';

export { registrationsWebhooks } from './webhook-payloads.ts';

export interface RegistrationsDoorDeps {
  registrations: Pick<Registrations, 'register' | 'status'>;
}

const tags = ['registrations'];

/** `/register` and `/get_status` (contracts/registrations.txt). The page of an invitation has a door of its own. */
export function createRegistrationsDoor(deps: RegistrationsDoorDeps): FastifyPluginAsync {
  return async (app) => {
    app.decorate('wireErrors', wireErrors);
    registerRoute(app, deps);
    statusRoutes(app, deps);
  };
}

function registerRoute(app: FastifyInstance, { registrations }: RegistrationsDoorDeps): void {
  app.post<{ Body: RegisterRequest }>(
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
        querystring: PlaceQuery,
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
}

function statusRoutes(app: FastifyInstance, { registrations }: RegistrationsDoorDeps): void {
  async function answer(request: FastifyRequest, { reference_user_id }: StatusRequest) {
    const caller = relyingParty(request);
    const by = { actor: caller.who, request: request.id };
    return fromRegistration(
      await registrations.status(toRealm(caller), reference_user_id, by),
      reference_user_id,
    );
  }
  const route = {
    config: { access: reading('registrations'), quiet: true, refuses: ['SUBJECT_NOT_FOUND'] },
  } as const;
  const about = {
    summary: 'State and data of a user',
    description:
      'The newest registration of the user. 404 with `failure_code: "DOES_NOT_EXIST"` for one who was never registered, or was erased.',
    tags,
    response: { 200: StatusReply },
  };
  app.post<{ Body: StatusRequest }>(
    '/get_status',
    {
      ...route,
      schema: { ...about, operationId: 'getRegistration', querystring: PlaceQuery, body: StatusRequest },
    },
    (request) => answer(request, request.body),
  );
  app.get<{ Querystring: StatusRequest }>(
    '/get_status',
    {
      ...route,
      schema: {
        ...about,
        operationId: 'getRegistrationByQuery',
        querystring: StatusRequest.extend(PlaceQuery.shape),
      },
    },
    (request) => answer(request, request.query),
  );
}
