import { hash, randomFillSync } from 'node:crypto';
import type { Clock, SteadyClock, Timer } from '../../../lib/clock.ts';
import { createRecent } from '../../../lib/collections/recent.ts';
import { defined } from '../../../lib/defined.ts';
import type { KeyId } from '../../../lib/id.ts';
import type { Db, InTransaction, Tx } from '../../../storage/transaction.ts';
import type { insertTokenUse, Limits } from '../../accounts/index.ts';
import type { Foundation } from '../../audit/index.ts';
import type { Events } from '../../events/index.ts';
import type { BehaviorSettingsOf } from '../behavior-settings/behavior-settings.ts';
import { type JudgeContext, type Judgement, judgeBehavior } from '../judge.ts';
import { followPage, isReplay, type PageProgress, vectorFingerprint } from '../page-progress.ts';
import type { SessionData } from '../session-data.ts';
import { createAuditLines, createGroupCommit, type GroupCommit } from './audit-lines.ts';
import { createDeclaredAgents, type SignedRequest } from './declared-agents.ts';
import {
  type Asked,
  type Finding,
  hashVerdictToken,
  isVerdictToken,
  newVerdictToken,
  scoreOf,
  storedFormsOf,
  type TokenRecord,
  type VerdictCaller,
  type VerdictKind,
  type VerdictRealm,
} from './verdict.ts';
import {
  addWindow,
  deleteExpired,
  deleteOldWindows,
  deleteTallies,
  deleteVerdictsOf,
  insertVerdict,
  type NewVerdict,
  type PastVerdict,
  selectTallies,
  selectToken,
  selectVerdicts,
  type VerdictIntegrity,
} from './verdict-store.ts';

/** An agent whose signature was verified. */
interface Declared {
  name: string;
}

export interface VerdictRequest {
  /** The caller's own id of the user: never stored, but sealed in an event that waits for its delivery. */
  userId: string;
  data?: SessionData;
  /** The request, where it carries a signature: of an agent that declares itself. */
  signed?: SignedRequest;
  /** The address of a caller who uses a browser key: what it asks is counted too. */
  source?: string;
  asked?: Asked;
  metadata?: CallersOwn['metadata'];
}

/** For the event alone: sealed in it until it is delivered. */
interface CallersOwn {
  /** The plain id of the user. */
  reference?: string;
  metadata?: Record<string, unknown>;
}

/** A token to write in a transaction of another feature. */
interface Issue extends Omit<Finding, 'score'>, CallersOwn {
  caller: VerdictCaller;
  kind: VerdictKind;
  userHash: string;
  evidence?: number;
  parts?: object;
  asked?: Asked;
}

interface Announcement extends CallersOwn {
  caller: VerdictRealm;
  human: boolean;
  confidence: number;
  token: string;
}

/** `unknown`: never issued in this organization and world, or removed after it had run out. */
export type TokenCheck =
  | { valid: true; record: TokenRecord }
  | { valid: false; reason: 'unknown' | 'wrong_user' };

/** `over`: issued too long ago, or asked for before. */
export type Redemption = { valid: true; record: TokenRecord } | { valid: false; reason: 'unknown' | 'over' };

interface VerdictPage {
  before?: string;
  limit: number;
  human?: boolean;
}

/** Verdicts on behavior: their tokens, and what is kept of them until those run out (docs/BEHAVIOR.md). */
export interface Verdicts {
  /**
   * Judges one window, and answers once the verdict, its token and its event are on disk. Throws USER_FLOOD_DETECTED.
   */
  verify(caller: VerdictCaller & { key: KeyId }, order: VerdictRequest): Promise<Finding & { token: string }>;
  /** As `verify` judges: the organization's settings, and whether the window is a copy. It is remembered in `tx`. */
  judge(
    tx: Tx,
    realm: VerdictRealm,
    data: SessionData | undefined,
    known?: { declared?: Declared | undefined; outOfOrder?: boolean },
  ): Promise<Judgement>;
  /** The agent that signed a request, if one did whose key is pinned; a signature counts once, so this is not called inside of a transaction. */
  declaredBy(realm: VerdictRealm, signed: SignedRequest | undefined): Promise<Declared | undefined>;
  /** Keyed hash of the caller's id of a user: the only form in which it is stored. */
  userHashOf(realm: VerdictRealm, userId: string): string;
  /** Runs a change in the transaction of the next group; see `GroupCommit`. */
  commit: GroupCommit['commit'];
  /** Writes a token, its verdict and its event. */
  issue(tx: Tx, issue: Issue): Promise<{ token: string; expiresAt: number }>;
  /** Writes the event alone. */
  announce(tx: Tx, announcement: Announcement): Promise<void>;
  /** Undefined for one of another organization or world, one that has run out, and one that another program wrote. */
  tokenOf(realm: VerdictRealm, token: string, from?: Db | Tx): Promise<TokenRecord | undefined>;
  /** Whether a token counts, for the server of the caller whose page was given it; for this user where one is named. */
  checkToken(realm: VerdictRealm, token: string, userId?: string): Promise<TokenCheck>;
  /** Whether a token counts that was issued at most `within` ms ago; it does so once. */
  redeem(realm: VerdictRealm, token: string, within: number): Promise<Redemption>;
  /** Verdicts whose tokens have not run out, the newest first. */
  recent(realm: VerdictRealm, page: VerdictPage): Promise<PastVerdict[]>;
  /** How many verdicts had each score, from the UTC day on that holds `since`. */
  distribution(
    realm: VerdictRealm,
    since: number,
  ): Promise<{ score: number; verdicts: number; agents: number }[]>;
  /** Deletes what is over, in small transactions. */
  sweep(): Promise<void>;
  /** Deletes everything of an organization that is erased. */
  forget(organization: string): Promise<void>;
  /** Waits until everything that was answered or counted is written. */
  settled(): Promise<void>;
}

export interface VerdictsDeps extends Foundation {
  /** A keyed hash of the organization. */
  sealer: { emailHash(organization: VerdictRealm['organization'], text: string): string };
  integrity: VerdictIntegrity;
  events: Pick<Events, 'add'>;
  /** Whether an enabled webhook takes the event. */
  receives(realm: VerdictRealm, judged: { human: boolean }): boolean;
  limits: Pick<Limits, 'admitUser'>;
  /** False where the token was used before. */
  use: typeof insertTokenUse;
  settings: Pick<BehaviorSettingsOf, 'get'>;
  /** The learned layer that the organization has chosen; absent: rules alone. */
  learned?: (realm: VerdictRealm) => Pick<JudgeContext, 'model'>;
  steady: SteadyClock;
  random?: (into: Uint8Array) => void;
  timer?: Timer;
}

const HOUR = 3_600_000;
/** How long a window is remembered. */
const WINDOWS_KEPT = 7 * 24 * HOUR;
const TALLIES_KEPT = 400 * 24 * HOUR;
/** Milliseconds by which the clock of another node may be ahead: what was issued later than that was issued by a wrong clock. */
const AHEAD = 60_000;
/** Rows of one transaction of a sweep. */
const SWEEP_ROWS = 500;

export function createVerdicts(deps: VerdictsDeps): Verdicts {
  const { db, inTransaction, sealer, limits, settings } = deps;
  const windows = createWindows(deps);
  const lines = createAuditLines(deps);
  const group = createGroupCommit(inTransaction);
  const agents = createDeclaredAgents({
    ...deps,
    firstUse: ({ organization, world }, use, expiresAt) =>
      group.commit((tx) =>
        deps.use(tx, { organization, world, jti: `agent ${use}`, usedAt: deps.clock.now(), expiresAt }, 0),
      ),
  });
  const announce = createAnnouncing(deps);
  const issue = createIssuing(deps, announce);
  const tokenOf = createTokenReads(deps);

  const userHashOf = ({ organization, world }: VerdictRealm, userId: string): string => {
    // The hash inside keeps capitals and spaces apart, which an address does not.
    const id = hash('sha256', userId, 'hex');
    return sealer.emailHash(organization, `behavior-user/${world}/${id}`);
  };
  const declaredBy: Verdicts['declaredBy'] = async (realm, signed) => signed && agents.find(realm, signed);

  async function judgeIn(
    tx: Tx,
    realm: VerdictRealm,
    data: SessionData | undefined,
    { declared, outOfOrder = false }: { declared?: Declared | undefined; outOfOrder?: boolean },
  ): Promise<Judgement> {
    const replayed = data !== undefined && (await windows.isCopy(tx, realm, data));
    const context = { ...deps.learned?.(realm), ...(declared && { declared }), replayed, outOfOrder };
    return judgeBehavior(data, context);
  }

  return {
    userHashOf,
    declaredBy,
    announce,
    tokenOf,
    commit: group.commit,
    async verify(caller, { userId, data, signed, source, asked, metadata }) {
      const userHash = userHashOf(caller, userId);
      await limits.admitUser(caller, userHash, source);
      const declared = await declaredBy(caller, signed);
      const { tokenHours } = await settings.get(caller.organization);
      const outOfOrder = data !== undefined && windows.outOfOrder(caller, data);
      const answer = await group.commit(async (tx) => {
        const judgement = await judgeIn(tx, caller, data, { declared, outOfOrder });
        const order: Issue = {
          ...judgement,
          caller,
          kind: 'verified',
          userHash,
          reference: userId,
          ...defined({ asked, metadata }),
        };
        const { finding, token } = await issue(tx, order, tokenHours);
        return { ...finding, token };
      });
      lines.note(caller, { human: answer.human, agent: answer.agent?.is_agent === true });
      return answer;
    },
    async judge(tx, realm, data, { declared, outOfOrder = false } = {}) {
      const follows = data === undefined || !windows.outOfOrder(realm, data);
      return judgeIn(tx, realm, data, { declared, outOfOrder: outOfOrder || !follows });
    },
    async issue(tx, order) {
      const { tokenHours } = await settings.get(order.caller.organization, tx);
      const { token, expiresAt } = await issue(tx, order, tokenHours);
      return { token, expiresAt };
    },
    async checkToken(realm, token, userId) {
      const record = await tokenOf(realm, token);
      if (!record) return { valid: false, reason: 'unknown' };
      const right = userId === undefined || record.userHash === userHashOf(realm, userId);
      return right ? { valid: true, record } : { valid: false, reason: 'wrong_user' };
    },
    async redeem(realm, token, within) {
      if (!isVerdictToken(token)) return { valid: false, reason: 'unknown' };
      return group.commit(async (tx) => {
        const record = await tokenOf(realm, token, tx);
        if (!record) return { valid: false, reason: 'unknown' };
        const { organization, world } = realm;
        const { issuedAt, tokenHash: jti } = record;
        const [usedAt, expiresAt] = [deps.clock.now(), issuedAt + within];
        const counts =
          usedAt < expiresAt && (await deps.use(tx, { organization, world, jti, usedAt, expiresAt }));
        return counts ? { valid: true, record } : { valid: false, reason: 'over' };
      });
    },
    recent: (realm, page) => selectVerdicts(db, realm, page),
    distribution: (realm, since) => selectTallies(db, realm, since),
    sweep: () => sweep(inTransaction, deps.clock.now()),
    forget: (organization) => deleteVerdictsOf(inTransaction, organization),
    async settled() {
      await group.settled();
      await lines.settled();
    },
  };
}

function createTokenReads({ db, integrity, clock, log }: VerdictsDeps): Verdicts['tokenOf'] {
  const altered = (id: string) =>
    log.error({ verdict: id }, 'a token is refused: another program wrote or changed its row');
  return async (realm, token, from = db) => {
    const found = await selectToken(from, realm, storedFormsOf(token), { integrity, altered });
    const now = clock.now();
    return found && found.issuedAt <= now + AHEAD && now < found.expiresAt ? found : undefined;
  };
}

/** Writes a verdict with a new token, and its event. */
function createIssuing(
  { integrity, ids, clock, random = randomFillSync }: VerdictsDeps,
  announce: Verdicts['announce'],
) {
  return async (tx: Tx, issue: Issue, tokenHours: number): Promise<NewVerdict & { token: string }> => {
    const { caller, kind, userHash, reference, evidence = 0, parts, human, confidence, notes, agent } = issue;
    const { asked, metadata } = issue;
    const { organization, world, lineage } = caller;
    const judgedAt = clock.now();
    const token = newVerdictToken(kind, judgedAt, random);
    const verdict: NewVerdict = {
      id: ids.next('verdict'),
      tokenHash: hashVerdictToken(token),
      organization,
      world,
      lineage,
      kind,
      userHash,
      evidence,
      parts,
      judgedAt,
      finding: { human, confidence, score: scoreOf(confidence), notes, ...defined({ agent }) },
      expiresAt: judgedAt + tokenHours * HOUR,
      asked,
    };
    await insertVerdict(tx, integrity, verdict);
    await announce(tx, { caller, human, confidence, token, ...defined({ reference, metadata }) });
    return { ...verdict, token };
  };
}

const createAnnouncing =
  ({ events, receives }: VerdictsDeps): Verdicts['announce'] =>
  async (tx, { caller, reference, metadata, human, confidence, token }) => {
    const { organization, world } = caller;
    if (!receives({ organization, world }, { human })) return;
    await events.add(tx, {
      type: 'behavior.judged',
      organization,
      world,
      payload: { human, confidence },
      personal: {
        values: { token },
        ...((reference ?? metadata) !== undefined && { untilDelivered: defined({ reference, metadata }) }),
      },
    });
  };

async function sweep(inTransaction: InTransaction, now: number): Promise<void> {
  const all = async (remove: (tx: Tx) => Promise<number>) => {
    while ((await inTransaction(remove)) >= SWEEP_ROWS);
  };
  await all((tx) => deleteExpired(tx, now, SWEEP_ROWS));
  await all((tx) => deleteOldWindows(tx, now - WINDOWS_KEPT, SWEEP_ROWS));
  await inTransaction((tx) => deleteTallies(tx, now - TALLIES_KEPT));
}

/** Pages whose last window is remembered, in memory: at least half of these. */
const PAGES = 40_000;

/** Recognizes copies of windows, and windows that do not follow from the last one of their page. */
export function createWindows({ clock, steady }: { clock: Clock; steady: SteadyClock }) {
  /** By the hash of the `sid`. */
  const pages = createRecent<string, PageProgress>(PAGES);

  return {
    /** Whether it does not follow from the last one of its page; it is that from now on. */
    outOfOrder(realm: VerdictRealm, data: SessionData): boolean {
      const sidHash = hashSid(realm, data.sid);
      const arrived = { now: steady.now(), begun: steady.begun };
      const { progress, contradicts } = followPage(pages.get(sidHash), data, arrived);
      pages.set(sidHash, progress);
      return contradicts;
    },
    /** Whether the same figures were measured before, in another window. The first sight is remembered in `tx`. */
    async isCopy(tx: Tx, realm: VerdictRealm, data: SessionData): Promise<boolean> {
      const fingerprint = vectorFingerprint(data);
      // Too little was measured to know it again.
      if (fingerprint === undefined) return false;
      const { organization, world } = realm;
      const { seq, upMs, sid } = data;
      const sidHash = hashSid(realm, sid);
      const window = { organization, world, fingerprint, sidHash, seq, upMs, seenAt: clock.now() };
      const earlier = await addWindow(tx, window);
      return (
        earlier !== undefined && isReplay({ ...earlier, sid: earlier.sidHash === sidHash ? sid : '' }, data)
      );
    },
  };
}

/** The page chose it at random; the hash keeps it out of the database all the same. */
const hashSid = ({ organization, world }: VerdictRealm, sid: string): string =>
  hash('sha256', `${organization}\n${world}\n${sid}`, 'base64url').slice(0, 22);
