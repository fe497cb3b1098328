import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { replyOf, type Schemas, toUploadForm } from '../../../sdk/admin/client.ts';
import type { Manifest } from '../../inference/models/manifest.ts';
import { type CommandRunner, examples } from '../command.ts';
import { table } from '../terminal/terminal.ts';
import { userPath } from '../user-path.ts';
import { checkFiles } from './check-files.ts';
import { manifestPath } from './manifest-path.ts';

type Model = Schemas['Model'];

const describe = (one: Model) =>
  `${one.name} (${one.id}) is installed and ${one.enabled ? 'enabled' : 'off'}.`;

export function addModels(program: Command, runner: CommandRunner): void {
  const models = program
    .command('models')
    .helpCommand(false)
    .description('the neural networks of this box: what they are, whether they are intact');

  runner.run(
    models
      .command('list')
      .description('every installed model with its licence, provenance and doubts')
      .addHelpText('after', examples('models list', 'models list --json')),
    async ({ control }) => {
      const { items } = await replyOf((await control()).admin.GET('/api/admin/models'));
      const rows = items.map((one) => [
        one.id,
        one.role,
        one.enabled ? 'on' : 'off',
        one.maturity,
        one.licence,
        one.sha256.slice(0, 12),
      ]);
      const notes = items.flatMap((one) => [
        `${one.id}: ${one.provenance}`,
        ...(one.doubts === undefined ? [] : [`  Doubt: ${one.doubts}`]),
        ...(one.acceptedBy === undefined ? [] : [`  Accepted by ${one.acceptedBy}, ${one.acceptedAt}.`]),
      ]);
      const pad = items.some((one) => one.role === 'pad')
        ? []
        : [
            '',
            'No presentation attack detection is installed; the live world needs it: models import --help',
          ];
      const list = table(
        ['id', 'role', 'state', 'maturity', 'licence', 'sha256'],
        rows,
        'No models are installed.',
      );
      return { json: { items }, text: [list, '', ...notes, ...pad].join('\n') };
    },
  );

  runner.run(
    models
      .command('verify')
      .description(
        'hash every model file again and compare it with the manifest; exit code 1 when one differs',
      )
      .addHelpText('after', examples('models verify')),
    async ({ data, control, terminal }) => {
      const items = await checkFiles(data, control);
      const broken = items.filter(({ ok }) => !ok);
      const rows = items.map((one) => [
        one.ok
          ? terminal.style('good', 'ok')
          : terminal.style('bad', one.found === undefined ? 'missing' : 'differs'),
        one.id,
        one.file,
      ]);
      const remedy = broken.map(({ id }) => `${id}: build it again with npm run models, or import it again.`);
      const text = [table(['state', 'model', 'file'], rows, 'No model files.'), ...remedy].join('\n');
      return { json: { items }, text, ...(broken.length === 0 ? {} : { exitCode: 1 as const }) };
    },
  );

  runner.run(
    models
      .command('import')
      .argument(
        '<file...>',
        'MiniFASNet .pth, YuNet .onnx, or an ONNX of your own with ours.json beside ours.onnx',
      )
      .summary('install models from files: presentation attack detection, YuNet, your own')
      .description(
        'Installs models from files on this machine; nothing is downloaded. The files below are known by their SHA-256; a ' +
          'model of your own (ours.onnx) needs its manifest entry beside it (ours.json).',
      )
      .addHelpText('after', () => `\nKnown files:\n${importable()}`)
      .addHelpText(
        'after',
        examples(
          'models import 2.7_80x80_MiniFASNetV2.pth 4_0_0_80x80_MiniFASNetV1SE.pth',
          'models import yunet_n_dynamic.onnx --json',
        ),
      ),
    async ({ control }, ...files) => {
      const { readImportFiles } = await import('./model-files.ts');
      const ready = await readImportFiles(files.map((file) => userPath(file)));
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
      return { json: { items }, text: items.map(describe).join('\n') };
    },
  );

  runner.run<{ acceptLicenceDoubt?: boolean }>(
    models
      .command('enable')
      .argument('<model>', 'id, as `models list` shows it')
      .description('let verifications use a model')
      .option(
        '--accept-licence-doubt',
        'you take the licence doubt that `models list` names; recorded with your name and the time',
      )
      .addHelpText('after', examples('models enable faceres --accept-licence-doubt')),
    async ({ options, control }, id = '') => {
      const open = await control();
      const one = await replyOf(
        open.admin.POST('/api/admin/models/{id}/enable', {
          params: { path: { id } },
          body: { acceptLicenceDoubt: options.acceptLicenceDoubt ?? false },
        }),
      );
      return { json: one, text: describe(one) };
    },
  );

  runner.run(
    models
      .command('disable')
      .argument('<model>', 'id, as `models list` shows it')
      .description('keep a model but do not use it')
      .addHelpText('after', examples('models disable faceres')),
    async ({ control }, id = '') => {
      const open = await control();
      const one = await replyOf(
        open.admin.POST('/api/admin/models/{id}/disable', { params: { path: { id } } }),
      );
      return { json: one, text: describe(one) };
    },
  );

  runner.run(
    models
      .command('remove')
      .argument('<model>', 'id, as `models list` shows it')
      .description('delete an imported model from this box')
      .addHelpText('after', examples('models remove yunet')),
    async ({ control }, id = '') => {
      const open = await control();
      await replyOf(open.admin.DELETE('/api/admin/models/{id}', { params: { path: { id } } }));
      return { json: { removed: id }, text: `${id} is removed.` };
    },
  );
}

/** The files that may be imported, from the manifest: name, hash, origin. */
function importable(): string {
  const manifest = JSON.parse(readFileSync(manifestPath, 'utf8')) as Pick<Manifest, 'importable'>;
  const sources = (manifest.importable ?? []).flatMap((entry) => entry.sources);
  return sources
    .map(({ file, sha256, url }) => `  ${file}\n    ${sha256}${url ? `\n    ${url}` : ''}`)
    .join('\n');
}
