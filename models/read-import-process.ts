import { Problem } from '../service/lib/problem.ts';
import { type ImportFile, readImport } from './import-weights.ts';

/** Started by `readImportApart`: reads one model file, answers, and ends. */
process.once('message', async ({ file, manifest }: { file: ImportFile; manifest: never }) => {
  try {
    process.send?.({ model: await readImport(file, manifest) }, () => process.exit(0));
  } catch (error) {
    const { message } = error as Error;
    const refused = error instanceof Problem;
    process.send?.({ refused, message }, () => process.exit(0));
  }
});
