import { randomFillSync } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  type AdministratorSession,
  type AdministratorsDeps,
  createAccess,
  createAdministrators,
  createAdministratorTokens,
  createApprovals,
  createIdempotency,
  createKiosks,
  createLimits,
  createOrganizations,
  createPersonTokens,
  createSetup,
  type FaceJudge,
  hasFreshFactor,
  type KiosksDeps,
  type TokenFile,
} from '../engine/accounts/index.ts';
import type { Subjects } from '../engine/people/index.ts';
import type { AdministratorSessions } from '../http/sign-in/administrator-sessions.ts';
import { defined } from '../lib/defined.ts';
import { writeDurably } from '../lib/durable-file.ts';
import type { SigningKeys } from '../storage/keys/signing-keys.ts';
import type { openAuditLog } from './audit.ts';
import { createConnection } from './connection.ts';
import type { Foundation } from './foundation.ts';

export type Accounts = Awaited<ReturnType<typeof openAccounts>>;

/** Organizations, their API keys and what these may ask, their administrators, and signed tokens. A restore ends every session. */
export async function openAccounts(
  {
    config,
    db,
    inTransaction,
    sealer,
    integrity,
    audit,
    ids,
    clock,
    log,
    runs,
    vault: { signing },
    node,
    nodes,
    opened,
  }: Foundation,
  { auditLog, restored }: Awaited<ReturnType<typeof openAuditLog>>,
) {
  const organizations = createOrganizations({ db, inTransaction, sealer, integrity, audit, ids, clock });
  const { refusedKeysPerMinute: refusedPerMinute } = config;
  const limits = createLimits({
    db,
    inTransaction,
    sealer,
    audit,
    clock,
    log,
    refusedPerMinute,
    node,
  });
  await limits.load();
  opened.defer(() => limits.flush());
  const { refusals } = limits;
  const access = createAccess({
    db,
    inTransaction,
    integrity,
    audit,
    ids,
    clock,
    log,
    refusals,
    organizations,
  });
  opened.defer(() => access.settled());
  await access.alteredKeys();
  const faceJudge = createConnection<() => FaceJudge>('administrators.judge');
  const { administrators, kiosks, tokens, sessions } = createStaff({
    db,
    inTransaction,
    sealer,
    integrity,
    signing,
    audit,
    ids,
    clock,
    log,
    organizations,
    judge: faceJudge.call,
    node: nodes?.here,
  });
  if (restored) await administrators.endAll();
  const { appliance: issuer } = auditLog;
  return {
    organizations,
    limits,
    access,
    administrators,
    kiosks,
    tokens,
    sessions,
    faceJudge,
    approvals: createApprovals({
      db,
      inTransaction,
      integrity,
      audit,
      ids,
      clock,
      organizations,
      administrators,
    }),
    personTokens: createPersonTokens({ inTransaction, audit, signing, issuer, clock }),
    idempotency: createIdempotency({ inTransaction, sealer, integrity, runs, clock }),
  };
}

type StaffDeps = AdministratorsDeps &
  Pick<KiosksDeps, 'integrity' | 'pinCost' | 'node'> & { signing: Pick<SigningKeys, 'keyPair'> };

/** Accounts, sign-in and sessions of administrators, and kiosks. */
export function createStaff(deps: StaffDeps) {
  const { db, inTransaction, integrity, signing, audit, ids, clock, pinCost, node, organizations } = deps;
  const administrators = createAdministrators(deps);
  const tokens = createAdministratorTokens({
    clock,
    keys: {
      current: () => signing.keyPair('administrators'),
      // Not the former keys: one is rotated because it may have leaked.
      verifier(kid) {
        const pair = signing.keyPair('administrators');
        return pair.kid === kid ? pair.publicKey : undefined;
      },
    },
  });
  /** Finds the administrator of a session cookie or an access token. */
  const sessions: AdministratorSessions = {
    async byCookie(secret) {
      const opened = await administrators.sessionOf(secret);
      return opened && callerOf(opened.session);
    },
    async byToken(token) {
      const owner = await tokens.read(token);
      const session = owner && (await administrators.sessionById(owner.session));
      return session?.administrator.id === owner?.administrator ? session && callerOf(session) : undefined;
    },
    checkCsrf: administrators.checkCsrf,
    hasFreshFactor: (caller) => hasFreshFactor(caller, clock.now()),
    async goesOn({ session, organization, role, applianceOwner, limitedTo }) {
      const found = await administrators.lookAtSession(session);
      const now = found && callerOf(found);
      return (
        now?.organization === organization &&
        now.role === role &&
        now.applianceOwner === applianceOwner &&
        now.limitedTo === limitedTo
      );
    },
  };
  const kiosks = createKiosks({
    organizations,
    db,
    inTransaction,
    integrity,
    audit,
    ids,
    clock,
    administrators,
    pinCost,
    node,
  });
  return { administrators, kiosks, tokens, sessions };
}

function callerOf({ id, administrator, factorAt, limitedTo }: AdministratorSession) {
  const { organization, role, applianceOwner, passkeys } = administrator;
  return {
    is: 'administrator' as const,
    administrator: administrator.id,
    session: id,
    organization,
    role,
    applianceOwner,
    ...(passkeys === 0 && { withoutFactor: true as const }),
    ...defined({ factorAt, limitedTo }),
  };
}

/** How the first owner is made. */
export function createFirstOwner(
  { config, db, inTransaction, integrity, audit, clock, locks, runs }: Foundation,
  { organizations, administrators }: Accounts,
  { subjects }: { subjects: Pick<Subjects, 'count'> },
) {
  /** File of the setup token while it is valid. */
  const setupTokenFile = join(config.data, 'setup-token');
  const setup = createSetup({
    db,
    inTransaction,
    integrity,
    audit,
    clock,
    organizations,
    administrators,
    hasPeople: async (realm) => (await subjects.count(realm)) > 0,
    random: randomFillSync,
    locks,
    file: tokenFile(setupTokenFile),
    runs,
  });
  return { setup, setupTokenFile };
}

/** 0600, as every file that `writeDurably` makes. */
const tokenFile = (path: string): TokenFile => ({
  read() {
    try {
      return readFileSync(path, 'utf8').trim();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  },
  write: (token) => writeDurably(path, `${token}\n`),
  remove: () => rmSync(path, { force: true }),
});
