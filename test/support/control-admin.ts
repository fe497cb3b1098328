import { type AdminDeps, createControlAdminDoor } from '../../service/doors/admin/index.ts';
import { createServer } from '../../service/http/server.ts';
import { silentLog } from '../../service/lib/log.ts';
import type { Engine } from './engine.ts';
import { operatorParts } from './operator-parts.ts';

/** What these routes act in is the whole box. */
const ofAppliance = ['/organizations', '/alerts/desktop'];

/** The administrative routes as the control socket has them, over this engine; `over` stands in for parts that the engine lacks. */
export async function openControlAdmin(
  engine: Engine,
  over: { [Room in keyof AdminDeps]?: Partial<AdminDeps[Room]> } = {},
) {
  const app = createServer({ ids: engine.ids, log: silentLog });
  const deps = { ...engine, ...operatorParts, ...over } as unknown as AdminDeps;
  await app.register(createControlAdminDoor(deps));
  return {
    /** As the operator ada, in the organization of the engine. */
    async call(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: object) {
      const [url, query = ''] = path.split('?');
      const reply = await app.inject({
        method,
        url: `/api/admin${url}?${ofAppliance.includes(url ?? '') ? '' : `organization=${engine.organization}`}${query && `&${query}`}`,
        headers: { 'x-gatehouse-operator': 'ada' },
        ...(body && { payload: body }),
      });
      return { status: reply.statusCode, body: reply.body === '' ? undefined : reply.json() };
    },
    close: () => app.close(),
  };
}

export type ControlAdmin = Awaited<ReturnType<typeof openControlAdmin>>;
