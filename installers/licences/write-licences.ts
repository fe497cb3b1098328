import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CollectOptions, collectParts } from './collect.ts';
import { debianCopyright, listOf, noticesOf } from './notices.ts';
import { faultsOf } from './part.ts';

/**
 * Writes THIRD-PARTY-NOTICES.txt and licences.json into the tree, once the bill of materials is there. Returns the notices, and
 * `copyright` in Debian's form for a program in `folder`. Throws where something would be shipped without a licence, or under one that is not allowed.
 */
export async function writeLicences(
  order: CollectOptions & { version: string; folder: string },
): Promise<{ notices: string; copyright: string }> {
  const parts = await collectParts(order);
  const faults = faultsOf(parts);
  if (faults.length > 0) throw new Error(`The package cannot be shipped:\n${faults.join('\n')}`);
  const product = {
    version: order.version,
    licence: await readFile(join(order.root, 'LICENSE'), 'utf8'),
  };
  const place = (name: string, text: string) => writeFile(join(order.tree, name), text);
  const notices = noticesOf(product, parts);
  await place('THIRD-PARTY-NOTICES.txt', notices);
  await place('licences.json', `${JSON.stringify(listOf(parts), null, 1)}\n`);
  return { notices, copyright: debianCopyright(product, parts, order.folder) };
}
