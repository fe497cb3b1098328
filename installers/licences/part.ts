import { ALLOWED, EXCEPTIONS } from './allowed.ts';

/** Something of others that is in the package. */
export interface Part {
  name: string;
  version: string;
  kind: 'package' | 'page' | 'linked' | 'model' | 'font';
  /** SPDX expression. */
  licence: string;
  /** Below the program's folder; with a star at the end for all that is in it. */
  place: string;
  /** What its licence asks to be handed on: texts and notices. */
  texts: readonly string[];
}

/** What may not be shipped, as sentences. */
export function faultsOf(parts: readonly Part[]): string[] {
  return parts.flatMap(({ name, version, licence, texts }) => {
    if (licence === '') return [`${name} ${version} names no licence.`];
    if (!isAllowed(licence) && EXCEPTIONS[name]?.licence !== licence)
      return [`${name} ${version} is under ${licence}, which installers/licences/allowed.ts does not allow.`];
    return texts.length === 0 ? [`${name} ${version} (${licence}) has no text of its licence.`] : [];
  });
}

/** One of several alternatives, all of several that hold together. */
export function isAllowed(expression: string): boolean {
  return expression
    .replaceAll(/[()]/g, '')
    .split(' OR ')
    .some((alternative) => alternative.split(' AND ').every((one) => ALLOWED.has(one.trim())));
}
