import type { Schemas } from '../../../sdk/admin/client.ts';
import { count, facts } from '../terminal/terminal.ts';

type Layer = Schemas['BehaviorLayer'];

export function describeLayer({ layer, model, accepted, zero, offered, adapts, site }: Layer): string {
  const used = facts([
    ['layer', layer],
    ['weights', model ? `${model.id}, ${model.sha256.slice(0, 12)}` : 'none: rules alone'],
    ...(model ? [['trained on', trainedOn(model.trained)] as [string, string]] : []),
    ...(accepted && layer === 'research'
      ? [['doubt accepted', `by ${accepted.by}, ${accepted.at}`] as [string, string]]
      : []),
    ...(model
      ? [['zero', zero ? zeroText(zero) : `${model.z0.toFixed(2)}, of the weights`] as [string, string]]
      : []),
    ...(model ? [['moves by itself', adapts ? 'yes, daily' : 'no'] as [string, string]] : []),
    ...(site ? [['approved people', siteText(site)] as [string, string]] : []),
  ]);
  if (layer !== 'rules') return used;
  return `${used}\n\nOffered: ${offered.id}, trained on ${trainedOn(offered.trained)}. ${offered.trained.doubt ?? ''}`;
}

const trainedOn = ({ humanWindows, people, botWindows, generators, at }: Layer['offered']['trained']) =>
  `${count(humanWindows, 'window', 'windows')} of ${count(people, 'person', 'people')}, ${botWindows} of ${count(generators.length, 'generator', 'generators')}, ${at}`;

const zeroText = ({ z0, drift, windows, people, at }: NonNullable<Layer['zero']>) =>
  `${z0.toFixed(2)}, ${drift < 0 ? 'below' : 'above'} that of the weights by ${Math.abs(drift).toFixed(2)}; ${windows} windows of ${people} people, ${at}`;

const siteText = ({ windows, people, z0, drift = 0, refused }: NonNullable<Layer['site']>) =>
  `${count(windows, 'window', 'windows')} of ${count(people, 'person', 'people')}: ${
    z0 === undefined
      ? (refused ?? 'no zero yet')
      : `zero ${z0.toFixed(2)}, ${Math.abs(drift).toFixed(2)} ${drift < 0 ? 'below' : 'above'} that in use`
  }`;
