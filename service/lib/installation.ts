import { join } from 'node:path';
import { productRoot } from './product-root.ts';

/** Documents that messages name. */
export const documentNames = [
  'BEHAVIOR',
  'HARDENING',
  'MODELS',
  'NODES',
  'OPERATIONS',
  'PACKAGES',
  'PRIVACY',
  'SECURITY',
  'SUBJECT-RECORD',
  'UNIQUENESS',
  'WEBHOOKS',
] as const;
export type DocumentName = (typeof documentNames)[number];

/** Sources run from a checkout, compiled code from a package. */
export const isCheckout = import.meta.filename.endsWith('.ts');

/** Where the box serves a document. */
export const helpPath = (name: DocumentName): string => `/help/${name.toLowerCase()}`;

/** How a message names a document of this installation: its file, and where an installed box serves it. `root` is the folder of the program. */
export const document = (name: DocumentName, checkout = isCheckout, root = productRoot()): string =>
  checkout ? `docs/${name}.md` : `${join(root, `docs/${name}.md`)} or ${helpPath(name)} on the box`;

/** A remedy that only a checkout has, such as `npm run models`; nothing on a package. */
export const inCheckout = (text: string, checkout = isCheckout): string => (checkout ? text : '');
