import type { Schemas } from '../../../sdk/admin/client.ts';

export const describeModel = ({ name, id, enabled }: Schemas['Model']): string =>
  `${name} (${id}) is installed and ${enabled ? 'enabled' : 'off'}.`;
