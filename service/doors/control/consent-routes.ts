import type { FastifyPluginAsync, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type ConsentRecord, type ConsentState, type Person, purposes } from '../../engine/consent/index.ts';
import { lineOfText } from '../../http/text-fields.ts';
import { time } from '../../lib/time.ts';
import type { ControlDeps } from './control-deps.ts';
import { operator } from './operator.ts';
import { createOrganizationOf } from './organization-of.ts';
import { parse } from './parse.ts';
import { fromOrganization } from './translate.ts';
import { ConsentFields, SubjectParams, SubjectQuery, toConsent } from './wire.ts';

const somePurposes = z.array(z.enum(purposes)).min(1).max(purposes.length);
const Given = z.strictObject({ world: SubjectQuery.shape.world, consent: ConsentFields });
const Withdrawn = z.strictObject({ world: SubjectQuery.shape.world, purposes: somePurposes });
const Attested = z.strictObject({
  textVersion: lineOfText(80),
  purposes: somePurposes,
  method: lineOfText(80),
  legalBasis: lineOfText(120),
});

/** What people agreed to and took back. */
export const consentRoutes: FastifyPluginAsync<
  Pick<ControlDeps, 'organizations' | 'subjects' | 'consents'>
> = async (app, { organizations, subjects, consents }) => {
  const organizationOf = createOrganizationOf(organizations);

  async function personOf({ params }: FastifyRequest, world: Person['world']): Promise<Person> {
    const organization = await organizationOf(params);
    const { id } = await subjects.get({ organization, world }, parse(SubjectParams, params).subject);
    return { organization, world, subject: id };
  }

  app.get('/organizations/:organization/subjects/:subject/consent', async (http) => {
    const person = await personOf(http, parse(SubjectQuery, http.query).world);
    return fromConsentState(person, await consents.read(person, operator(http), http.id));
  });
  app.post('/organizations/:organization/subjects/:subject/consent', async (http, reply) => {
    const { world, consent } = parse(Given, http.body);
    const person = await personOf(http, world);
    const state = await consents.give(person, toConsent(consent), operator(http), http.id);
    return reply.code(201).send(fromConsentState(person, state));
  });
  app.post('/organizations/:organization/subjects/:subject/consent/withdrawals', async (http, reply) => {
    const { world, purposes } = parse(Withdrawn, http.body);
    const person = await personOf(http, world);
    const { withdrawn, ...state } = await consents.withdraw(person, purposes, operator(http), http.id);
    return reply.code(201).send({ ...fromConsentState(person, state), withdrawn });
  });
  app.put('/organizations/:organization/attestation', async (http) =>
    fromOrganization(
      await organizations.attestConsent(
        await organizationOf(http.params),
        parse(Attested, http.body),
        operator(http),
      ),
    ),
  );
};

const fromRecord = ({ at, expiresAt, ...rest }: ConsentRecord) => ({
  ...rest,
  at: time(at),
  ...(expiresAt === undefined ? {} : { expiresAt: time(expiresAt) }),
});

const fromConsentState = (
  person: Person,
  { ground, consents, withdrawals, withheld, ended }: ConsentState,
) => ({
  userId: person.subject,
  policy: ground.is,
  consents: consents.map(fromRecord),
  withdrawals: withdrawals.map(({ at, ...rest }) => ({ ...rest, at: time(at) })),
  allowed: purposes.filter((purpose) => !withheld.includes(purpose)),
  withheld,
  /** No use is left: what is kept of the person has no purpose any more, and erasing is due. */
  ended,
});
