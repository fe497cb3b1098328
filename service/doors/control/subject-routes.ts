import type { FastifyPluginAsync } from 'fastify';
import { defined } from '../../lib/defined.ts';
import type { SubjectId } from '../../lib/id.ts';
import type { ControlDeps } from './control-deps.ts';
import { operator } from './operator.ts';
import { createOrganizationOf } from './organization-of.ts';
import { parse } from './parse.ts';
import { fromEnrollResult, fromPicture, fromSubject, fromVerdict } from './translate.ts';
import { readUpload } from './upload.ts';
import {
  Confirmation,
  EnrollRequest,
  PictureParams,
  SubjectPage,
  SubjectParams,
  SubjectQuery,
  toConsent,
  VerifyRequest,
} from './wire.ts';

/** As on every door (contracts/README.md, Identity). */
const PICTURE_LIMIT = 10_000_000;

/** People, and whether a picture shows one of them. */
export const subjectRoutes: FastifyPluginAsync<ControlDeps> = async (
  app,
  { auditLog, organizations, subjects, checks },
) => {
  const organizationOf = createOrganizationOf(organizations);

  app.get('/keys-without-person', async () => ({ keys: await subjects.suspiciousKeys() }));
  app.get('/organizations/:organization/subjects', async (http) => {
    const organization = await organizationOf(http.params);
    const { world, limit, after } = parse(SubjectPage, http.query);
    const page = await subjects.list(
      { organization, world },
      { limit, ...(after === undefined ? {} : { after: after as SubjectId }) },
    );
    const total = await subjects.count({ organization, world });
    await auditLog.record({
      actor: operator(http),
      action: 'subject.list',
      organization,
      details: {
        world,
        people: page.subjects.length,
        total,
        ...(page.subjects[0] ? { first: page.subjects[0].id, last: page.subjects.at(-1)!.id } : {}),
      },
    });
    return {
      subjects: page.subjects.map(fromSubject),
      total,
      ...(page.next === undefined ? {} : { next: page.next }),
    };
  });
  app.get('/organizations/:organization/subjects/:subject', async (http) => {
    const organization = await organizationOf(http.params);
    const { world } = parse(SubjectQuery, http.query);
    const subject = await subjects.get({ organization, world }, parse(SubjectParams, http.params).subject);
    await auditLog.record({
      actor: operator(http),
      action: 'subject.read',
      organization,
      target: subject.id,
      details: { world },
    });
    return { ...fromSubject(subject), pictures: (await subjects.pictures(subject.id)).map(fromPicture) };
  });
  app.put('/organizations/:organization/subjects/:subject/pictures/:picture', async (http) => {
    const organization = await organizationOf(http.params);
    const { subject, picture } = parse(PictureParams, http.params);
    const { world, confirmed } = parse(Confirmation, http.body);
    const person = await subjects.confirm(
      { organization, world },
      { subject, enrollment: picture, confirmed },
      operator(http),
      http.id,
    );
    return { ...fromSubject(person), pictures: (await subjects.pictures(person.id)).map(fromPicture) };
  });
  app.post('/organizations/:organization/subjects', async (http, reply) => {
    const organization = await organizationOf(http.params);
    const { request, bytes } = await readUpload(http, EnrollRequest, PICTURE_LIMIT);
    const { consent, ...fields } = request;
    const result = await checks.enroll({
      organization,
      picture: bytes,
      ...defined(fields),
      ...(consent === undefined ? {} : { consent: toConsent(consent) }),
      actor: operator(http),
      request: http.id,
    });
    return reply.code(201).send(fromEnrollResult(result, request.email));
  });
  app.post('/organizations/:organization/verify', async (http) => {
    const organization = await organizationOf(http.params);
    const { request, bytes } = await readUpload(http, VerifyRequest, PICTURE_LIMIT);
    return fromVerdict(
      await checks.verify({
        organization,
        picture: bytes,
        ...defined(request),
        actor: operator(http),
        request: http.id,
      }),
    );
  });
};
