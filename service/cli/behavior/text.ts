import type { Schemas } from '../../../sdk/admin/client.ts';
import { count, facts } from '../terminal/terminal.ts';

type Layer = Schemas['BehaviorLayer'];

export function describeLayer({ layer, model, accepted, offered }: Layer): string {
  const used = facts([
    ['layer', layer],
    ['weights', model ? `${model.id}, ${model.sha256.slice(0, 12)}` : 'none: rules alone'],
    ...(model ? [['trained on', trainedOn(model.trained)] as [string, string]] : []),
    ...(accepted && layer === 'research'
      ? [['doubt accepted', `by ${accepted.by}, ${accepted.at}`] as [string, string]]
      : []),
  ]);
  if (layer !== 'rules') return used;
  return `${used}\n\nOffered: ${offered.id}, trained on ${trainedOn(offered.trained)}. ${offered.trained.doubt ?? ''}`;
}

const trainedOn = ({ humanWindows, people, botWindows, generators, at }: Layer['offered']['trained']) =>
  `${count(humanWindows, 'window', 'windows')} of ${count(people, 'person', 'people')}, ${botWindows} of ${count(generators.length, 'generator', 'generators')}, ${at}`;
