import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Kiosks, Organizations } from '../../engine/accounts/index.ts';
import type { Actor } from '../../engine/audit/index.ts';
import { consentTextOf, requireText } from '../../engine/consent/index.ts';
import type { Captures } from '../../engine/matching/index.ts';
import type { Subjects } from '../../engine/people/index.ts';
import type { Checks } from '../../engine/verification/index.ts';
import { defined } from '../../lib/defined.ts';
import { Problem } from '../../lib/problem.ts';
import { kioskOf } from './device-routes.ts';
import {
  CaptureReply,
  ConsentReply,
  EnrollReply,
  EnrollRequest,
  VerifyReply,
  VerifyRequest,
} from './wire.ts';

export interface VisitRouteDeps {
  captures: Pick<Captures, 'open'>;
  checks: Pick<Checks, 'enroll' | 'verify'>;
  kiosks: Pick<Kiosks, 'confirmOperator'>;
  subjects: Pick<Subjects, 'get'>;
  organizations: Pick<Organizations, 'asTextOwner'>;
}

/** An operator is signed in at the kiosk. */
const visit = { access: { kiosk: 'operator' } } as const;
const hide = true;
/** Bytes of a body with one picture. */
const PICTURE = 14_000_000;

function actorOf(request: FastifyRequest): Actor {
  const { kiosk, operator } = kioskOf(request);
  return { is: 'kiosk', kiosk, request: request.id, ...defined({ administrator: operator }) };
}
const realmOf = (request: FastifyRequest) => {
  const { organization, world } = kioskOf(request);
  return { organization, world };
};
const bytesOf = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'));

/** Its operator is asked then, and nothing is wrong. */
function undecidedOf(error: unknown) {
  const { verification, undecided } = error instanceof Problem ? error.extra : {};
  if (!undecided || verification === undefined) throw error;
  return { verified: false, undecided, verification, source: 'kiosk', subject: undefined } as const;
}

/** What people do in front of a kiosk. The replies hold the decision and no figures of checks. */
export function visitRoutes(
  app: FastifyInstance,
  { captures, checks, kiosks, subjects, organizations }: VisitRouteDeps,
): void {
  const shownTo = async (request: FastifyRequest) =>
    consentTextOf(await organizations.asTextOwner(kioskOf(request).organization));

  app.get(
    '/api/kiosk/consent',
    { config: visit, schema: { hide, operationId: 'kioskConsent', response: { 200: ConsentReply } } },
    async (request) => {
      return shownTo(request);
    },
  );
  app.post(
    '/api/kiosk/captures',
    { config: visit, schema: { hide, operationId: 'kioskCaptures', response: { 201: CaptureReply } } },
    async (request, reply) => {
      const { token, expiresAt } = captures.open({ ...realmOf(request), by: kioskOf(request).kiosk });
      return reply.code(201).send({ token, expiresAt: new Date(expiresAt).toISOString() });
    },
  );
  app.post<{ Body: EnrollRequest }>(
    '/api/kiosk/enroll',
    {
      config: visit,
      bodyLimit: PICTURE,
      schema: { hide, operationId: 'kioskEnroll', body: EnrollRequest, response: { 200: EnrollReply } },
    },
    async (request) => {
      const { picture, consent, ...person } = request.body;
      const agreed = consent && requireText(await shownTo(request), consent);
      const { enrollments } = await checks.enroll({
        ...realmOf(request),
        ...defined(person),
        ...(consent &&
          agreed && {
            consent: {
              textVersion: consent.textVersion,
              method:
                consent.method === 'operator' ? 'kiosk, signed before the operator' : 'kiosk, typed name',
              legalBasis: 'explicit consent',
              purposes: agreed,
              through: 'self',
              shown: true,
            },
          }),
        email: person.email,
        picture: bytesOf(picture),
        actor: actorOf(request),
        request: request.id,
      });
      return { pictures: enrollments };
    },
  );
  app.post<{ Body: VerifyRequest }>(
    '/api/kiosk/verify',
    {
      config: visit,
      bodyLimit: PICTURE,
      schema: { hide, operationId: 'kioskVerify', body: VerifyRequest, response: { 200: VerifyReply } },
    },
    async (request) => {
      const { email, picture, pin } = request.body;
      const realm = realmOf(request);
      if (pin !== undefined) await kiosks.confirmOperator(kioskOf(request), pin);
      const decided = await checks
        .verify({
          ...realm,
          ...defined({ email }),
          ...(pin !== undefined && { vouched: true }),
          picture: bytesOf(picture),
          actor: actorOf(request),
          request: request.id,
        })
        .catch(undecidedOf);
      const { verified, undecided, verification, source, subject } = decided;
      const person = subject && (await subjects.get(realm, subject.id));
      return {
        verified,
        reference: verification,
        ...defined({ undecided, person: person?.name ?? person?.email }),
        capture: { source },
      };
    },
  );
}
