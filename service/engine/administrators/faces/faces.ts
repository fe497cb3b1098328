import type { AdministratorId, OrganizationId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Tx } from '../../../storage/transaction.ts';
import type { Actor } from '../../audit/index.ts';
import { requireAccount } from '../accounts.ts';
import type { From, OpenedSession } from '../administrator.ts';
import type { Account } from '../administrator-store.ts';
import { deleteFace, type FaceRow, putFace, selectFace, updateFace } from '../face-store.ts';
import type { Parts } from '../parts.ts';
import { noteRefused, openSession } from '../sign-in.ts';
import type { Tickets } from '../tickets.ts';
import type { FaceJudge, FacePictures, LivingFace } from './face-judge.ts';
import { decodeFace, encodeFace } from './face-template.ts';

/** The face of an administrator, as a second step after the password; a passkey is always beside it. */
export interface Faces {
  /**
   * The second step of a sign-in. Throws SIGN_IN_REFUSED, SIGN_IN_DELAYED, FACE_REFUSED for another person's face or pictures that were
   * used before, and as `FaceJudge.look`.
   */
  finishWithFace(ticket: string, pictures: FacePictures, from: From): Promise<OpenedSession>;
  /** When it was enrolled and used; `allowed` by the organization. */
  faceOf(
    administrator: AdministratorId,
  ): Promise<{ allowed: boolean; createdAt?: number; lastUsedAt?: number }>;
  /**
   * Enrolls the face, in place of an earlier one; the person consented to `text`. Throws CONFLICT where the organization does not allow it,
   * and without a passkey; and as `FaceJudge.look`.
   */
  addFace(
    administrator: AdministratorId,
    pictures: FacePictures,
    text: string,
    who: Actor,
  ): Promise<{ createdAt: number }>;
  /** Throws NOT_FOUND. */
  removeFace(administrator: AdministratorId, who: Actor): Promise<void>;
}

export interface FacesDeps {
  /** The organization's own seal. */
  sealer: {
    sealOwn(place: OwnPlace, plain: Uint8Array): Uint8Array;
    openOwn(place: OwnPlace, sealed: Uint8Array): Uint8Array;
  };
  /** Asked for once pictures are there: it is made later. */
  judge(): FaceJudge;
}

interface OwnPlace {
  organization: OrganizationId;
  field: string;
  version: number;
}

/** Pictures that are remembered: more than a person uses in a year of working days. */
const MOST_SEEN = 1500;

const placeOf = ({ organization, id }: Pick<Account, 'organization' | 'id'>): OwnPlace => ({
  organization,
  field: `administrator_face.template/${id}`,
  version: 1,
});

export function createFaces(parts: Parts, tickets: Tickets, { sealer, judge }: FacesDeps): Faces {
  const { db, inTransaction, integrity, audit, clock, failures } = parts;

  const prove = createProve(parts, { sealer, judge });

  return {
    async finishWithFace(ticket, pictures, from) {
      const { account } = await tickets.read(db, ticket, 'second-factor', from);
      const attempt = await failures.begin(account.email, from.source);
      const face = await prove(account, pictures).catch(async (error: unknown) => {
        await noteRefused(parts, account, 'face');
        throw error;
      });
      return inTransaction(async (tx) => {
        const now = await tickets.read(tx, ticket, 'second-factor', from);
        await tickets.use(tx, now.row);
        await face.use(tx);
        const by = { account: now.account, attempt, from, by: 'face' };
        return openSession(parts, tx, by, { factorAt: clock.now() });
      });
    },

    async faceOf(administrator) {
      const account = await requireAccount(parts, db, administrator);
      const row = await selectFace(db, integrity, administrator);
      return {
        allowed: await isAllowed(parts, account.organization),
        ...(row && { createdAt: row.createdAt }),
        ...(row?.lastUsedAt !== undefined && { lastUsedAt: row.lastUsedAt }),
      };
    },

    async addFace(administrator, pictures, text, who) {
      const { organization } = await requireAddable(parts, administrator);
      const face = await judge().look({ organization, administrator }, pictures);
      const createdAt = clock.now();
      await inTransaction(async (tx) => {
        const account = await requireAccount(parts, tx, administrator);
        if (account.passkeys === 0) throw withoutPasskey();
        const sealed = sealer.sealOwn(placeOf(account), encodeFace(face));
        const seen = hashesOf(parts, administrator, face);
        await putFace(tx, integrity, { administrator, organization, sealed, seen, consent: text, createdAt });
        await audit.add(tx, {
          ...{ actor: who, action: 'face.add', organization, target: administrator },
          details: { consent: text },
        });
      });
      return { createdAt };
    },

    removeFace: (administrator, who) =>
      inTransaction(async (tx) => {
        const { organization } = await requireAccount(parts, tx, administrator);
        if (!(await deleteFace(tx, administrator)))
          throw new Problem('NOT_FOUND', 'No face is enrolled for this account.');
        await audit.add(tx, { actor: who, action: 'face.remove', organization, target: administrator });
      }),
  };
}

/** Throws FACE_REFUSED where the face is not that of the account, or its pictures were used before. */
function createProve(parts: Parts, { sealer, judge }: FacesDeps) {
  const { db, integrity, clock } = parts;
  return async function prove(
    account: Account,
    pictures: FacePictures,
  ): Promise<{ use(tx: Tx): Promise<void> }> {
    const row =
      (await isAllowed(parts, account.organization)) && (await selectFace(db, integrity, account.id));
    if (!row) throw refusedFace();
    const { organization, id: administrator } = account;
    const seen = await judge().look({ organization, administrator }, pictures);
    const hashes = hashesOf(parts, account.id, seen);
    if (hashes.some((hash) => row.seen.includes(hash))) throw refusedFace();
    const enrolled = decodeFace(sealer.openOwn(placeOf(account), row.sealed));
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

async function requireAddable(parts: Parts, administrator: AdministratorId): Promise<Account> {
  const account = await requireAccount(parts, parts.db, administrator);
  if (!(await isAllowed(parts, account.organization)))
    throw new Problem(
      'CONFLICT',
      'This organization does not allow signing in by face: an owner or administrator can allow it in the settings.',
    );
  if (account.passkeys === 0) throw withoutPasskey();
  return account;
}

const isAllowed = async ({ organizations }: Parts, organization: OrganizationId) =>
  (await organizations.get(organization)).faceFactor === true;

const hashesOf = ({ integrity }: Parts, id: AdministratorId, { pixelHashes }: LivingFace) =>
  pixelHashes.map((hash) => integrity.mac('administrator-face', ['picture', id, hash]).slice(0, 22));

const withoutPasskey = () =>
  new Problem('CONFLICT', 'A face is a second factor beside a passkey: add a passkey first.');

/** One sentence for another person, a repeated picture, and an account without a face. */
const refusedFace = () =>
  new Problem('FACE_REFUSED', 'The face was not accepted: use a passkey or a recovery code.');
