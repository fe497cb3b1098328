import type { OrganizationId } from '../../../lib/id.ts';
import { parseNetwork } from '../../../lib/network.ts';
import { Problem } from '../../../lib/problem.ts';
import type { RowIntegrity, Tx } from '../../../storage/transaction.ts';
import { describeActor, type Foundation } from '../../audit/index.ts';
import { type Grant, type Grants, neverOf, parseHost, readPort, refusal } from './destination.ts';
import {
  type ApplianceAddresses,
  type GrantScope,
  isOwnAddress,
  refuseLocal,
  refuseName,
} from './destination-rules.ts';
import {
  insertGrant,
  isInUse,
  markRevoked,
  selectActiveGrants,
  selectGrantPage,
  selectGrants,
} from './grant-store.ts';

interface GrantsDeps extends Foundation {
  own: () => ApplianceAddresses | Promise<ApplianceAddresses>;
  integrity: RowIntegrity;
}

/** What an organization's deliveries are checked against, from memory: as the last change left it. */
interface ActiveGrants {
  active(organization: OrganizationId): Promise<readonly Grant[]>;
}

export function createGrants(deps: GrantsDeps): Grants & ActiveGrants {
  const { db, inTransaction, audit, ids, clock, own, integrity } = deps;
  const known = new Map<OrganizationId, Promise<readonly Grant[]>>();

  return {
    forgetRead: () => known.clear(),
    active(organization) {
      const found = known.get(organization);
      if (found) return found;
      const reading = selectInForce(deps, organization);
      known.set(organization, reading);
      reading.catch(() => known.get(organization) === reading && known.delete(organization));
      return reading;
    },

    list: (organization) => selectGrants(db, integrity, organization),
    page: (organization, page) => selectGrantPage(db, integrity, organization, page),

    async add(organization, text, note, actor, reach = 'any') {
      const scope = { ...parseGrant(text), reach };
      if (reach === 'public') refuseLocal(scope);
      refuseOwn(scope, await own());
      const grant: Grant = {
        ...scope,
        id: ids.next('grant'),
        organization,
        note,
        createdAt: clock.now(),
        createdBy: describeActor(actor),
        revoked: undefined,
      };
      try {
        await inTransaction(async (tx) => {
          const written = await requireNew(tx, integrity, organization, scope);
          await insertGrant(tx, integrity, grant);
          await audit.add(tx, {
            actor,
            action: 'grant.add',
            organization,
            target: grant.id,
            details: { to: written, note, ...(reach === 'public' && { reach }) },
          });
        });
      } finally {
        // Also after an error: a commit whose answer was lost counts.
        known.delete(organization);
      }
      return grant;
    },

    async revoke(organization, id, actor) {
      try {
        return await inTransaction(async (tx) => {
          const grant = (await selectActiveGrants(tx, integrity, organization)).find((one) => one.id === id);
          if (!grant)
            throw new Problem(
              'NOT_FOUND',
              `The organization has no grant ${id} that holds now: “gatehouse grant list” shows them.`,
            );
          const revoked = { at: clock.now(), by: describeActor(actor) };
          await markRevoked(tx, integrity, grant, revoked);
          await audit.add(tx, {
            actor,
            action: 'grant.revoke',
            organization,
            target: grant.id,
            details: { to: describeGrant(grant) },
          });
          return { ...grant, revoked };
        });
      } finally {
        known.delete(organization);
      }
    },
  };
}

/** Those that the service wrote as they are. */
async function selectInForce(
  { db, integrity, log }: Pick<GrantsDeps, 'db' | 'integrity' | 'log'>,
  organization: OrganizationId,
): Promise<Grant[]> {
  const grants = await selectActiveGrants(db, integrity, organization);
  const altered = grants.filter((grant) => grant.altered);
  if (altered.length > 0)
    log.error(
      { organization, grants: altered.map(({ id }) => id) },
      'grants are not in force because another program wrote or changed their rows in the database: revoke them, and grant again what is needed',
    );
  return grants.filter((grant) => !grant.altered);
}

/** Throws DESTINATION_FORBIDDEN. */
function refuseOwn(scope: GrantScope, own: ApplianceAddresses): void {
  if (scope.to.is === 'cidr' && isOwnAddress(scope.to.cidr, scope.port, own))
    throw refusal(
      'DESTINATION_FORBIDDEN',
      'own-listener',
      `${describeGrant(scope)} is this box itself, or its database: nothing is ever sent there, granted or not.`,
    );
}

/** The grant as it is written. Throws CONFLICT where the organization is not in use, or has it already. */
async function requireNew(
  tx: Tx,
  integrity: RowIntegrity,
  organization: OrganizationId,
  scope: GrantScope,
): Promise<string> {
  if (!(await isInUse(tx, organization)))
    throw new Problem(
      'CONFLICT',
      `The organization ${organization} is not in use: nothing is granted to it.`,
    );
  const written = describeGrant(scope);
  const same = (await selectActiveGrants(tx, integrity, organization)).find(
    (one) =>
      !one.altered && describeGrant(one) === written && (one.reach === 'any' || scope.reach === 'public'),
  );
  if (same) throw new Problem('CONFLICT', `${written} is granted already: ${same.id}.`);
  return written;
}

const examples = 'hooks.example.org, *.example.org:8443, 10.1.0.0/16:8080, [fd00::1]:443 or public-https';

/** Endings of local names: below any other, a `*` needs a name of two parts at least. */
const localEndings = new Set(['localhost', 'local', 'lan', 'internal', 'test', 'home', 'intranet']);

/**
 * A grant as an operator writes it. Throws INVALID_REQUEST for text that is invalid or misleading,
 * DESTINATION_FORBIDDEN for what nothing could ever be sent to.
 */
export function parseGrant(text: string): GrantScope {
  const no = (sentence: string) => refusal('INVALID_REQUEST', 'host', sentence);
  if (text === 'public-https') return { to: { is: 'preset', preset: 'public-https' }, port: undefined };
  if (/^public-[^.]*$|^public[_ ]?https?$/.test(text))
    throw no('There is one preset, and it has no port: public-https.');
  if (text.includes('://'))
    throw no(`A grant names a host and a port, not a URL: write it like ${examples}.`);
  const parts = split(text);
  if (parts === undefined) throw no(`"${text}" is no destination. Write it like ${examples}.`);
  const port = parts.port === undefined ? undefined : readPort(parts.port);
  if (parts.port !== undefined && port === undefined)
    throw refusal('INVALID_REQUEST', 'port', `"${parts.port}" is not a port from 1 to 65535.`);
  return { to: parts.host.includes('/') ? readCidr(parts.host) : readName(parts.host), port };
}

/** `[host]:port`, `host:port`, `host`; an IPv6 address or network without brackets has no port. */
function split(text: string): { host: string; port?: string } | undefined {
  const bracketed = /^\[([^[\]]*:[^[\]]*)\](?::(.*))?$/s.exec(text);
  if (bracketed) return parts(bracketed[1] ?? '', bracketed[2]);
  if (text.split(':').length > 2) return { host: text };
  const [host = '', port] = text.split(':');
  return host === '' ? undefined : parts(host, port);
}

const parts = (host: string, port: string | undefined) => (port === undefined ? { host } : { host, port });

function readCidr(text: string): Grant['to'] {
  const network = parseNetwork(text);
  if (network === undefined)
    throw refusal('INVALID_REQUEST', 'host', `"${text}" is no network. Write it like ${examples}.`);
  const [base = ''] = text.split('/');
  // Of another base the network would be the same: what was meant is uncertain.
  const ofItself = parseNetwork(`${base}/${base.includes(':') ? 128 : 32}`)?.cidr.split('/')[0];
  if (ofItself !== network.cidr.split('/')[0])
    throw refusal(
      'INVALID_REQUEST',
      'spelling',
      `"${text}" has bits set beyond its length: write ${network.cidr} for the network, or the address alone.`,
    );
  return refuseNeverNetwork(network.cidr);
}

function readName(text: string): Grant['to'] {
  const below = text.startsWith('*.');
  const { host, isAddress } = parseHost(below ? text.slice(2) : text);
  if (isAddress && !below)
    return refuseNeverNetwork(parseNetwork(`${host}/${host.includes(':') ? 128 : 32}`)!.cidr);
  if (isAddress) throw refusal('INVALID_REQUEST', 'host', 'A * stands before a name, not before an address.');
  if (below && !host.includes('.') && !localEndings.has(host))
    throw refusal(
      'INVALID_REQUEST',
      'host',
      `"${text}" is every name of a whole top-level domain: name at least two parts (*.example.${host}), or grant public-https.`,
    );
  refuseName({ host, isAddress });
  return { is: 'name', name: below ? `*.${host}` : host };
}

function refuseNeverNetwork(cidr: string): Grant['to'] {
  const rule = neverOf(cidr);
  if (rule === undefined) return { is: 'cidr', cidr };
  const written = describeGrant({ to: { is: 'cidr', cidr }, port: undefined });
  throw refusal('DESTINATION_FORBIDDEN', rule, `Nothing is ever sent to ${written}, granted or not.`);
}

const singleAddress = /^([\d.]+)\/32$|^([\da-f:]+)\/128$/;

/** As `parseGrant` reads it back. */
export function describeGrant({ to, port }: GrantScope): string {
  const host =
    to.is === 'name' ? to.name : to.is === 'preset' ? to.preset : to.cidr.replace(singleAddress, '$1$2');
  if (port === undefined) return host;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
