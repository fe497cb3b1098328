import { createHash } from 'node:crypto';
import { z } from 'zod';
import { defined } from '../../../lib/defined.ts';
import type { RegistrationId } from '../../../lib/id.ts';
import { newLinkToken } from '../../../lib/link-token.ts';
import { Problem, type ProblemDetail } from '../../../lib/problem.ts';
import { type Organization, refuseErased } from '../../accounts/index.ts';
import { type Actor, describeActor } from '../../audit/index.ts';
import type { TextOwner } from '../../consent/index.ts';
import type { Realm } from '../../people/index.ts';
import type { ScopeTerms, Uniqueness } from '../../uniqueness/index.ts';
import { allowedRedirects, redirectProblems } from '../flows/flow.ts';
import type { LinkResolver } from '../sessions/link.ts';
import { requireTestWorld } from '../sessions/new-sessions.ts';
import { extendConsent, uniqueConsent } from '../sessions/page-consent.ts';
import type { DecidedSession, FlowHandler, SessionPage } from '../sessions/session.ts';
import {
  type CallersOwn,
  createOrderLife,
  type KindOfOrder,
  type OrderDeps,
  orderLine,
} from './order-life.ts';
import {
  type CommonTerms,
  createOrderStore,
  type Ending,
  type Order,
  type OrderState,
  type OrderStore,
} from './order-store.ts';

/** What the caller asks to know of the user. */
export type DataRequest = 'humanness-and-id' | 'phone-number';

/** `replaced`: the user was registered again before they finished. */
export type RegistrationState = 'pending' | 'completed' | 'failed' | 'expired' | 'replaced';

export type FailureCode = 'not-unique' | 'liveness-failed' | 'expired';

/** Sealed: the caller's own name of the user, and where the page leads at its end. */
const RegistrationRequest = z.object({
  reference: z.string(),
  redirect: z.string().optional(),
  /** The caller's own. */
  metadata: z.record(z.string(), z.unknown()).optional(),
});
type RegistrationRequest = z.infer<typeof RegistrationRequest>;

interface RegistrationTerms extends CommonTerms {
  /** Uniqueness region; empty: the organization. */
  region: string;
  dataRequest: DataRequest;
}
interface RegistrationResult {
  failure?: FailureCode;
  /** 0..1. */
  humanness?: number;
  /** The person's pseudonym in the region. */
  humanId?: string;
}
type RegistrationOrder = Order<RegistrationTerms, RegistrationResult>;

/** An invitation of a user, under a reference of the caller's own, and what came of it. */
export interface Registration extends RegistrationTerms, RegistrationResult {
  id: RegistrationId;
  createdAt: number;
  /** The caller's own name of the user, and data; absent once the person was erased. */
  reference?: string;
  metadata?: Record<string, unknown>;
  /** Until when the invitation can be opened, ms since 1970. */
  expiresAt: number;
  state: RegistrationState;
}

export interface NewRegistration extends RegistrationTerms, CallersOwn {
  /** The caller's own name of the user. */
  reference: string;
  /** Where the page leads at its end, whatever the result. */
  redirect?: string;
}

/** Users who are invited by a caller to show that they are one human each. */
export interface Registrations {
  /**
   * Invites a user. An invitation of the same user that waits ends. Throws INVALID_REQUEST, naming each field that is wrong, and
   * CONFLICT for a user who has completed one in the region, and for a region that has ended; and KIOSK_REQUIRED.
   */
  register(
    realm: Realm,
    order: NewRegistration,
    who: { actor: Actor; request?: string },
  ): Promise<{ registration: Registration; token: string }>;
  /** Throws SUBJECT_NOT_FOUND for a user who was never registered. An administrator who reads a result leaves a line. */
  status(realm: Realm, reference: string, who: { actor: Actor; request?: string }): Promise<Registration>;
  /** The newest first, with those that another replaced. */
  page(realm: Realm, part: { before?: string; limit: number }): Promise<Registration[]>;
  links: LinkResolver;
  end: FlowHandler;
  expireDue(signal?: AbortSignal): Promise<number>;
}

export interface RegistrationsDeps extends OrderDeps {
  uniqueness: Pick<Uniqueness, 'termsOf'>;
  /** 0..1, from what the challenge of the session found. */
  humannessOf(liveness: NonNullable<DecidedSession['liveness']>): number;
}

/** Milliseconds in which an invitation can be opened. */
const LIFE = 7 * 24 * 3_600_000;

export function createRegistrations(deps: RegistrationsDeps): Registrations {
  const { inTransaction, sealer, organizations, sessions, uniqueness, audit, ids, random } = deps;
  const store = createOrderStore<RegistrationRequest, RegistrationTerms, RegistrationResult>(
    deps,
    'registration',
    RegistrationRequest,
  );
  const { links, flowEnd, expireDue } = createOrderLife(deps, registrationKind(deps, store));
  const whole = async (order: RegistrationOrder) => toRegistration(order, await store.requestOf(order));
  /** A reference is compared as it is, in its case; the keyed hash is over its digest, because addresses are normalized. */
  const hashOf = ({ organization }: Realm, reference: string) =>
    sealer.emailHash(organization, `reference:${createHash('sha256').update(reference).digest('hex')}`);

  return {
    async register(realm, order, who) {
      const { reference, redirect, region, dataRequest, metadata, testOutcome } = order;
      requireTestWorld(realm, testOutcome);
      const organization = await organizations.get(realm.organization);
      refuseErased(organization);
      requireValid(realm, { dataRequest, redirect }, organization.redirectTargets ?? []);
      await uniqueness.termsOf(realm, region);
      await sessions.requireBrowser(realm, {});
      const token = newLinkToken(random);
      const about = hashOf(realm, reference);
      const made = await inTransaction(async (tx) => {
        const before = await store.newest(tx, realm, about);
        if (before?.state === 'passed' && before.terms.region === region)
          throw new Problem(
            'CONFLICT',
            'This user has completed the verification: ask for the result, POST /get_status.',
          );
        const replaces = before?.state === 'pending' ? before : undefined;
        if (replaces) await store.end(tx, replaces, { state: 'replaced' });
        const id = ids.next('registration');
        const row = { id, realm, createdBy: describeActor(who.actor), life: LIFE, token, about };
        const asked = { reference, ...defined({ redirect, metadata }) };
        const terms = { region, dataRequest, ...defined({ testOutcome }) };
        const made = await store.insert(tx, { ...row, terms }, asked);
        const details = { dataRequest, region, ...defined({ replaces: replaces?.id }) };
        await audit.add(tx, orderLine(made, 'registration.create', who, details));
        return made;
      });
      return { registration: await whole(made), token };
    },

    async status(realm, reference, who) {
      const found = await store.newest(undefined, realm, hashOf(realm, reference));
      if (!found) throw new Problem('SUBJECT_NOT_FOUND', 'No user was registered under this reference.');
      if (who.actor.is === 'administrator' && found.state === 'passed')
        await inTransaction((tx) => audit.add(tx, orderLine(found, 'registration.read', who)));
      return whole(found);
    },

    async page(realm, part) {
      return Promise.all((await store.page(realm, part)).map(whole));
    },

    links,
    end: flowEnd,
    expireDue,
  };
}

/** Of the subject record too. */
export const registrationState = (state: string): RegistrationState =>
  state === 'passed' ? 'completed' : (state as Exclude<OrderState, 'passed'>);

const toRegistration = (
  { id, terms, result, state, created_at, expires_at }: RegistrationOrder,
  asked: RegistrationRequest | undefined,
): Registration => ({
  id: id as RegistrationId,
  ...terms,
  ...defined({ reference: asked?.reference, metadata: asked?.metadata }),
  createdAt: created_at,
  expiresAt: expires_at,
  state: registrationState(state),
  ...result,
  ...(state === 'expired' && { failure: 'expired' }),
});

function requireValid(
  { world }: Realm,
  { dataRequest, redirect }: { dataRequest: DataRequest; redirect: string | undefined },
  allowed: readonly string[],
): void {
  const details: ProblemDetail[] = redirectProblems({ success: redirect }, allowed);
  if (dataRequest === 'phone-number' && world !== 'test')
    details.push({
      path: 'dataRequest',
      message:
        'The phone number is a placeholder for testing: use a test key, or ask for the humanness score and the id.',
    });
  if (details.length === 0) return;
  throw new Problem('INVALID_REQUEST', `The registration is not valid: ${details[0]!.message}`, { details });
}

/** The family has no code of its own for a user who does not agree. */
const notAlive = { state: 'failed', result: { failure: 'liveness-failed' } } as const;

const registrationKind = (
  { uniqueness, humannessOf, events, audit }: RegistrationsDeps,
  store: OrderStore<RegistrationRequest, RegistrationTerms, RegistrationResult>,
): KindOfOrder<RegistrationRequest, RegistrationTerms, RegistrationResult> => ({
  store,
  timed: false,
  pageOf: async ({ realm, terms }, { redirect }, organization) =>
    toInvitationPage(organization, await uniqueness.termsOf(realm, terms.region), redirect),
  sessionOf: ({ terms }, { reference }) => ({
    match: 'none',
    uniqueness: { policy: 'block', scope: terms.region },
    subjectRef: reference,
  }),
  declined: notAlive,
  erased: notAlive,
  endingOf: (_, session) => endingOf(session, humannessOf),
  async ended(tx, order, { state, result = {}, subject }, by) {
    const { id, realm, session } = order;
    const failure = state === 'expired' ? 'expired' : result.failure;
    const asked = await store.requestOf(order);
    // An invitation that expires sends no event.
    if ((state === 'passed' || state === 'failed') && asked)
      await events.add(tx, {
        type: 'session.decided',
        ...realm,
        payload: {
          flow: 'registration',
          session: session ?? id,
          registration: id,
          ...(order.terms.region !== '' && { region: order.terms.region }),
          decision: state === 'passed' ? 'approved' : failure === 'not-unique' ? 'duplicate' : 'rejected',
        },
        personal: {
          ...defined({ subject }),
          values: { reference: asked.reference, ...defined({ metadata: asked.metadata }) },
        },
      });
    const details = { state: registrationState(state), ...defined({ failure, subject }) };
    await audit.add(tx, orderLine(order, 'registration.decide', by, details));
  },
});

function endingOf(
  { decision, uniqueness, liveness }: DecidedSession,
  humannessOf: RegistrationsDeps['humannessOf'],
): Ending<RegistrationResult> {
  switch (decision) {
    case 'approved':
      return {
        state: 'passed',
        ...defined({ subject: uniqueness?.subject }),
        result: defined({ humanId: uniqueness?.humanId, humanness: liveness && humannessOf(liveness) }),
      };
    case 'duplicate':
      return {
        state: 'failed',
        result: { failure: 'not-unique' },
        ...defined({ subject: uniqueness?.duplicateOf }),
      };
    case 'expired':
      return { state: 'expired' };
    case 'rejected':
    case 'cancelled':
      return notAlive;
    default:
      return decision satisfies never;
  }
}

/** Version of the sentences below; a changed one needs a new version. */
const VERSION = 'registration-2';

const texts = {
  en: {
    title: 'Confirm that you are a person',
    intro: 'A short look into the camera is all it takes.',
    failure: 'This did not work. You can ask for a new invitation, or for another way.',
    id: '{organization} learns a random-looking number that stands for you here and nowhere else.',
    until: 'The template is kept until {end} at the latest.',
  },
  de: {
    title: 'Bestätigen Sie, dass Sie ein Mensch sind',
    intro: 'Ein kurzer Blick in die Kamera genügt.',
    failure: 'Das hat nicht geklappt. Sie können um eine neue Einladung oder einen anderen Weg bitten.',
    id: '{organization} erfährt eine zufällig aussehende Nummer, die hier und nirgends sonst für Sie steht.',
    until: 'Die Vorlage wird spätestens bis {end} aufbewahrt.',
  },
} as const;

/** The capture page of an invitation, which leads only where the organization allows now. */
function toInvitationPage(
  organization: Organization & TextOwner,
  terms: ScopeTerms,
  redirect: string | undefined,
): SessionPage {
  const { name, redirectTargets } = organization;
  const both = (text: 'title' | 'intro' | 'failure') => ({ en: texts.en[text], de: texts.de[text] });
  const { success } = allowedRedirects({ success: redirect }, redirectTargets);
  const { retentionDays, endsAt } = terms;
  return {
    title: both('title'),
    messages: { intro: both('intro'), failure: both('failure') },
    ...(success !== undefined && { redirect: { success, failure: success } }),
    consent: extendConsent(
      uniqueConsent(organization, terms, 'block'),
      ` ${VERSION}`,
      (language, { text, retention }) => {
        const { id, until } = texts[language];
        const isBounded = retentionDays === undefined && endsAt !== undefined;
        return {
          text: [...text, id.replace('{organization}', () => name)],
          retention: isBounded
            ? `${retention} ${until.replace('{end}', new Date(endsAt).toISOString().slice(0, 10))}`
            : retention,
        };
      },
    ),
  };
}
