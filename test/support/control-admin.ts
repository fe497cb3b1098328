import { createDoor } from '../../service/doors/admin/door.ts';
import { type AdminDeps, adminRoutes } from '../../service/doors/admin/index.ts';
import { controlMount } from '../../service/doors/admin/mount.ts';
import type { AdminRoute } from '../../service/doors/admin/route.ts';
import { createServer } from '../../service/http/server.ts';
import { silentLog } from '../../service/lib/log.ts';
import type { Engine } from './engine.ts';
import { operatorParts } from './operator-parts.ts';

/** What these routes act in is the whole box. */
const ofAppliance =
  /^\/(organizations|alerts\/desktop|erasures\/.+|retention\/(waiting|clock)|keys-without-person)$/;

/**
 * The administrative routes as the control socket has them, over this engine; `over` stands in for parts that the engine lacks. With
 * `resources` only their routes: to declare all 244 takes a fifth of a second.
 */
export async function openControlAdmin(
  engine: Engine,
  over: { [Room in keyof AdminDeps]?: Partial<AdminDeps[Room]> } = {},
  resources: readonly ((deps: AdminDeps) => AdminRoute[])[] = [adminRoutes],
) {
  const app = createServer({ ids: engine.ids, log: silentLog });
  const verifications = engine.pastVerifications;
  const deps = { ...engine, ...operatorParts, verifications, ...over } as unknown as AdminDeps;
  const routes = resources.flatMap((routesOf) => routesOf(deps));
  await app.register(createDoor(routes, controlMount(deps.organizations, deps.works, deps.auditLog)));
  const addressOf = (path: string) => {
    const [url = '', query = ''] = path.split('?');
    return `/api/admin${url}?${ofAppliance.test(url) ? '' : `organization=${engine.organization}`}${query && `&${query}`}`;
  };
  return {
    /** As the operator ada, in the organization of the engine. */
    async call(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: object) {
      const reply = await app.inject({
        method,
        url: addressOf(path),
        headers: { 'x-gatehouse-operator': 'ada' },
        ...(body && { payload: body }),
      });
      return { status: reply.statusCode, body: reply.body === '' ? undefined : reply.json() };
    },
    /** The same with the parts of a form: texts, and the file where one is given. */
    async upload(
      path: string,
      fields: Record<string, string>,
      file?: string | Uint8Array<ArrayBuffer>,
      method: 'POST' | 'PUT' = 'POST',
    ) {
      const form = new FormData();
      for (const [name, value] of Object.entries(fields)) form.append(name, value);
      if (file !== undefined) form.append('file', new Blob([file]), 'file');
      const encoded = new Response(form);
      const reply = await app.inject({
        method,
        url: addressOf(path),
        headers: {
          'content-type': encoded.headers.get('content-type') ?? '',
          'x-gatehouse-operator': 'ada',
        },
        payload: Buffer.from(await encoded.arrayBuffer()),
      });
      return { status: reply.statusCode, body: reply.json() };
    },
    /** As the transport of a command (`createControl`). */
    async fetch(request: Request): Promise<Response> {
      const { pathname, search } = new URL(request.url);
      const reply = await app.inject({
        method: request.method as 'GET',
        url: `${pathname}${search}`,
        headers: Object.fromEntries(request.headers),
        ...(request.body && { payload: Buffer.from(await request.arrayBuffer()) }),
      });
      return new Response(reply.body === '' ? null : reply.body, {
        status: reply.statusCode,
        headers: { 'content-type': 'application/json', ...(reply.headers as Record<string, string>) },
      });
    },
    close: () => app.close(),
  };
}

export type ControlAdmin = Awaited<ReturnType<typeof openControlAdmin>>;
