import { Refusal } from '../../ui/refusal.ts';
import { admin, replyOf, type Schemas } from './admin.ts';
import { setSigned } from './send.ts';

export type Role = Schemas['Administrator']['role'];

type SessionReply = Schemas['AdministratorSession'];
/** Its times are milliseconds since 1970. */
export interface Session extends Omit<SessionReply, 'user' | 'expiresAt'> {
  user: Omit<SessionReply['user'], 'factorDueAt'> & { factorDueAt?: number };
  expiresAt: number;
}

/** Of a right password where a second step is asked for. */
export interface SecondStep {
  sessionToken: string;
  passkey: boolean;
  face: boolean;
  recoveryCode: boolean;
}

export type Passkey = Schemas['Passkeys']['credentials'][number];
export type OwnFace = Schemas['OwnFace'];
export type OwnSession = Schemas['AdministratorSessions']['items'][number];

/** Data URLs of one moment. */
export interface FacePictures {
  image: string;
  frames: string[];
  /** Of each frame, ms. */
  frameTimes: number[];
}

export type SignInResult =
  | { is: 'signed-in'; session: Session }
  | ({ is: 'second-step' } & SecondStep)
  | { is: 'enrollment-required'; sessionToken: string };

/** Of a sign-in with `cookie`, which answers no token. */
async function opened(call: Promise<{ data?: object }>): Promise<Session> {
  const { user, expiresAt, csrf, ...session } = (await replyOf(call)) as SessionReply;
  setSigned({ csrf, account: user.id });
  const { factorDueAt } = user;
  return {
    ...session,
    csrf,
    expiresAt: Date.parse(expiresAt),
    user: { ...user, factorDueAt: factorDueAt === undefined ? undefined : Date.parse(factorDueAt) },
  };
}

type Credential = Record<string, unknown>;
const byId = (id: string) => ({ params: { path: { id } } });

/** Sign-in, the own session, second factors: `/api/auth`. */
export const auth = {
  /** What the organization of this address says to those who sign in. */
  notices: async (email: string): Promise<string[]> => {
    const domain = email.split('@')[1]?.trim() || undefined;
    return (await replyOf(admin.GET('/api/auth/notice', { params: { query: { domain } } }))).notices;
  },
  /** Undefined without a session. */
  async session(): Promise<Session | undefined> {
    try {
      return await opened(admin.GET('/api/auth/session'));
    } catch (error) {
      if (error instanceof Refusal && error.status === 401) return undefined;
      throw error;
    }
  },
  async signIn(email: string, password: string): Promise<SignInResult> {
    try {
      const call = admin.POST('/api/auth/login', { body: { email, password, cookie: true } });
      const reply = await replyOf(call);
      if (!('requires_2fa' in reply)) return { is: 'signed-in', session: await opened(call) };
      const { sessionToken, methods } = reply;
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
    replyOf(admin.POST('/api/auth/2fa/passkey/authenticate-options', { body: { sessionToken } })),
  finishWithPasskey: (sessionToken: string, credential: unknown) =>
    opened(
      admin.POST('/api/auth/2fa/passkey/authenticate', {
        body: { sessionToken, credential: credential as Credential, cookie: true },
      }),
    ),
  passkeySignInOptions: () => replyOf(admin.POST('/api/auth/passkey/options')),
  /** Without e-mail address and password. */
  signInWithPasskey: (credential: unknown) =>
    opened(admin.POST('/api/auth/passkey', { body: { credential: credential as Credential, cookie: true } })),
  finishWithRecoveryCode: (sessionToken: string, code: string) =>
    opened(admin.POST('/api/auth/2fa/recovery', { body: { sessionToken, code, cookie: true } })),
  /** The person agreed to the use of the face for this. */
  finishWithFace: (sessionToken: string, pictures: FacePictures) =>
    opened(
      admin.POST('/api/auth/2fa/face', { body: { sessionToken, ...pictures, consent: true, cookie: true } }),
    ),
  openEnrollment: (sessionToken: string, code: string) =>
    opened(admin.POST('/api/auth/2fa/enrollment', { body: { sessionToken, code, cookie: true } })),
  setPasswordWithCode: (email: string, code: string, password: string) =>
    replyOf(admin.POST('/api/auth/password/code', { body: { email, code, password } })),
  registerOptions: () => replyOf(admin.POST('/api/auth/2fa/passkey/register-options')),
  register: (credential: unknown, name?: string) =>
    replyOf(
      admin.POST('/api/auth/2fa/passkey/register', {
        body: { credential: credential as Credential, name: name || undefined },
      }),
    ),
  newRecoveryCodes: async () => (await replyOf(admin.POST('/api/auth/recovery-codes'))).codes,
  passkeys: async () => (await replyOf(admin.GET('/api/auth/2fa/passkey/credentials'))).credentials,
  renamePasskey: (id: string, name: string) =>
    replyOf(admin.PATCH('/api/auth/2fa/passkey/credentials/{id}', { ...byId(id), body: { name } })),
  removePasskey: (id: string) => replyOf(admin.DELETE('/api/auth/2fa/passkey/credentials/{id}', byId(id))),
  face: () => replyOf(admin.GET('/api/auth/2fa/face')),
  /** The person agreed to the text of that version. */
  enrollFace: (pictures: FacePictures, textVersion: string) =>
    replyOf(admin.PUT('/api/auth/2fa/face', { body: { ...pictures, consent: true, textVersion } })),
  removeFace: () => replyOf(admin.DELETE('/api/auth/2fa/face')),
  sessions: async () => (await replyOf(admin.GET('/api/auth/sessions'))).items,
  /** Of all devices, this one too. */
  endSessions: () => replyOf(admin.DELETE('/api/auth/sessions')),
  endSession: (id: string) => replyOf(admin.DELETE('/api/auth/sessions/{id}', byId(id))),
  changePassword: (current: string, next: string) =>
    replyOf(admin.POST('/api/auth/password', { body: { current, next } })),
  stepUpOptions: () => replyOf(admin.POST('/api/auth/step-up/options')),
  stepUp: (credential: unknown) =>
    replyOf(admin.POST('/api/auth/step-up', { body: { credential: credential as Credential } })),
  async signOut(): Promise<void> {
    await replyOf(admin.POST('/api/auth/logout'));
    setSigned({});
  },
};
