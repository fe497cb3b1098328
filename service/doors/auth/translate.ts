import type { z } from 'zod';
import type {
  Administrator,
  AdministratorSession,
  OpenedSession,
  OwnFace,
  Passkey,
  SignInAnswer,
} from '../../engine/accounts/index.ts';
import { defined } from '../../lib/defined.ts';
import type {
  ConsoleReply,
  FaceReply,
  NewPasskeyReply,
  PasskeySignInReply,
  PasskeysReply,
  SecondFactorReply,
  SessionsReply,
  TokenReply,
} from './wire-replies.ts';

const iso = (time: number) => new Date(time).toISOString();
const isoOf = (time: number | undefined) => (time === undefined ? undefined : iso(time));

export interface IssuedToken {
  token: string;
  expiresAt: number;
}

export const fromToken = (
  { id, email, role }: Administrator,
  { token, expiresAt }: IssuedToken,
): z.input<typeof TokenReply> => ({ token, expiresAt: iso(expiresAt), user: { id, email, role } });

/** `csrf`: absent where no cookie was sent. */
export function fromSession(session: AdministratorSession, csrf?: string): z.input<typeof ConsoleReply> {
  const { administrator, expiresAt, limitedTo } = session;
  const { id, email, name, role, organization, applianceOwner, factorDueAt } = administrator;
  const user = { id, email, name, role, orgId: organization, applianceOwner };
  return defined({
    user: { ...user, ...defined({ factorDueAt: isoOf(factorDueAt) }) },
    csrf,
    expiresAt: iso(expiresAt),
    limitedTo,
  });
}

export const fromOpened = ({ session, csrf }: OpenedSession) => fromSession(session, csrf);

export const fromTokenByPasskey = (
  { id, email, organization }: Administrator,
  { token, expiresAt }: IssuedToken,
): z.input<typeof PasskeySignInReply> => ({
  success: true,
  token,
  expiresAt: iso(expiresAt),
  admin: { id, email, orgId: organization },
});

export const fromSecondFactor = ({
  methods: { passkey, face, recoveryCode },
  ticket,
}: Extract<SignInAnswer, { is: 'second-factor' }>): z.input<typeof SecondFactorReply> => ({
  requires_2fa: true,
  methods: { passkey, face, recoveryCode },
  sessionToken: ticket,
  message: 'Two-factor authentication required',
});

export const fromFace = ({ allowed, consent, enrolled }: OwnFace): z.input<typeof FaceReply> => ({
  allowed,
  consent,
  ...(enrolled && {
    enrolled: {
      createdAt: new Date(enrolled.createdAt).toISOString(),
      textVersion: enrolled.textVersion,
      ...defined({ lastUsedAt: isoOf(enrolled.lastUsedAt) }),
    },
  }),
});

export const fromNewPasskey = ({ id, name, createdAt }: Passkey): z.input<typeof NewPasskeyReply> => ({
  success: true,
  credentialId: id,
  name,
  createdAt: iso(createdAt),
});

export const fromPasskeys = (passkeys: readonly Passkey[]): z.input<typeof PasskeysReply> => ({
  credentials: passkeys.map(({ id, name, createdAt, lastUsedAt }) => ({
    credentialId: id,
    name,
    createdAt: iso(createdAt),
    ...defined({ lastUsedAt: isoOf(lastUsedAt) }),
  })),
});

export const fromSessions = (
  sessions: readonly AdministratorSession[],
  current: string,
): z.input<typeof SessionsReply> => ({
  items: sessions.map(({ id, createdAt, lastSeenAt, idleUntil, expiresAt, source, device }) => ({
    id,
    createdAt: iso(createdAt),
    lastSeenAt: iso(lastSeenAt),
    idleUntil: iso(idleUntil),
    expiresAt: iso(expiresAt),
    source,
    ...defined({ device }),
    current: id === current,
  })),
});
