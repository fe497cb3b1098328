import type { OrganizationId } from '../../../lib/id.ts';
import type { Locks } from '../../../lib/locks.ts';
import { Problem } from '../../../lib/problem.ts';
import type { InTransaction } from '../../../storage/transaction.ts';
import { TOKEN_KEY_OVERLAP } from '../../accounts/index.ts';
import type { Actor, Audit, AuditAction, Foundation } from '../../audit/index.ts';

type SigningPurpose = 'audit' | 'receipts' | 'administrators' | 'tokens';

/** How the master key in use is kept. */
interface MasterState {
  id: string;
  kind: 'file' | 'passphrase';
  /** Path of the key file, or of the file with the wrapped key. */
  path: string;
}

interface Replacement {
  was: string;
  is: string;
  left?: string;
}

type Rotation =
  | { is: 'none' }
  | { is: 'running'; done: number; total: number }
  | { is: 'stopped'; done: number; total: number; reason: string };

/** What storage does. */
export interface KeyCustodyDeps extends Pick<Foundation, 'inTransaction' | 'audit' | 'clock'> {
  master: {
    state(): MasterState;
    /** Throws WRONG_PASSPHRASE. Resolves at once where the key is kept without one. */
    prove(passphrase: string | undefined): Promise<void>;
    /** A new key, kept as the one before. */
    rotate(passphrase: string | undefined): Promise<Replacement>;
    toPassphrase(passphrase: string): Promise<Replacement>;
    changePassphrase(passphrase: string, next: string): Promise<void>;
    toFile(path: string | undefined): Promise<Replacement>;
  };
  rotations: {
    start(organization: OrganizationId): Promise<{ generation: number; total: number }>;
    anywhere(organization: OrganizationId): Promise<Rotation>;
  };
  signing: {
    rotate(purpose: SigningPurpose, until?: number): Promise<{ was: string; is: string }>;
    publicKeys(): PublicSigningKey[];
  };
  locks: Locks;
}

interface PublicSigningKey {
  kid: string;
  purpose: SigningPurpose;
  publicKey: string;
  /** When its signatures end to count, ms since 1970; absent: they always count. */
  until?: number;
}

/**
 * The appliance's own keys: which there are, and how others take their place. Every change is announced in the audit log before
 * it happens (without the line there is no change) and recorded when it is done; the keys themselves are in another store.
 */
export interface KeyCustody {
  /** The passphrase was given to a sealed service: by which operator, and after how many wrong ones. */
  unsealed(how: { operator: string; wrongTries: number }): Promise<void>;
  master(): MasterState;
  /** `passphrase`: needed where one protects the master key. Throws WRONG_PASSPHRASE. */
  rotateMaster(passphrase: string | undefined, actor: Actor): Promise<Replacement>;
  /** From a key file to a passphrase. Throws CONFLICT when there is one already. */
  setPassphrase(passphrase: string, actor: Actor): Promise<Replacement>;
  /** The master key stays. Throws WRONG_PASSPHRASE, and CONFLICT where there is none. */
  changePassphrase(passphrase: string, next: string, actor: Actor): Promise<MasterState>;
  /** To a file of its own, `master.key` in the data directory when no path is given. Throws CONFLICT for one that exists. */
  useFile(path: string | undefined, passphrase: string | undefined, actor: Actor): Promise<Replacement>;
  rotateOrganization(
    organization: OrganizationId,
    actor: Actor,
  ): Promise<{ generation: number; total: number }>;
  organizationRotation(organization: OrganizationId): Promise<Rotation>;
  /**
   * What was signed before stays verifiable: the old public halves stay known. Access tokens of administrators end. Tokens of persons
   * run out; with `atOnce` they end now.
   */
  rotateSigning(
    purpose: SigningPurpose,
    actor: Actor,
    order?: { atOnce?: boolean },
  ): Promise<{ was: string; is: string }>;
  signingKeys(): PublicSigningKey[];
}

const HAS_PASSPHRASE =
  'A passphrase protects the master key already: change it with "gatehouse master set-passphrase --change".';
const NO_PASSPHRASE =
  'No passphrase protects the master key: set one with "gatehouse master set-passphrase".';

export function createKeyCustody(deps: KeyCustodyDeps): KeyCustody {
  const { master, rotations, signing, inTransaction, audit, clock } = deps;
  const { write, audited } = createAuditedWork(deps);

  return {
    unsealed: ({ operator, wrongTries }) =>
      write({ is: 'operator', name: operator }, 'master.unseal', { wrongTries }),
    master: () => master.state(),
    rotateMaster: (passphrase, actor) =>
      audited(actor, 'master.rotate', { kind: master.state().kind }, async () => {
        await master.prove(passphrase);
        return master.rotate(passphrase);
      }),
    setPassphrase: (passphrase, actor) =>
      audited(actor, 'master.set-passphrase', {}, async () => {
        if (master.state().kind === 'passphrase') throw new Problem('CONFLICT', HAS_PASSPHRASE);
        return master.toPassphrase(passphrase);
      }),
    changePassphrase: (passphrase, next, actor) =>
      audited(actor, 'master.change-passphrase', {}, async () => {
        if (master.state().kind !== 'passphrase') throw new Problem('CONFLICT', NO_PASSPHRASE);
        await master.changePassphrase(passphrase, next);
        return master.state();
      }),
    useFile: (path, passphrase, actor) =>
      audited(actor, 'master.use-file', path === undefined ? {} : { path }, async () => {
        await master.prove(passphrase);
        return master.toFile(path);
      }),
    async rotateOrganization(organization, actor) {
      const details = { id: organization };
      await inTransaction((tx) =>
        audit.add(tx, { actor, action: 'organization.rotate-key.begin', organization, details }),
      );
      return rotations.start(organization);
    },
    organizationRotation: (organization) => rotations.anywhere(organization),
    rotateSigning(purpose, actor, { atOnce = false } = {}) {
      const until = purpose === 'tokens' ? clock.now() + (atOnce ? 0 : TOKEN_KEY_OVERLAP) : undefined;
      const details = { purpose, ...(atOnce && { atOnce }) };
      return audited(actor, 'signing-key.rotate', details, () => signing.rotate(purpose, until));
    },
    signingKeys: () => signing.publicKeys(),
  };
}

/** Those whose beginning is an action too. */
type Begun = { [A in AuditAction]: `${A}.begin` extends AuditAction ? A : never }[AuditAction];

interface AuditedWork {
  write(
    actor: Actor,
    action: AuditAction,
    details: Record<string, unknown>,
    how?: { refused?: boolean; target?: string | undefined },
  ): Promise<void>;
  /** Audits the beginning of `work` and its end, also when it throws; one after the other. Only what was done names the target. */
  audited<T extends object>(
    actor: Actor,
    action: Begun,
    details: Record<string, unknown>,
    work: () => Promise<T>,
    target?: string,
  ): Promise<T>;
}

/** For changes of keys, which are in another store than the log. */
export function createAuditedWork({
  inTransaction,
  audit,
  locks,
}: {
  inTransaction: InTransaction;
  audit: Audit;
  locks: Locks;
}): AuditedWork {
  const turns = locks.of('keys');
  const write: AuditedWork['write'] = (actor, action, details, { refused = false, target } = {}) =>
    inTransaction((tx) =>
      audit.add(tx, {
        actor,
        action,
        details,
        ...(target !== undefined && { target }),
        ...(refused && { outcome: 'refused' as const }),
      }),
    );
  return {
    write,
    audited: (actor, action, details, work, target) =>
      turns('', async () => {
        await write(actor, `${action}.begin`, details);
        try {
          const result = await work();
          await write(actor, action, { ...details, ...result }, { target });
          return result;
        } catch (error) {
          const code = error instanceof Problem ? error.code : 'INTERNAL';
          await write(actor, action, { ...details, code }, { refused: true });
          throw error;
        }
      }),
  };
}
