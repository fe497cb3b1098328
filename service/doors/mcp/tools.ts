import type { CallToolResult, McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { Limits } from '../../engine/accounts/index.ts';
import type { Actor } from '../../engine/audit/index.ts';
import type { Presence, PresenceCaller, PresenceOrder, PresenceSession } from '../../engine/live/index.ts';
import { defined } from '../../lib/defined.ts';
import { Problem } from '../../lib/problem.ts';
import { fromNewSession, fromProof, fromSession, fromVerdict } from '../presence/translate.ts';
import {
  NewPresenceSession,
  NewPresenceSessionReply,
  PresenceSessionReply,
  PresenceTokenReply,
  VerifyToken,
  VerifyTokenReply,
} from '../presence/wire.ts';

/** The library of the Model Context Protocol, read with the first request of an agent: it would be a part of each start. */
export const protocol = () => import('@modelcontextprotocol/server');

export interface ToolDeps {
  presence: Pick<Presence, 'create' | 'get' | 'token' | 'verifyToken'>;
  limits: Pick<Limits, 'meter'>;
  version: string;
  /** Waits; ends early when the caller has gone. */
  wait(milliseconds: number, signal: AbortSignal): Promise<void>;
}

export interface ToolCaller {
  caller: PresenceCaller;
  actor: Actor;
}

/** Of one request, or one stream. */
export interface ToolSession {
  /** By the credential as it is now: a call may wait, and a stream stays open. Throws where it does not hold any more. */
  caller(): Promise<ToolCaller>;
  /** Of this appliance, for the person's link. */
  origin: string;
  /** Aborts when the caller has gone. */
  signal: AbortSignal;
}

/** Milliseconds between two looks at a session, and seconds that a call waits. */
const INTERVAL = 2_000;
const WAIT = { usual: 20, most: 30 };

const RequestInput = z.object({
  ...NewPresenceSession.shape,
  orgId: NewPresenceSession.shape.orgId
    .describe('The organization of the service token; may be left out.')
    .optional(),
});
const TokenInput = z.object({
  sessionId: z.string().min(1).max(64).describe('sessionId of request_human_presence'),
  waitSeconds: z
    .int()
    .min(0)
    .max(WAIT.most)
    .describe(`How long to wait for the person before answering PENDING; ${WAIT.usual} when absent.`)
    .optional(),
});
const TokenOutput = z.object({
  ...PresenceSessionReply.shape,
  token: PresenceTokenReply.shape.token.optional(),
  jti: PresenceTokenReply.shape.jti.optional(),
  tokenExpiresAt: z.iso.datetime().describe('Until when the token is valid').optional(),
  retryAfterSeconds: z.number().describe('While PENDING: call again after this').optional(),
});

/** The server of one request or stream: three tools, which act as the caller's key. */
export async function createToolServer(deps: ToolDeps, of: ToolSession): Promise<McpServer> {
  const { presence } = deps;
  const { McpServer } = await protocol();
  const server = new McpServer({ name: 'gatehouse', version: deps.version });

  server.registerTool(
    'request_human_presence',
    {
      title: 'Request human presence',
      description:
        'Asks a certain human, or any enrolled one, to prove that they are there. Answers a verifyUrl: send it to the human, who does a live check in the browser. It works once, for ten minutes. Then call get_presence_token with the sessionId.',
      inputSchema: RequestInput,
      outputSchema: z.object(NewPresenceSessionReply.shape),
      annotations: { readOnlyHint: false, destructiveHint: false, openWorldHint: true },
    },
    ({ orgId, purpose, ...more }) =>
      answer(async () => {
        const now = await of.caller();
        const order = { orgId: orgId ?? now.caller.organization, purpose, ...defined(more) };
        const made = fromNewSession(await createCounted(deps, now, order), of.origin);
        return [`Ask the human to open ${made.verifyUrl} before ${made.expiresAt}.`, made];
      }),
  );

  server.registerTool(
    'get_presence_token',
    {
      title: 'Get the presence token',
      description:
        'Waits for the human of a session, and answers the signed Human Presence Token once they were recognized. While the status is PENDING call it again: nothing is lost between two calls. EXPIRED and CANCELLED are final.',
      inputSchema: TokenInput,
      outputSchema: TokenOutput,
      annotations: { readOnlyHint: true, openWorldHint: true },
    },
    ({ sessionId, waitSeconds = WAIT.usual }) =>
      answer(async () => {
        const session = await settled(deps, of, sessionId, waitSeconds * 1000);
        const state = fromSession(session);
        if (state.status === 'PENDING')
          return [
            'The human has not finished yet: call again.',
            { ...state, retryAfterSeconds: INTERVAL / 1000 },
          ];
        if (state.status !== 'VERIFIED')
          return [
            `The session is ${state.status}: there is no token. Request another one if need be.`,
            state,
          ];
        const { token, jti, expiresAt } = fromProof(await tokenOf(deps, of, sessionId));
        return [
          `${state.verifiedEmail ?? 'The human'} was there at ${state.verifiedAt}.`,
          { ...state, token, jti, tokenExpiresAt: expiresAt },
        ];
      }),
  );

  server.registerTool(
    'verify_presence_token',
    {
      title: 'Verify a presence token',
      description:
        'Whether a Human Presence Token counts now, and what it says: who, for which organization and purpose, when. Give what you expect, so that a token of another person or for another request is refused.',
      inputSchema: z.object(VerifyToken.shape),
      outputSchema: z.object(VerifyTokenReply.shape),
      annotations: { readOnlyHint: false, destructiveHint: false, openWorldHint: false },
    },
    ({ token, ...expected }) =>
      answer(async () => {
        const { caller, actor } = await of.caller();
        const verdict = fromVerdict(
          await presence.verifyToken(caller, { token, ...defined(expected) }, actor),
        );
        return [verdict.valid ? `Valid: ${verdict.sub}.` : `Not valid: ${verdict.reason}.`, verdict];
      }),
  );
  return server;
}

/** Of the tools this one alone uses the month's quota, as a session that is asked for by the API does. */
async function createCounted(
  { presence, limits }: ToolDeps,
  { caller, actor }: ToolCaller,
  order: PresenceOrder,
) {
  const counted = await limits.meter(caller);
  try {
    return await presence.create(caller, order, actor);
  } catch (error) {
    counted.answered(error instanceof Problem ? error.code : 'INTERNAL');
    throw error;
  }
}

/** The session once it is no longer pending, or after `patience` milliseconds as it is. */
async function settled(
  { presence, wait }: ToolDeps,
  of: ToolSession,
  id: string,
  patience: number,
): Promise<PresenceSession> {
  for (let left = patience; ; left -= INTERVAL) {
    const { caller, actor } = await of.caller();
    const session = await presence.get(caller, id, actor);
    if (session.state.is !== 'pending' || left <= 0 || of.signal.aborted) return session;
    await wait(Math.min(INTERVAL, left), of.signal);
  }
}

async function tokenOf({ presence }: ToolDeps, of: ToolSession, id: string) {
  const { caller, actor } = await of.caller();
  return presence.token(caller, id, actor);
}

/** A refusal is an answer of the tool, which the agent can read. */
async function answer(work: () => Promise<[sentence: string, structured: object]>): Promise<CallToolResult> {
  try {
    const [sentence, structured] = await work();
    const structuredContent = { ...structured };
    return {
      content: [{ type: 'text', text: `${sentence}\n${JSON.stringify(structuredContent)}` }],
      structuredContent,
    };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { content: [{ type: 'text', text: `${error.code}: ${error.message}` }], isError: true };
  }
}
