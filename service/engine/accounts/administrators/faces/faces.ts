import type { AdministratorId, OrganizationId } from '../../../../lib/id.ts';
import { Problem } from '../../../../lib/problem.ts';
import type { Tx } from '../../../../storage/transaction.ts';
import type { Actor } from '../../../audit/index.ts';
import type { Organization } from '../../organizations/organization.ts';
import { requireAccount } from '../accounts.ts';
import type { From, OpenedSession } from '../administrator.ts';
import type { Account } from '../administrator-store.ts';
import { deleteFace, deleteFacesOf, type FaceRow, putFace, selectFace, updateFace } from '../face-store.ts';
import type { Parts } from '../parts.ts';
import type { Tickets } from '../sign-in.ts';
import { noteRefused, openSession } from '../sign-in.ts';
import {
  decodeFace,
  encodeFace,
  type FaceConsent,
  type FaceJudge,
  type FacePictures,
  faceConsent,
  type LivingFace,
  requirePresentText,
} from './face-judge.ts';

/** The face of an administrator and the consent to it. */
export interface OwnFace {
  /** By the organization. */
  allowed: boolean;
  /** The present text. */
  consent: FaceConsent;
  enrolled?: { createdAt: number; textVersion: string; lastUsedAt?: number };
}

/** The face of an administrator, as a second step after the password; a passkey is always beside it. */
export interface Faces {
  /**
   * The second step of a sign-in. The session has no fresh second factor: a face opens it, and what needs a fresh one takes a passkey.
   * Throws SIGN_IN_REFUSED, SIGN_IN_DELAYED, FACE_REFUSED for another person's face or pictures that were used before, and as
   * `FaceJudge.analyze`.
   */
  finishWithFace(ticket: string, pictures: FacePictures, from: From): Promise<OpenedSession>;
  faceOf(administrator: AdministratorId): Promise<OwnFace>;
  /**
   * Enrolls the face, in place of an earlier one; the person consented to the text of that version. Throws CONFLICT where the organization
   * does not allow it, without a passkey, and for another text than the present one; and as `FaceJudge.analyze`.
   */
  addFace(
    administrator: AdministratorId,
    pictures: FacePictures,
    textVersion: string,
    who: Actor,
  ): Promise<{ createdAt: number }>;
  /** Withdraws the consent. Throws NOT_FOUND. */
  removeFace(administrator: AdministratorId, who: Actor): Promise<void>;
  /** Whether the administrators of an organization may enroll a face. `false` removes those that are enrolled, with the switch. */
  allowFaces(organization: OrganizationId, allowed: boolean, who: Actor): Promise<{ removed: number }>;
}

export interface FacesDeps {
  /** The organization's own seal. */
  sealer: {
    sealOwn(context: OwnSealContext, plain: Uint8Array): Uint8Array;
    openOwn(context: OwnSealContext, sealed: Uint8Array): Uint8Array;
  };
  /** Asked for once pictures are there: it is made later. */
  judge(): FaceJudge;
}

interface OwnSealContext {
  organization: OrganizationId;
  field: string;
  version: number;
}

/** Pictures that are remembered: as many as a person uses in a year of working days. */
const MOST_SEEN = 7500;

const contextOf = ({ organization, id }: Pick<Account, 'organization' | 'id'>): OwnSealContext => ({
  organization,
  field: `administrator_face.template/${id}`,
  version: 1,
});

/** Refusals that say nothing about the pictures: no guess was made. */
const unjudged = new Set<unknown>(['OVERLOADED', 'PAD_NOT_INSTALLED', 'MODEL_NOT_INSTALLED']);

export function createFaces(parts: Parts, tickets: Tickets, deps: FacesDeps): Faces {
  const { db, inTransaction, integrity, audit, failures, organizations } = parts;
  const prove = createProve(parts, deps);

  return {
    async finishWithFace(ticket, pictures, from) {
      const { account } = await tickets.read(db, ticket, 'second-factor', from);
      const attempt = await failures.begin(account.email, from.source);
      const face = await prove(account, pictures).catch(async (error: unknown) => {
        if (error instanceof Problem && unjudged.has(error.code))
          await inTransaction((tx) => attempt.takeBack(tx));
        else await noteRefused(parts, account, 'face');
        throw error;
      });
      return inTransaction(async (tx) => {
        const now = await tickets.read(tx, ticket, 'second-factor', from);
        await tickets.use(tx, now.row);
        await face.use(tx);
        return openSession(parts, tx, { account: now.account, attempt, from, by: 'face' });
      });
    },

    async faceOf(administrator) {
      const account = await requireAccount(parts, db, administrator);
      const { name, faceFactor = false } = await organizations.get(account.organization);
      const row = await selectFace(db, integrity, administrator);
      const { createdAt = 0, consent: textVersion = '', lastUsedAt } = row ?? {};
      return {
        allowed: faceFactor,
        consent: faceConsent(name),
        ...(row && { enrolled: { createdAt, textVersion, ...(lastUsedAt !== undefined && { lastUsedAt }) } }),
      };
    },

    addFace: createAddFace(parts, deps),

    removeFace: (administrator, who) =>
      inTransaction(async (tx) => {
        const { organization } = await requireAccount(parts, tx, administrator);
        if (!(await deleteFace(tx, administrator)))
          throw new Problem('NOT_FOUND', 'No face is enrolled for this account.');
        await audit.add(tx, { actor: who, action: 'face.remove', organization, target: administrator });
      }),

    allowFaces: (organization, allowed, who) =>
      inTransaction(async (tx) => {
        await organizations.setFaceFactor(tx, organization, allowed, who);
        if (allowed) return { removed: 0 };
        const removed = await deleteFacesOf(tx, organization);
        const details = { because: 'the organization does not allow it any more' };
        for (const target of removed)
          await audit.add(tx, { actor: who, action: 'face.remove', organization, target, details });
        return { removed: removed.length };
      }),
  };
}

function createAddFace(parts: Parts, { sealer, judge }: FacesDeps): Faces['addFace'] {
  const { db, inTransaction, integrity, audit, clock, organizations } = parts;
  return async (administrator, pictures, textVersion, who) => {
    const { organization, ...before } = await requireAccount(parts, db, administrator);
    requireAddable(await organizations.get(organization), before);
    requirePresentText(textVersion);
    const face = await judge().analyze({ organization, administrator }, pictures);
    const sealed = sealer.sealOwn(contextOf({ organization, id: administrator }), encodeFace(face));
    const hashes = hashesOf(parts, administrator, face);
    const createdAt = clock.now();
    await inTransaction(async (tx) => {
      const account = await requireAccount(parts, tx, administrator);
      requireAddable(await organizations.getIn(tx, organization), account);
      const earlier = (await selectFace(tx, integrity, administrator))?.seen ?? [];
      if (hashes.some((hash) => earlier.includes(hash))) throw usedBefore();
      await putFace(tx, integrity, {
        administrator,
        organization,
        sealed,
        consent: textVersion,
        createdAt,
        seen: [...earlier, ...hashes].slice(-MOST_SEEN),
      });
      await audit.add(tx, {
        actor: who,
        action: 'face.add',
        organization,
        target: administrator,
        details: { consent: textVersion },
      });
    });
    return { createdAt };
  };
}

/** Throws FACE_REFUSED where the face is not that of the account, or its pictures were used before. */
function createProve(parts: Parts, { sealer, judge }: FacesDeps) {
  const { db, integrity, clock, organizations } = parts;
  return async function prove(
    account: Account,
    pictures: FacePictures,
  ): Promise<{ use(tx: Tx): Promise<void> }> {
    const { organization, id: administrator, passkeys } = account;
    const row = await selectFace(db, integrity, administrator);
    if (!row || passkeys === 0 || !(await organizations.get(organization)).faceFactor) throw refusedFace();
    const seen = await judge().analyze({ organization, administrator }, pictures);
    const hashes = hashesOf(parts, administrator, seen);
    if (hashes.some((hash) => row.seen.includes(hash))) throw refusedFace();
    const enrolled = decodeFace(sealer.openOwn(contextOf(account), row.sealed));
    if (judge().isSame(enrolled, seen) !== true) throw refusedFace();
    return {
      async use(tx) {
        const after: FaceRow = {
          ...row,
          seen: [...row.seen, ...hashes].slice(-MOST_SEEN),
          lastUsedAt: clock.now(),
        };
        if (!(await updateFace(tx, integrity, row, after))) throw refusedFace();
      },
    };
  };
}

function requireAddable({ faceFactor }: Organization, { passkeys }: Pick<Account, 'passkeys'>): void {
  if (!faceFactor)
    throw new Problem(
      'CONFLICT',
      'This organization does not allow signing in by face: an owner can allow it in the console, under Security.',
    );
  if (passkeys === 0)
    throw new Problem('CONFLICT', 'A face is a second factor beside a passkey: add a passkey first.');
}

const hashesOf = ({ integrity }: Parts, id: AdministratorId, { pixelHashes }: LivingFace) =>
  pixelHashes.map((hash) => integrity.mac('administrator-face', ['picture', id, hash]).slice(0, 22));

/** One sentence for another person, a repeated picture, and an account without a face. */
const refusedFace = () =>
  new Problem('FACE_REFUSED', 'The face was not accepted: use a passkey or a recovery code.');

const usedBefore = () => new Problem('FACE_REFUSED', 'One of these pictures was used before: take new ones.');
