import { expect, test } from 'vitest';
import { formatOf } from './picture-format.ts';

const bytes = (text: string) => Buffer.from(text, 'latin1');
const box = (...brands: string[]) =>
  bytes(
    `\0\0\0${String.fromCharCode(12 + 4 * brands.length)}ftyp${brands[0]}\0\0\0\0${brands.slice(1).join('')}`,
  );

test.each([
  ['jpeg', bytes('\xff\xd8\xff\xe0')],
  ['png', bytes('\x89PNG\r\n\x1a\n')],
  ['webp', bytes('RIFF\0\0\0\0WEBPVP8 ')],
  ['heif', box('heic', 'mif1', 'heic')],
  ['heif', box('mif1', 'heic')],
  ['heif', box('avif', 'mif1')],
])('%s', (is, start) => {
  expect(formatOf(start)).toEqual({ is });
});

test.each([
  ['GIF', bytes('GIF89a')],
  ['BMP', bytes('BM\x36\0')],
  ['TIFF', bytes('II*\0\x08')],
  ['TIFF', bytes('MM\0*')],
  ['JPEG XL', bytes('\xff\x0a\xfa')],
  ['JPEG XL', bytes('\0\0\0\x0cJXL \r\n\x87\n')],
  ['JPEG 2000', bytes('\0\0\0\x0cjP  \r\n\x87\n')],
  ['Photoshop', bytes('8BPS')],
  ['icon', bytes('\0\0\x01\0\x01')],
  ['PDF', bytes('%PDF-1.7')],
  ['archive', bytes('PK\x03\x04')],
  ['Matroska', bytes('\x1a\x45\xdf\xa3')],
  ['AVI', bytes('RIFF\0\0\0\0AVI LIST')],
  ['MPEG', bytes('\0\0\x01\xba')],
  ['MP4', box('isom', 'iso2', 'mp41')],
  ['QuickTime', box('qt  ', 'qt  ')],
  ['raw file', box('crx ', 'isom')],
  ['sequence', box('hevc', 'msf1', 'heic')],
  ['sequence', box('avis', 'avif')],
  ['SVG', bytes('  <svg xmlns="http://www.w3.org/2000/svg"/>')],
  ['SVG', bytes('\xef\xbb\xbf<?xml version="1.0"?><!-- x --><svg/>')],
  ['web page', bytes('<!DOCTYPE html>')],
  ['base64', bytes('data:image/jpeg;base64,/9j/')],
  ['known format', bytes('hello')],
  ['known format', bytes('\0\0\0')],
])('%s is named, with what to do', (name, start) => {
  const format = formatOf(start);
  expect(format).toEqual({
    is: 'other',
    name: expect.stringContaining(name),
    advice: expect.stringMatching(/^(Send|Export) .*\.$/),
  });
});
