import { replyOf, type Schemas } from '../../../sdk/admin/client.ts';
import { defined } from '../../lib/defined.ts';
import { document } from '../../lib/installation.ts';
import { UsageError } from '../failure.ts';
import { choice, toggle, value } from '../flag.ts';
import { readText } from '../named-file.ts';
import { noun, work } from '../operation-command.ts';
import { count, facts } from '../terminal/terminal.ts';
import { userPath } from '../user-path.ts';

type Layer = Schemas['BehaviorLayer'];

export const behavior = noun(
  'how the behavior of a page’s users is judged: by rules, or by a learned layer too',
  {
    layer: work({
      on: 'org',
      about: 'show the learned layer, or choose it with --use',
      options: {
        use: choice(
          '<layer>',
          'rules (the default), research (the weights shipped), own (those of --weights)',
          ['rules', 'research', 'own'],
        ),
        weights: value(
          '<file>',
          `new weights for --use own, a JSON file: ${document('BEHAVIOR')} says how it is made`,
        ),
        acceptLicenceDoubt: toggle('accept that the licence of the research weights is doubtful'),
      },
      examples: [
        'behavior layer',
        'behavior layer --use research --accept-licence-doubt',
        'behavior layer --use own --weights shop-2027.json',
        'behavior layer --use rules',
      ],
      async run({ use, acceptLicenceDoubt = false, weights: file }, { realm }) {
        if (use === undefined && acceptLicenceDoubt)
          throw new UsageError('--accept-licence-doubt is for --use research.');
        if (file !== undefined && use !== 'own') throw new UsageError('--weights is for --use own.');
        const weights = file === undefined ? undefined : await readWeights(file);
        const { open, query } = await realm();
        const params = { query };
        const layer = await replyOf(
          use === undefined
            ? open.admin.GET('/api/admin/behavior/layer', { params })
            : open.admin.PUT('/api/admin/behavior/layer', {
                params,
                body: { layer: use, acceptLicenceDoubt, ...defined({ weights }) },
              }),
        );
        return { json: layer, text: describeLayer(layer) };
      },
    }),
  },
);

/** The service says what is wrong with the weights; this only whether it is a JSON file. */
async function readWeights(path: string): Promise<Schemas['BehaviorWeights']> {
  const text = await readText(path, 'file');
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`${userPath(path)} is not JSON.`);
  }
}

function describeLayer({ layer, model, accepted, offered }: Layer): string {
  const used = facts([
    ['layer', layer],
    ['weights', model ? `${model.id}, ${model.sha256.slice(0, 12)}` : 'none: rules alone'],
    ['trained on', model && trainedOn(model.trained)],
    ['doubt accepted', accepted && layer === 'research' ? `by ${accepted.by}, ${accepted.at}` : undefined],
  ]);
  if (layer !== 'rules') return used;
  return `${used}\n\nOffered: ${offered.id}, trained on ${trainedOn(offered.trained)}. ${offered.trained.doubt ?? ''}`;
}

const trainedOn = ({ humanWindows, people, botWindows, generators, at }: Layer['offered']['trained']) =>
  `${count(humanWindows, 'window', 'windows')} of ${count(people, 'person', 'people')}, ${botWindows} of ${count(generators.length, 'generator', 'generators')}, ${at}`;
