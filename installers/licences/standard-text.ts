import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const KEPT: ReadonlySet<string> = new Set([
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'Zlib',
]);

/** Licences that ask for a notice in place of their text, or for nothing. */
const NOTICES: Readonly<Record<string, string>> = {
  blessing:
    'SQLite is in the public domain. May you do good and not evil. May you find forgiveness for yourself and forgive others. May you share freely, never taking more than you give.',
  FTL: 'Portions of this software are copyright (c) The FreeType Project (https://www.freetype.org). All rights reserved.',
  HPND: 'Permission to use, copy, modify, distribute, and sell this software and its documentation for any purpose is granted without fee, provided that the copyright notices of its authors and this notice appear in all copies and in supporting documentation. It comes as it is, without express or implied warranty. Text: https://gitlab.freedesktop.org/fontconfig/fontconfig/-/blob/main/COPYING',
  IJG: 'This software is based in part on the work of the Independent JPEG Group.',
  'libpng-2.0':
    'Copyright (c) The PNG Reference Library Authors. Text: http://www.libpng.org/pub/png/src/libpng-LICENSE.txt',
  libtiff:
    'Copyright (c) 1988-1997 Sam Leffler, copyright (c) 1991-1997 Silicon Graphics, Inc. Text: https://gitlab.com/libtiff/libtiff/-/blob/master/LICENSE.md',
};

/** For what comes without a text: that of its licence, with its holder; nothing where none is kept here. */
export function standardText(licence: string, holder: string): string[] {
  return licence
    .replaceAll(/[()]/g, '')
    .split(/ (?:AND|OR) /)
    .flatMap((one) => {
      if (NOTICES[one]) return [NOTICES[one]];
      if (!KEPT.has(one)) return [];
      return [
        readFileSync(join(import.meta.dirname, 'texts', `${one}.txt`), 'utf8').replace('HOLDER', holder),
      ];
    });
}
