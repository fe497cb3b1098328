import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { KioskCaller, Kiosks, Organizations } from '../../engine/accounts/index.ts';
import { callerOf } from '../../http/authentication.ts';
import {
  ChallengeReply,
  ChallengeRequest,
  Claimed,
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
export function kioskOf(request: FastifyRequest): KioskCaller {
  const caller = callerOf(request);
  if (caller.is !== 'kiosk') throw new Error(`${request.routeOptions.url} let a ${caller.is} in`);
  return caller;
}

/** Pairing, sessions by signature, and the operator who signs in. */
export function deviceRoutes(app: FastifyInstance, { kiosks, organizations }: DeviceRouteDeps): void {
  app.post<{ Body: PairRequest }>(
    '/api/kiosk/pair',
    {
      config: open,
      schema: { hide, operationId: 'kioskPair', body: PairRequest, response: { 200: Claimed } },
    },
    async ({ body: { code, publicKey } }) => kiosks.claim(code, publicKey),
  );
  app.post<{ Body: OutcomeRequest }>(
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
  app.post<{ Body: ChallengeRequest }>(
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
  app.post<{ Body: SessionRequest }>(
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
  app.post<{ Body: OperatorRequest }>(
    '/api/kiosk/operator',
    {
      config: device,
      schema: { hide, operationId: 'kioskOperator', body: OperatorRequest, response: { 200: OperatorReply } },
    },
    async (request) => {
      const { email, pin } = request.body;
      const { name } = await kiosks.signIn(kioskOf(request), email, pin);
      return { operator: { name } };
    },
  );
  app.post<{ Body: LeaveRequest }>(
    '/api/kiosk/leave',
    {
      config: device,
      schema: { hide, operationId: 'kioskLeave', body: LeaveRequest, response: { 200: LeaveReply } },
    },
    async (request) => kiosks.leave(kioskOf(request), request.body.pin, request.body.email),
  );
  // Of the desktop app, which has no session of the kiosk.
  app.post<{ Body: LeftRequest }>(
    '/api/kiosk/left',
    { config: open, schema: { hide, body: LeftRequest } },
    async ({ body: { token } }, reply) => {
      kiosks.confirmLeft(token);
      return reply.code(204).send();
    },
  );
}
