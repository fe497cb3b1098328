import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { KioskCaller, Kiosks, Organizations } from '../../engine/accounts/index.ts';
import type { Actor } from '../../engine/audit/index.ts';
import { consentTextOf, requireTextOfDevice } from '../../engine/consent/index.ts';
import type { Captures } from '../../engine/matching/index.ts';
import type { Subjects } from '../../engine/people/index.ts';
import type { Checks } from '../../engine/verification/index.ts';
import { callerOf } from '../../http/authentication.ts';
import { untilClosed } from '../../http/listening/listen-on-host.ts';
import { defined } from '../../lib/defined.ts';
import { Problem } from '../../lib/problem.ts';
import {
  CaptureReply,
  ChallengeReply,
  ChallengeRequest,
  Claimed,
  ConsentReply,
  EnrollReply,
  EnrollRequest,
  LeaveReply,
  LeaveRequest,
  LeftRequest,
  OperatorReply,
  OperatorRequest,
  OutcomeReply,
  OutcomeRequest,
  PairRequest,
  SessionReply,
  SessionRequest,
  StateReply,
  VerifyReply,
  VerifyRequest,
} from './wire.ts';

export interface DeviceRouteDeps {
  kiosks: Pick<
    Kiosks,
    'claim' | 'outcome' | 'challenge' | 'openSession' | 'get' | 'signIn' | 'leave' | 'confirmLeft'
  >;
  organizations: Pick<Organizations, 'brandingOf'>;
}

const open = { access: 'public', quiet: true } as const;
const device = { access: { kiosk: 'device' } } as const;
const hide = true;

/** The kiosk that calls a route which only kiosks may call. */
function kioskOf(request: FastifyRequest): KioskCaller {
  const caller = callerOf(request);
  if (caller.is !== 'kiosk') throw new Error(`${request.routeOptions.url} let a ${caller.is} in`);
  return caller;
}

/** What is late does nothing: the person in front has gone on. */
const waitingKioskOf = (request: FastifyRequest, reply: FastifyReply) => ({
  ...kioskOf(request),
  signal: untilClosed(reply),
});

/** Pairing, sessions by signature, and the operator who signs in. */
export function deviceRoutes(app: FastifyInstance, { kiosks, organizations }: DeviceRouteDeps): void {
  app.post(
    '/api/kiosk/pair',
    {
      config: open,
      schema: { hide, operationId: 'kioskPair', body: PairRequest, response: { 200: Claimed } },
    },
    async ({ body: { code, publicKey } }) => kiosks.claim(code, publicKey),
  );
  app.post(
    '/api/kiosk/pair/outcome',
    {
      config: open,
      schema: {
        hide,
        operationId: 'kioskPairOutcome',
        body: OutcomeRequest,
        response: { 200: OutcomeReply },
      },
    },
    async ({ body: { claim } }) => kiosks.outcome(claim),
  );
  app.post(
    '/api/kiosk/challenge',
    {
      config: open,
      schema: {
        hide,
        operationId: 'kioskChallenge',
        body: ChallengeRequest,
        response: { 200: ChallengeReply },
      },
    },
    async ({ body: { kiosk } }) => ({ challenge: kiosks.challenge(kiosk) }),
  );
  app.post(
    '/api/kiosk/session',
    {
      config: open,
      schema: { hide, operationId: 'kioskSession', body: SessionRequest, response: { 200: SessionReply } },
    },
    async ({ body: { kiosk, challenge, signature } }) => {
      const { token, expiresAt } = await kiosks.openSession(kiosk, challenge, signature);
      return { token, expiresAt: new Date(expiresAt).toISOString() };
    },
  );
  app.get(
    '/api/kiosk/state',
    {
      config: { ...device, quiet: true },
      schema: { hide, operationId: 'kioskState', response: { 200: StateReply } },
    },
    async (request) => {
      const caller = kioskOf(request);
      const [{ kiosk, operator }, { name, ...look }] = await Promise.all([
        kiosks.get(caller),
        organizations.brandingOf(caller.organization),
      ]);
      return {
        kiosk: { id: kiosk.id, name: kiosk.name, env: kiosk.world, pinLocked: kiosk.pinLocked },
        organization: name,
        ...look,
        ...(operator && { operator: { name: operator.name } }),
      };
    },
  );
  app.post(
    '/api/kiosk/operator',
    {
      config: device,
      schema: { hide, operationId: 'kioskOperator', body: OperatorRequest, response: { 200: OperatorReply } },
    },
    async (request, reply) => {
      const { email, pin } = request.body;
      const { name } = await kiosks.signIn(waitingKioskOf(request, reply), email, pin);
      return { operator: { name } };
    },
  );
  app.post(
    '/api/kiosk/leave',
    {
      config: device,
      schema: { hide, operationId: 'kioskLeave', body: LeaveRequest, response: { 200: LeaveReply } },
    },
    async (request, reply) =>
      kiosks.leave(waitingKioskOf(request, reply), request.body.pin, request.body.email),
  );
  // Of the desktop app, which has no session of the kiosk.
  app.post(
    '/api/kiosk/left',
    { config: open, schema: { hide, body: LeftRequest } },
    async ({ body: { token } }, reply) => {
      kiosks.confirmLeft(token);
      return reply.code(204).send();
    },
  );
}

export interface VisitRouteDeps {
  captures: Pick<Captures, 'open'>;
  checks: Pick<Checks, 'enroll' | 'verify'>;
  kiosks: Pick<Kiosks, 'confirmOperator'>;
  subjects: Pick<Subjects, 'get'>;
  organizations: Pick<Organizations, 'asTextOwner'>;
}

/** An operator is signed in at the kiosk. */
const visit = { access: { kiosk: 'operator' } } as const;
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
  app.post(
    '/api/kiosk/enroll',
    {
      config: visit,
      bodyLimit: PICTURE,
      schema: { hide, operationId: 'kioskEnroll', body: EnrollRequest, response: { 200: EnrollReply } },
    },
    async (request, reply) => {
      const { picture, consent, ...person } = request.body;
      const agreed = consent && requireTextOfDevice(await shownTo(request), consent);
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
        signal: untilClosed(reply),
      });
      return { pictures: enrollments };
    },
  );
  app.post(
    '/api/kiosk/verify',
    {
      config: visit,
      bodyLimit: PICTURE,
      schema: { hide, operationId: 'kioskVerify', body: VerifyRequest, response: { 200: VerifyReply } },
    },
    async (request, reply) => {
      const { email, picture, pin } = request.body;
      const realm = realmOf(request);
      const caller = waitingKioskOf(request, reply);
      if (pin !== undefined) await kiosks.confirmOperator(caller, pin);
      const decided = await checks
        .verify({
          ...realm,
          ...defined({ email }),
          ...(pin !== undefined && { vouched: true }),
          picture: bytesOf(picture),
          actor: actorOf(request),
          request: request.id,
          signal: caller.signal,
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
