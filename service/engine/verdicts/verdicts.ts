import { hash } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import { defined } from '../../lib/defined.ts';
import type { Ids, KeyId } from '../../lib/id.ts';
import type { Log } from '../../lib/log.ts';
import type { SteadyClock } from '../../lib/machine/steady-clock.ts';
import { createRandomBlocks } from '../../lib/random/random-blocks.ts';
import type { Timer } from '../../lib/timer.ts';
import type { Db, InTransaction, Tx } from '../../storage/transaction.ts';
import type { Audit } from '../audit/index.ts';
import { type JudgeContext, type Judgement, judgeBehavior, type SessionData } from '../behavior/index.ts';
import type { BehaviorSettingsOf } from '../behavior-settings/index.ts';
import type { Events } from '../events/index.ts';
import type { Limits } from '../limits/index.ts';
import { createAuditLines } from './audit-lines.ts';
import { createDeclaredAgents, type SignedRequest } from './declared-agents.ts';
import { createGroupCommit, type GroupCommit } from './group-commit.ts';
import { type Finding, scoreOf, type TokenRecord, type VerdictCaller, type VerdictRealm } from './verdict.ts';
import {
  deleteExpired,
  deleteTallies,
  deleteVerdictsOf,
  insertVerdicts,
  type NewVerdict,
  type PastVerdict,
  selectTallies,
  selectToken,
  selectVerdicts,
  type VerdictIntegrity,
} from './verdict-store.ts';
import { hashVerdictToken, newVerdictToken, storedFormsOf, type VerdictKind } from './verdict-token.ts';
import { apart, deleteOldWindows, type SeenWindow } from './window-store.ts';
import { type Arrival, createWindows, type Look, type Windows } from './windows.ts';

/** An agent whose signature was verified. */
export interface Declared {
  name: string;
}

export interface VerifyOrder {
  /** The caller's own id of the user: never stored, but sealed in an event that waits for its delivery. */
  userId: string;
  data?: SessionData;
  /** The request, where it carries a signature: of an agent that declares itself. */
  signed?: SignedRequest;
  /** The address of a caller who uses a browser key: what it asks is counted too. */
  source?: string;
}

/** A token to write in a transaction of another feature. */
export interface Issue extends Omit<Finding, 'score'> {
  caller: VerdictCaller;
  kind: VerdictKind;
  userHash: string;
  /** The plain id of the user, for the event alone. */
  reference?: string;
  evidence?: number;
  parts?: object;
}

export interface Announcement {
  caller: VerdictRealm;
  reference?: string;
  human: boolean;
  confidence: number;
  token: string;
}

/** `unknown`: never issued in this organization and world, or removed after it had run out. */
export type TokenCheck =
  | { valid: true; record: TokenRecord }
  | { valid: false; reason: 'unknown' | 'wrong_user' };

export interface VerdictPage {
  before?: string;
  limit: number;
  human?: boolean;
}

/** Verdicts on behavior: their tokens, and what is kept of them until those run out (docs/BEHAVIOR.md). */
export interface Verdicts {
  /**
   * Judges one window, and answers once the verdict, its token and its event are on disk. Throws USER_FLOOD_DETECTED.
   */
  verify(caller: VerdictCaller & { key: KeyId }, order: VerifyOrder): Promise<Finding & { token: string }>;
  /** As `verify` judges: the organization's settings, and whether the window is a copy. It is remembered in `tx`. */
  judge(
    tx: Tx,
    realm: VerdictRealm,
    data: SessionData | undefined,
    known?: { declared?: Declared | undefined; outOfOrder?: boolean },
  ): Promise<Judgement>;
  /** The agent that signed a request, if one did whose key is pinned; a signature counts once, so this is not called inside of a group. */
  declaredBy(realm: VerdictRealm, signed: SignedRequest | undefined): Promise<Declared | undefined>;
  /** Keyed hash of the caller's id of a user: the only form in which it is stored. */
  userHashOf(realm: VerdictRealm, userId: string): string;
  /** Runs a change in the transaction of the next group; see `GroupCommit`. */
  commit: GroupCommit<unknown, unknown>['commit'];
  /** Writes a token, its verdict and its event. */
  issue(tx: Tx, issue: Issue): Promise<{ token: string; expiresAt: number }>;
  /** Writes the event alone. */
  announce(tx: Tx, announcement: Announcement): Promise<void>;
  /** Undefined for one of another organization or world, one that has run out, and one that another program wrote. */
  tokenOf(realm: VerdictRealm, token: string, from?: Db | Tx): Promise<TokenRecord | undefined>;
  /** Whether a token counts, for the server of the caller whose page was given it; for this user where one is named. */
  checkToken(realm: VerdictRealm, token: string, userId?: string): Promise<TokenCheck>;
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

export interface VerdictsDeps {
  db: Db;
  inTransaction: InTransaction;
  /** A keyed hash of the organization. */
  sealer: { emailHash(organization: VerdictRealm['organization'], text: string): string };
  integrity: VerdictIntegrity;
  audit: Audit;
  events: Pick<Events, 'add'>;
  /** Whether an enabled webhook takes the event. */
  receives(realm: VerdictRealm, judged: { human: boolean }): boolean;
  limits: Pick<Limits, 'admitUser'>;
  settings: Pick<BehaviorSettingsOf, 'get'>;
  /** The learned layer that the organization has chosen; absent: rules alone. */
  learned?: (realm: VerdictRealm) => Pick<JudgeContext, 'model'>;
  ids: Ids;
  clock: Clock;
  steady: SteadyClock;
  log: Log;
  random?: (into: Uint8Array) => void;
  timer?: Timer;
  /** Waits until the next group may begin. */
  pace?: () => Promise<void>;
}

/** A verdict with what is written beside it. */
interface Written {
  verdict: NewVerdict;
  announcement: Announcement;
}

/** What the group judges: it finds copies of all its windows at once, on the connection that it has already. */
interface Order {
  caller: VerdictCaller;
  userId: string;
  userHash: string;
  data: SessionData | undefined;
  arrival: Arrival | undefined;
  declared: Declared | undefined;
  tokenHours: number;
}

interface Judged {
  answer: Finding & { token: string };
  first: SeenWindow | undefined;
}

const HOUR = 3_600_000;
/** How long a window is remembered. */
const WINDOWS_KEPT = 7 * 24 * HOUR;
const TALLIES_KEPT = 400 * 24 * HOUR;
/** Rows of one transaction of a sweep. */
const SWEEP_ROWS = 500;

export function createVerdicts(deps: VerdictsDeps): Verdicts {
  const { db, sealer, limits, settings } = deps;
  const windows = createWindows(deps);
  const lines = createAuditLines(deps);
  const write = createWriting(deps);
  const contextOf = createContexts(deps);
  const draft = createDraft(deps);
  const group = createGroupCommit<Order, Judged>({
    ...{ ...deps, apart },
    writeRows: createJudging({ windows, contextOf, draft, write }),
  });

  const userHashOf = ({ organization, world }: VerdictRealm, userId: string): string => {
    // The hash inside keeps capitals and spaces apart, which an address does not.
    const id = hash('sha256', userId, 'hex');
    return sealer.emailHash(organization, `behavior-user/${world}/${id}`);
  };

  const agents = createDeclaredAgents(deps);
  const declaredBy: Verdicts['declaredBy'] = async (realm, signed) => signed && agents.find(realm, signed);

  const tokenOf = createTokenReads(deps);

  return {
    userHashOf,
    declaredBy,
    commit: group.commit,
    announce: write.announcement,
    async verify(caller, { userId, data, signed, source }) {
      const userHash = userHashOf(caller, userId);
      await limits.admitUser(caller, userHash, source);
      const arrival = data && (await windows.arrive(caller, data));
      try {
        const declared = signed && (await declaredBy(caller, signed));
        const { tokenHours } = await settings.get(caller.organization);
        const order: Order = { caller, userId, userHash, data, arrival, declared, tokenHours };
        const { answer, first } = await group.write(order);
        if (first) windows.remember(first);
        lines.note(caller, { human: answer.human, agent: answer.agent?.is_agent === true });
        return answer;
      } finally {
        arrival?.release();
      }
    },
    async judge(tx, realm, data, { declared, outOfOrder = false } = {}) {
      const seen = data && (await windows.seen(tx, realm, data));
      const replayed = seen?.replayed === true;
      const known = { declared, replayed, outOfOrder: outOfOrder || seen?.outOfOrder === true };
      return judgeBehavior(data, contextOf(realm, known));
    },
    async issue(tx, issue) {
      const { caller, reference, human, confidence } = issue;
      const { tokenHours } = await settings.get(caller.organization, tx);
      const { verdict, token } = draft(issue, tokenHours);
      const announcement = { caller, human, confidence, token, ...defined({ reference }) };
      await write.rows(tx, [{ verdict, announcement }]);
      return { token, expiresAt: verdict.expiresAt };
    },
    tokenOf,
    async checkToken(realm, token, userId) {
      const record = await tokenOf(realm, token);
      if (!record) return { valid: false, reason: 'unknown' };
      const right = userId === undefined || record.userHash === userHashOf(realm, userId);
      return right ? { valid: true, record } : { valid: false, reason: 'wrong_user' };
    },
    recent: (realm, page) => selectVerdicts(db, realm, page),
    distribution: (realm, since) => selectTallies(db, realm, since),
    ...createUpkeep(deps, windows),
    async settled() {
      await group.settled();
      await windows.settled();
      await lines.settled();
    },
  };
}

interface Known {
  declared: Declared | undefined;
  replayed?: boolean | undefined;
  outOfOrder?: boolean | undefined;
}

/** What a window is judged with: the layer that the organization has chosen, and what is known beside the window. */
const createContexts =
  ({ learned }: VerdictsDeps) =>
  (realm: VerdictRealm, { declared, replayed = false, outOfOrder = false }: Known): JudgeContext => ({
    ...learned?.(realm),
    ...{ replayed, outOfOrder },
    ...(declared && { declared }),
  });

function createTokenReads({ db, integrity, clock, log }: VerdictsDeps): Verdicts['tokenOf'] {
  const altered = (id: string) =>
    log.error({ verdict: id }, 'a token is refused: another program wrote or changed its row');
  return async (realm, token, from = db) => {
    const found = await selectToken(from, realm, storedFormsOf(token), { integrity, altered });
    return found && clock.now() < found.expiresAt ? found : undefined;
  };
}

/** A verdict with a new token, not written yet. */
function createDraft({ ids, clock, random = createRandomBlocks() }: VerdictsDeps) {
  return (issue: Issue, tokenHours: number): { verdict: NewVerdict; token: string } => {
    const { caller, kind, userHash, evidence = 0, parts, human, confidence, notes, agent } = issue;
    const { organization, world, lineage } = caller;
    const judgedAt = clock.now();
    const token = newVerdictToken(kind, judgedAt, random);
    const verdict: NewVerdict = {
      ...{ id: ids.next('verdict'), tokenHash: hashVerdictToken(token) },
      ...{ organization, world, lineage, kind, userHash, evidence, parts, judgedAt },
      finding: { human, confidence, score: scoreOf(confidence), notes, ...defined({ agent }) },
      expiresAt: judgedAt + tokenHours * HOUR,
    };
    return { verdict, token };
  };
}

/** Judges windows of a group, and writes their verdicts. */
function createJudging({
  windows,
  contextOf,
  draft,
  write,
}: {
  windows: Pick<Windows, 'look' | 'write'>;
  contextOf: ReturnType<typeof createContexts>;
  draft: ReturnType<typeof createDraft>;
  write: ReturnType<typeof createWriting>;
}) {
  function judge(order: Order, { replayed, first }: Look): Judged & Written {
    const { caller, userId, userHash, data, arrival, declared, tokenHours } = order;
    const context = contextOf(caller, { declared, replayed, outOfOrder: arrival?.outOfOrder });
    const judgement = judgeBehavior(data, context);
    const { verdict, token } = draft({ ...judgement, caller, kind: 'verified', userHash }, tokenHours);
    const { human, confidence } = judgement;
    return {
      ...{ verdict, first, answer: { ...verdict.finding, token } },
      announcement: { caller, reference: userId, human, confidence, token },
    };
  }

  return async (tx: Tx, orders: readonly Order[]): Promise<Judged[]> => {
    const looks = await windows.look(
      tx,
      orders.map(({ arrival }) => arrival),
    );
    const judged = orders.map((order, i) => judge(order, looks[i]!));
    await write.rows(tx, judged);
    await windows.write(
      tx,
      judged.flatMap(({ first }) => first ?? []),
    );
    return judged;
  };
}

/** Writes verdicts and their events in a transaction. */
function createWriting({ integrity, events, receives }: VerdictsDeps) {
  async function announcement(
    tx: Tx,
    { caller, reference, human, confidence, token }: Announcement,
  ): Promise<void> {
    const { organization, world } = caller;
    if (!receives({ organization, world }, { human })) return;
    await events.add(tx, {
      ...{ type: 'behavior.judged', organization, world },
      payload: { human, confidence },
      personal: { values: { token }, ...(reference !== undefined && { untilDelivered: { reference } }) },
    });
  }

  return {
    announcement,
    async rows(tx: Tx, written: readonly Written[]): Promise<void> {
      await insertVerdicts(
        tx,
        integrity,
        written.map(({ verdict }) => verdict),
      );
      for (const one of written) await announcement(tx, one.announcement);
    },
  };
}

/** Windows are in their index first: one that is deleted while it waits for its place there would get it all the same. */
function createUpkeep(
  { inTransaction, clock }: VerdictsDeps,
  windows: Pick<Windows, 'flush'>,
): Pick<Verdicts, 'sweep' | 'forget'> {
  return {
    async sweep() {
      await windows.flush();
      await sweep(inTransaction, clock.now());
    },
    async forget(organization) {
      await windows.flush();
      await deleteVerdictsOf(inTransaction, organization);
    },
  };
}

async function sweep(inTransaction: InTransaction, now: number): Promise<void> {
  const all = async (remove: (tx: Tx) => Promise<number>) => {
    while ((await inTransaction(remove)) >= SWEEP_ROWS);
  };
  await all((tx) => deleteExpired(tx, now, SWEEP_ROWS));
  await all((tx) => deleteOldWindows(tx, now - WINDOWS_KEPT, SWEEP_ROWS));
  await inTransaction((tx) => deleteTallies(tx, now - TALLIES_KEPT));
}
