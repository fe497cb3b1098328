import type { HashingOptions } from '../../service/engine/accounts/administrators/passwords/password-rules.ts';
import type { OpenedSession, Role, PasskeySite as Site } from '../../service/engine/accounts/index.ts';
import { defined } from '../../service/lib/defined.ts';
import type { OrganizationId } from '../../service/lib/id.ts';
import type { DatabaseLocation } from '../../service/storage/connection.ts';
import { createAuthenticator, type SoftAuthenticator } from './authenticator.ts';
import { operator, startEngine } from './engine.ts';

export const password = 'wet gravel under pines';
export const site: Site = { rpId: 'box.home.arpa', rpName: 'Gatehouse', origin: 'https://box.home.arpa' };
export const desk = { source: '10.0.0.1', device: 'Firefox' };

/** An engine with administrators, and Ada, who owns the organization and the appliance. */
export async function startStaff({
  location,
  hashing,
}: {
  location?: DatabaseLocation;
  hashing?: HashingOptions;
} = {}) {
  const engine = await startEngine({ ...defined({ location, hashing }) });
  const { administrators } = engine;

  const make = async (
    name: string,
    role: Role,
    more: { organization?: OrganizationId; applianceOwner?: boolean } = {},
  ) =>
    (
      await administrators.create(
        {
          organization: engine.organization,
          email: `${name.split(' ')[0]}@Example.com`,
          name,
          role,
          password,
          ...more,
        },
        operator,
      )
    ).administrator;

  const ada = await make('Ada Lovelace', 'owner', { applianceOwner: true });

  /** Signs in by password alone. */
  async function open(email = ada.email, from = desk): Promise<OpenedSession> {
    const answer = await administrators.signIn({ email, password, ...from });
    if (answer.is !== 'signed-in') throw new Error(answer.is);
    return answer;
  }

  /** The ticket of a sign-in whose password was right. */
  async function begin(email = ada.email, from = desk): Promise<string> {
    const answer = await administrators.signIn({ email, password, ...from });
    if (answer.is === 'signed-in') throw new Error(answer.is);
    return answer.ticket;
  }

  /** A passkey more, in a session that is open. */
  async function addPasskey(
    { session }: OpenedSession,
    passkey: SoftAuthenticator = createAuthenticator(),
  ): Promise<SoftAuthenticator> {
    const actor = { is: 'administrator', administrator: session.administrator.id } as const;
    const options = await administrators.passkeyCreationOptions(session.id, site);
    await administrators.addPasskey(session.id, passkey.create(options), 'Key', site, actor);
    return passkey;
  }

  /** Signs in by password and passkey. */
  async function enter(passkey: SoftAuthenticator, email = ada.email, from = desk): Promise<OpenedSession> {
    const ticket = await begin(email, from);
    const options = await administrators.passkeyRequestOptions({ ticket }, site);
    return administrators.finishWithPasskey(ticket, passkey.get(options), site, from);
  }

  const lines = () =>
    engine.db
      .selectFrom('audit')
      .select(['actor', 'action', 'organization', 'target', 'outcome', 'details'])
      .orderBy('seq')
      .execute();
  return { ...engine, ada, make, open, begin, addPasskey, enter, lines };
}

export type Staff = Awaited<ReturnType<typeof startStaff>>;

/** The code of a refusal; `none` where there was none. */
export const refusal = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'none',
    ({ code }) => String(code),
  );
