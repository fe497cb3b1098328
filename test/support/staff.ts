import { createAdministrators } from '../../service/engine/administrators/index.ts';
import { silentLog } from '../../service/lib/log.ts';
import type { DatabasePlace } from '../../service/storage/connection.ts';
import { operator, startEngine } from './engine.ts';

/** What hashing a password costs in tests. */
const cheapHashing = { cost: { memoryKiB: 8, passes: 1 } };

/** An engine with administrators, and Ada, who owns the organization and the appliance. */
export async function startStaff({ place }: { place?: DatabasePlace } = {}) {
  const engine = await startEngine({ ...(place && { place }) });
  const administrators = createAdministrators({ ...engine, log: silentLog, hashing: cheapHashing });
  const { administrator: ada } = await administrators.create(
    {
      organization: engine.organization,
      email: 'Ada@Example.com',
      name: 'Ada Lovelace',
      role: 'owner',
      applianceOwner: true,
      password: 'wet gravel under pines',
    },
    operator,
  );
  const lines = () =>
    engine.db
      .selectFrom('audit')
      .select(['actor', 'action', 'organization', 'target', 'outcome', 'details'])
      .orderBy('seq')
      .execute();
  return { ...engine, administrators, ada, lines };
}
