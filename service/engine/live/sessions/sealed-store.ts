import { defined } from '../../../lib/defined.ts';
import type { OrganizationId, SubjectId, World } from '../../../lib/id.ts';
import type { TestOutcome } from '../../../lib/test-outcome.ts';
import type { SealContext, Sealer, Unsealed } from '../../../storage/sealing/sealed.ts';
import type {
  FlowReply,
  SessionDevice,
  SessionPage,
  SessionResult,
  UniquenessRule,
  WaitingFace,
  WaitingPicture,
  WholeSession,
} from './session.ts';
import { type SessionRow, sessionOf } from './session-store.ts';

/** What live sessions and orders are sealed by. */
export type OwnerSealer = Pick<Sealer, 'seal' | 'openMany' | 'sealOwn' | 'openOwn' | 'emailHash'>;

/** What was ordered: the column `order_sealed`. */
export interface StoredRequest {
  email?: string;
  metadata?: Record<string, unknown>;
  subjectRef?: string;
  callback?: { url: string };
  relyingOrder?: string;
  page: SessionPage;
  uniqueness?: UniquenessRule;
  browserOrigins?: readonly string[];
  profiles?: readonly string[];
  context?: boolean;
  testOutcome?: TestOutcome;
}

const VERSION = 1;
export const sealedFields = ['order', 'device', 'answer', 'waiting', 'pictures'] as const;
export type SealedField = (typeof sealedFields)[number];

interface Plain {
  order: StoredRequest;
  device: SessionDevice;
  answer: FlowReply;
  waiting: WaitingFace;
  pictures: WaitingPicture[];
}

type Owner = Pick<SessionRow, 'id' | 'organization' | 'world' | 'subject'>;

/** The context of a value of a session with a recognized person. */
export const personContext = (
  { id, organization, world, subject }: Owner & { subject: string },
  field: SealedField,
): SealContext => ({
  organization: organization as OrganizationId,
  world: world as World,
  subject: subject as SubjectId,
  field: `live_session.${field}/${id}`,
  version: VERSION,
});

/** Seals and opens: under the key of the recognized person, so that erasing the person reaches it; before, under the organization's own. */
export const createOwnerSeal = (sealer: OwnerSealer) => ({
  async seal(context: SealContext, bytes: Uint8Array): Promise<Uint8Array> {
    return context.subject === NO_PERSON ? sealer.sealOwn(context, bytes) : sealer.seal(context, bytes);
  },
  async open(context: SealContext, sealed: Uint8Array): Promise<Unsealed> {
    if (context.subject !== NO_PERSON) return (await sealer.openMany([{ context, sealed }]))[0]!;
    try {
      return { is: 'open', plain: sealer.openOwn(context, sealed) };
    } catch {
      return { is: 'damaged' };
    }
  },
});

/** Undefined where the person is being erased. Throws for what was changed on disk. */
export function undamaged(opened: Unsealed): Uint8Array | undefined {
  if (opened.is === 'damaged') throw new Error('A sealed value was changed or belongs elsewhere.');
  return opened.is === 'open' ? opened.plain : undefined;
}

/** Before a person was recognized. */
export const NO_PERSON = '';

/** The sealed columns of a session. */
export function createSealedValues(sealer: OwnerSealer) {
  const owned = createOwnerSeal(sealer);
  const contextOf = ({ subject, ...row }: Owner, field: SealedField) =>
    personContext({ ...row, subject: subject ?? NO_PERSON }, field);

  const seal = <F extends SealedField>(owner: Owner, field: F, value: Plain[F]): Promise<Uint8Array> =>
    owned.seal(contextOf(owner, field), new TextEncoder().encode(JSON.stringify(value)));

  /** A damaged one throws, or is `absent`. */
  async function open<F extends SealedField>(
    row: SessionRow,
    field: F,
    damaged?: 'absent',
  ): Promise<Plain[F] | undefined> {
    const sealed = row[`${field}_sealed`];
    const opened = sealed === null ? undefined : await owned.open(contextOf(row, field), sealed);
    if (opened === undefined || (opened.is === 'damaged' && damaged === 'absent')) return undefined;
    const bytes = undamaged(opened);
    return bytes && (JSON.parse(new TextDecoder().decode(bytes)) as Plain[F]);
  }

  return {
    seal,
    open,
    /** What the browser and the relying party get of a decision. */
    async result(row: SessionRow): Promise<SessionResult> {
      const passed = row.decision === 'approved';
      const order = await open(row, 'order', 'absent');
      const answer = (await open(row, 'answer', 'absent')) ?? {};
      const { success, failure } = order?.page.redirect ?? {};
      const undecided = row.decision === null;
      // A person decides: the page leads on only where every result leads to the same address.
      const led = undecided ? (success === failure ? success : undefined) : passed ? success : failure;
      return {
        passed,
        decision: row.decision as SessionResult['decision'],
        reference: row.id as SessionResult['reference'],
        ...defined({
          redirect: answer.redirect ?? led,
          passToken: answer.passToken,
          passExpiresAt: answer.passExpiresAt,
        }),
      };
    },
    /** Every value again, for the person that was recognized. */
    async resealed(row: SessionRow, subject: SubjectId) {
      const owner = { ...row, subject };
      const sealedFor = async <F extends SealedField>(field: F) => {
        const value = await open(row, field);
        return value === undefined ? null : seal(owner, field, value);
      };
      return {
        order_sealed: await sealedFor('order'),
        device_sealed: await sealedFor('device'),
        answer_sealed: await sealedFor('answer'),
      };
    },
    async whole(row: SessionRow): Promise<WholeSession> {
      const ordered = await open(row, 'order', 'absent');
      const order = ordered ?? emptyRequest;
      const device = await open(row, 'device', 'absent');
      const pictures = await open(row, 'pictures', 'absent');
      const { email, subjectRef, callback, testOutcome, relyingOrder } = order;
      const { subject, ...session } = sessionOf(row);
      const agreed = session.consent?.purposes;
      // The person may be checked without being counted.
      const declined =
        agreed && order.page.consent.asks?.optional.some((purpose) => !agreed.includes(purpose));
      return {
        ...defined({ testOutcome }),
        ...session,
        // No key of this person opened the order: no event and no decision are sealed for them.
        ...(ordered === undefined ? { orderLost: true as const } : defined({ subject })),
        page: order.page,
        metadata: order.metadata ?? {},
        uniquenessRule: (!declined && order.uniqueness) || { policy: 'off', scope: '' },
        browserOrigins: order.browserOrigins ?? [],
        profiles: order.profiles ?? [],
        context: order.context ?? true,
        ...defined({ email, subjectRef, callback, relyingOrder, device }),
        ...defined({ pictures: pictures?.map(({ step }) => step) }),
      };
    },
  };
}

export type SealedValues = ReturnType<typeof createSealedValues>;

/** Of a session whose person was erased, whose order is damaged, or that another program gave another person. */
const emptyRequest: StoredRequest = {
  page: {
    consent: {
      version: '',
      text: { en: [], de: [] },
      retention: { en: '', de: '' },
      withdraw: { en: '', de: '' },
    },
  },
};
