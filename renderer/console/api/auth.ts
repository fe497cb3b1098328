import { z } from 'zod';
import { Refusal } from './refusal.ts';
import { send, setCsrf } from './send.ts';

const roles = ['owner', 'administrator', 'operator', 'reviewer', 'auditor'] as const;
export type Role = (typeof roles)[number];

const moment = z.union([z.number(), z.string()]).transform((value) => new Date(value).getTime());

const SessionReply = z.object({
  user: z.object({
    id: z.string(),
    email: z.string(),
    name: z.string(),
    role: z.enum(roles),
    orgId: z.string(),
    applianceOwner: z.boolean().default(false),
    factorDueAt: moment.nullish(),
  }),
  /** Absent of an access token, which a page never has. */
  csrf: z.string().optional(),
  expiresAt: moment,
  limitedTo: z.literal('enrollment').nullish(),
});
export type Session = z.output<typeof SessionReply>;

/** Of a right password where a second step is asked for. */
const SecondStep = z.object({
  requires_2fa: z.literal(true),
  sessionToken: z.string(),
  methods: z.object({ passkey: z.boolean(), face: z.boolean(), recoveryCode: z.boolean() }),
});
export interface SecondStep {
  sessionToken: string;
  passkey: boolean;
  face: boolean;
  recoveryCode: boolean;
}

async function call(method: string, path: string, body?: unknown): Promise<unknown> {
  const answer = await send(
    new Request(new URL(`/api/auth/${path}`, location.origin), {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    }),
  );
  return answer.status === 204 ? undefined : await answer.json();
}

function opened(reply: unknown): Session {
  const session = SessionReply.parse(reply);
  setCsrf(session.csrf);
  return session;
}

const PasskeysReply = z.object({
  credentials: z.array(
    z.object({
      credentialId: z.string(),
      name: z.string(),
      createdAt: z.string(),
      lastUsedAt: z.string().optional(),
    }),
  ),
});
export type Passkey = z.output<typeof PasskeysReply>['credentials'][number];

const paragraphs = z.array(z.string());
const FaceReply = z.object({
  allowed: z.boolean(),
  consent: z.object({ version: z.string(), text: z.object({ en: paragraphs, de: paragraphs }) }),
  enrolled: z
    .object({ createdAt: z.string(), textVersion: z.string(), lastUsedAt: z.string().optional() })
    .optional(),
});
export type OwnFace = z.output<typeof FaceReply>;

/** Data URLs of one moment. */
export interface FacePictures {
  image: string;
  frames: string[];
  /** Of each frame, ms. */
  frameTimes: number[];
}

const SessionsReply = z.object({
  items: z.array(
    z.object({
      id: z.string(),
      createdAt: z.string(),
      lastSeenAt: z.string(),
      expiresAt: z.string(),
      source: z.string(),
      device: z.string().optional(),
      current: z.boolean(),
    }),
  ),
});
export type OwnSession = z.output<typeof SessionsReply>['items'][number];

const NoticeReply = z.object({ notices: z.array(z.string()) });
const RecoveryCodesReply = z.object({ codes: z.array(z.string()) });

export type SignInResult =
  | { is: 'signed-in'; session: Session }
  | ({ is: 'second-step' } & SecondStep)
  | { is: 'enrollment-required'; sessionToken: string };

/** Sign-in, the own session, second factors: `/api/auth`. */
export const auth = {
  /** What the organization of this address says to those who sign in. */
  notices: async (email: string): Promise<string[]> => {
    const domain = email.split('@')[1]?.trim();
    const path = domain ? `notice?domain=${encodeURIComponent(domain)}` : 'notice';
    return NoticeReply.parse(await call('GET', path)).notices;
  },
  /** Undefined without a session. */
  async session(): Promise<Session | undefined> {
    try {
      return opened(await call('GET', 'session'));
    } catch (error) {
      if (error instanceof Refusal && error.status === 401) return undefined;
      throw error;
    }
  },
  async signIn(email: string, password: string): Promise<SignInResult> {
    try {
      const reply = await call('POST', 'login', { email, password, cookie: true });
      const second = SecondStep.safeParse(reply);
      if (!second.success) return { is: 'signed-in', session: opened(reply) };
      const { sessionToken, methods } = second.data;
      return { is: 'second-step', sessionToken, ...methods };
    } catch (error) {
      if (error instanceof Refusal && error.code === 'SECOND_FACTOR_REQUIRED') {
        const { sessionToken } = error.body;
        if (typeof sessionToken === 'string') return { is: 'enrollment-required', sessionToken };
      }
      throw error;
    }
  },
  passkeyOptions: (sessionToken: string) =>
    call('POST', '2fa/passkey/authenticate-options', { sessionToken }),
  finishWithPasskey: async (sessionToken: string, credential: unknown) =>
    opened(await call('POST', '2fa/passkey/authenticate', { sessionToken, credential, cookie: true })),
  finishWithRecoveryCode: async (sessionToken: string, code: string) =>
    opened(await call('POST', '2fa/recovery', { sessionToken, code, cookie: true })),
  /** The person agreed to the use of the face for this. */
  finishWithFace: async (sessionToken: string, pictures: FacePictures) =>
    opened(await call('POST', '2fa/face', { sessionToken, ...pictures, consent: true, cookie: true })),
  openEnrollment: async (sessionToken: string, code: string) =>
    opened(await call('POST', '2fa/enrollment', { sessionToken, code, cookie: true })),
  setPasswordWithCode: (email: string, code: string, password: string) =>
    call('POST', 'password/code', { email, code, password }),
  registerOptions: () => call('POST', '2fa/passkey/register-options', {}),
  register: (credential: unknown, name?: string) =>
    call('POST', '2fa/passkey/register', { credential, ...(name ? { name } : {}) }),
  async newRecoveryCodes(): Promise<string[]> {
    return RecoveryCodesReply.parse(await call('POST', 'recovery-codes', {})).codes;
  },
  async passkeys(): Promise<Passkey[]> {
    return PasskeysReply.parse(await call('GET', '2fa/passkey/credentials')).credentials;
  },
  renamePasskey: (id: string, name: string) =>
    call('PATCH', `2fa/passkey/credentials/${encodeURIComponent(id)}`, { name }),
  removePasskey: (id: string) => call('DELETE', `2fa/passkey/credentials/${encodeURIComponent(id)}`),
  face: async (): Promise<OwnFace> => FaceReply.parse(await call('GET', '2fa/face')),
  /** The person agreed to the text of that version. */
  enrollFace: (pictures: FacePictures, textVersion: string) =>
    call('PUT', '2fa/face', { ...pictures, consent: true, textVersion }),
  removeFace: () => call('DELETE', '2fa/face'),
  async sessions(): Promise<OwnSession[]> {
    return SessionsReply.parse(await call('GET', 'sessions')).items;
  },
  endSession: (id: string) => call('DELETE', `sessions/${encodeURIComponent(id)}`),
  changePassword: (current: string, next: string) => call('POST', 'password', { current, next }),
  stepUpOptions: () => call('POST', 'step-up/options', {}),
  stepUp: (credential: unknown) => call('POST', 'step-up', { credential }),
  async signOut(): Promise<void> {
    await call('POST', 'logout', {});
    setCsrf(undefined);
  },
};
