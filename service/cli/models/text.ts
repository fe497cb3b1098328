import type { Schemas } from '../../../sdk/admin/client.ts';

export const describeModel = ({ name, id, enabled }: Schemas['Model']): string =>
  `${name} (${id}) is installed and ${enabled ? 'enabled' : 'off'}.`;

/** A model that comes with Gatehouse was imported from one of the files that it was made from. */
export const describeImported = (model: Schemas['Model']): string =>
  model.origin === 'imported'
    ? describeModel(model)
    : `${model.name} (${model.id}) comes with Gatehouse; nothing to import.${model.enabled ? '' : ` It is off: models enable ${model.id}`}`;

/** What runs the models, and why it is the CPU. */
export function describeProvider({
  provider,
  adapter,
  fallback,
  note,
}: Schemas['Models']['provider']): string {
  const device = adapter === undefined || provider === 'cpu' ? provider : `${provider} (${adapter})`;
  return [device, fallback, note].filter((part) => part !== undefined).join('; ');
}
