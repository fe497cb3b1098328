import type { FastifyPluginAsync } from 'fastify';
import { ProfileDefinition } from '../../engine/profiles/index.ts';
import { defined } from '../../lib/defined.ts';
import type { SiteId } from '../../lib/id.ts';
import type { ControlDeps } from './control-deps.ts';
import { operator } from './operator.ts';
import { createOrganizationOf } from './organization-of.ts';
import { parse } from './parse.ts';
import { fromOrganization, fromSite } from './translate.ts';
import {
  NewOrganization,
  NewProfileParams,
  NewSite,
  OrganizationChange,
  ProfileParams,
  SiteParams,
} from './wire.ts';

/** Organizations and what belongs to their settings: sites, profiles. */
export const organizationRoutes: FastifyPluginAsync<ControlDeps> = async (app, deps) => {
  const { organizations, checks } = deps;
  const organizationOf = createOrganizationOf(organizations);

  app.get('/organizations', async () => ({
    organizations: (await organizations.list()).map(fromOrganization),
  }));
  app.post('/organizations', async (request, reply) => {
    const organization = await organizations.create(parse(NewOrganization, request.body), operator(request));
    return reply.code(201).send(fromOrganization(organization));
  });
  app.get('/organizations/:organization', async ({ params }) =>
    fromOrganization(await organizations.get(await organizationOf(params))),
  );
  app.patch('/organizations/:organization', async (request) => {
    const id = await organizationOf(request.params);
    const change = parse(OrganizationChange, request.body);
    for (const slug of change.allowedProfiles ?? []) await checks.getProfile(id, slug);
    return fromOrganization(await organizations.set(id, defined(change), operator(request)));
  });

  app.get('/organizations/:organization/sites', async ({ params }) => ({
    sites: (await organizations.listSites(await organizationOf(params))).map(fromSite),
  }));
  app.post('/organizations/:organization/sites', async (request, reply) => {
    const organization = await organizationOf(request.params);
    const site = await organizations.addSite(organization, parse(NewSite, request.body), operator(request));
    return reply.code(201).send(fromSite(site));
  });
  app.delete('/organizations/:organization/sites/:site', async (request, reply) => {
    const organization = await organizationOf(request.params);
    const { site } = parse(SiteParams, request.params);
    await organizations.removeSite(organization, site as SiteId, operator(request));
    return reply.code(204).send();
  });

  app.get('/organizations/:organization/profiles', async ({ params }) => ({
    profiles: await checks.listProfiles(await organizationOf(params)),
  }));
  app.get('/organizations/:organization/profiles/:profile', async ({ params }) => {
    const organization = await organizationOf(params);
    return checks.getProfile(organization, parse(ProfileParams, params).profile);
  });
  app.put('/organizations/:organization/profiles/:profile', async (request) => {
    const organization = await organizationOf(request.params);
    const { profile: slug } = parse(NewProfileParams, request.params);
    return checks.setProfile(organization, slug, parse(ProfileDefinition, request.body), operator(request));
  });
  app.delete('/organizations/:organization/profiles/:profile', async (request) => {
    const organization = await organizationOf(request.params);
    const { profile: slug } = parse(NewProfileParams, request.params);
    const builtIn = await checks.resetProfile(organization, slug, operator(request));
    return builtIn === undefined ? {} : { builtIn };
  });
};
